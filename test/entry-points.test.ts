/** What ships: the library in a file for runtimes, and for bundlers an entry for all targets and one for each. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as source from '#src/index.js';

interface Manifest {
  exports: Record<string, { types: string; module: string; default: string }>;
}
const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
/** What is loaded when something of it is first called. */
const parts = ['building', 'stored', 'tools', 'values'].map((name) => `dist/bundle/${name}.cjs`);
const targets = Object.keys(exports).filter((name) => /^\.\/\w+-\w+$/.test(name));
const host = `${process.platform}-${process.arch}`;

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-entries-'));
after(() => rmSync(folder, { recursive: true }));

/** Every file that an entry names in an `import`, an `export … from` or a `require`, and those that they name. */
function staticGraph(entry: string, found = new Set<string>()): Set<string> {
  const path = relative('.', entry);
  if (found.has(path)) return found;
  found.add(path);
  if (path.endsWith('.node')) return found;
  const names = readFileSync(path, 'utf8').matchAll(/(?:^import|\bfrom|\brequire\()\s*["'](\.[^"']+)["']/gm);
  for (const [, name] of names) staticGraph(join(dirname(path), name as string), found);
  return found;
}

/** Runs a module as a user's process would, without the condition that this one was started with. */
function run(body: string, kind: 'module' | 'commonjs' = 'module'): unknown {
  const args = [`--input-type=${kind}`, '--eval', body];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' }));
}

const binaries = `prebuilds/${host}`;

/** The entry for runtimes, beside some of the files that it finds. */
function copyOf(...files: string[]): URL {
  const copy = mkdtempSync(join(folder, 'copy-'));
  for (const file of ['dist/bundle/node.js', ...files]) {
    cpSync(file, join(copy, file), { recursive: true });
  }
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  return pathToFileURL(join(copy, 'dist/bundle/node.js'));
}

const portable = (...paths: string[]) => paths.map((path) => join(path)).sort();

describe('the entries of the package', () => {
  it('has one for every target, with the same declarations', () => {
    assert.equal(targets.length, 6);
    for (const name of targets) assert.equal(exports[name]?.types, exports['.']?.types);
  });

  it('is one file for runtimes, whatever the entry: its classes are there once', () => {
    for (const name of ['.', ...targets]) assert.equal(exports[name]?.default, './dist/bundle/node.js');
    assert.deepEqual([...staticGraph('dist/bundle/node.js')], portable('dist/bundle/node.js'));
  });

  for (const name of targets) {
    const target = name.slice(2);
    it(`leads from ${target} to that binary alone, and not to the choice among them`, () => {
      const binary = `prebuilds/${target}/sharedbuffers.node`;
      assert.deepEqual(
        [...staticGraph(exports[name]?.module as string)].sort(),
        portable(
          `dist/bundle/${target}.js`,
          'dist/bundle/core.js',
          'dist/native/binary.cjs',
          `dist/native/${target}.cjs`,
          binary,
          ...parts,
        ),
      );
    });
  }

  it('leads from the main entry to every binary, and to every part', () => {
    const graph = [...staticGraph(exports['.']?.module as string)];
    assert.deepEqual(
      graph.filter((path) => path.endsWith('.node')).sort(),
      portable(...targets.map((name) => `prebuilds/${name.slice(2)}/sharedbuffers.node`)),
    );
    assert.deepEqual(
      graph.filter((path) => !path.endsWith('.node')).sort(),
      portable(
        'dist/bundle/core.js',
        'dist/bundle/index.js',
        'dist/native/binary.cjs',
        'dist/native/any.cjs',
        'dist/native/load.cjs',
        ...parts,
      ),
    );
  });

  it('offers the same under every name, with the same classes and their own names', () => {
    const answer = run(`
      import * as main from 'sharedbuffers';
      import * as target from 'sharedbuffers/${host}';
      console.log(JSON.stringify({
        names: Object.keys(main),
        differing: Object.keys(target).filter((name) => target[name] !== main[name]),
        targetNames: Object.keys(target),
        functions: Object.entries(main).filter(([, value]) => typeof value === 'function')
          .map(([name, value]) => [name, value.name]),
      }));`) as {
      names: string[];
      differing: string[];
      targetNames: string[];
      functions: [string, string][];
    };
    assert.deepEqual(answer.names, Object.keys(source));
    assert.deepEqual(answer.targetNames, answer.names);
    assert.deepEqual(answer.differing, []);
    const named = Object.entries(source).filter(([, value]) => typeof value === 'function');
    assert.deepEqual(
      answer.functions,
      named.map(([name, value]) => [name, (value as { name: string }).name]),
    );
  });

  it('loads no part for an import and a first lookup of numbers and text', () => {
    const path = resolve(folder, 'plain');
    const schema = new source.Schema('Place', { name: source.t.text, size: source.t.uint32 });
    const Places = source.mappingOf(source.StringIdMapper, schema);
    Places.buildSync([['Gent', { name: 'Gent', size: 7 }]], path);
    const answer = run(`
      import { mappingOf, Schema, StringIdMapper, t } from ${JSON.stringify(copyOf('dist/bundle/main.cjs', binaries))};
      const Place = new Schema('Place', { name: t.text, size: t.uint32 });
      const { name, size } = mappingOf(StringIdMapper, Place).open(${JSON.stringify(path)}).get('Gent');
      console.log(JSON.stringify({ name, size }));`);
    assert.deepEqual(answer, { name: 'Gent', size: 7 });
  });

  it('loads nothing for an import', () => {
    const messages = run(`
      import { Schema, toObject } from ${JSON.stringify(copyOf())};
      const messages = [];
      for (const use of [() => new Schema('Point', {}), () => Schema.name, () => toObject({})]) {
        try {
          use();
        } catch (error) {
          messages.push(error.message);
        }
      }
      console.log(JSON.stringify(messages));`) as string[];
    assert.equal(messages.length, 3);
    for (const message of messages)
      assert.match(message, /could not load .*main\.cjs: the package was removed/);
  });

  it('loads its parts by `require` where Node is to keep what it compiles', () => {
    const answer = run(`
      import module from 'node:module';
      module.enableCompileCache?.(${JSON.stringify(join(folder, 'compiled'))});
      const { Schema, t } = await import('sharedbuffers');
      new Schema('Point', { x: t.int8 });
      const files = Object.keys(module.createRequire(${JSON.stringify(join(folder, 'x.cjs'))}).cache);
      console.log(JSON.stringify({ canKeep: module.enableCompileCache !== undefined, files }));`) as {
      canKeep: boolean;
      files: string[];
    };
    const paths = answer.files.map((file) => relative('.', file));
    assert.deepEqual(paths, answer.canKeep ? portable('dist/bundle/main.cjs') : []);
  });

  it('loads its native core through load.cjs where that is to come from elsewhere, or is not there', () => {
    const elsewhere = resolve(folder, 'elsewhere.node');
    copyFileSync(`prebuilds/${host}/sharedbuffers.node`, elsewhere);
    const loaded = (binary: string) => {
      const args = [
        '--input-type=module',
        '--eval',
        "import { t } from 'sharedbuffers'; t.text; console.log('loaded');",
      ];
      const env = { ...process.env, SHAREDBUFFERS_NATIVE_BINARY: binary };
      return spawnSync(process.execPath, args, { encoding: 'utf8', env });
    };
    assert.equal(loaded(elsewhere).stdout, 'loaded\n');
    assert.match(loaded(resolve(folder, 'nowhere.node')).stderr, /Cannot find module '.*nowhere\.node'/);
  });

  it('says what is wrong where a part is gone, every time', () => {
    const messages = run(`
      import { arrayOf, Schema, t } from ${JSON.stringify(copyOf('dist/bundle/main.cjs', binaries))};
      const messages = [];
      for (let time = 0; time < 2; time++) {
        try {
          arrayOf(new Schema('Point', { x: t.int8 })).buildSync([{ x: 1 }]);
        } catch (error) {
          messages.push(error.message);
        }
      }
      console.log(JSON.stringify(messages));`) as string[];
    assert.equal(messages.length, 2);
    for (const message of messages) {
      assert.match(message, /could not load .*building\.cjs: the package was removed or replaced/);
    }
  });

  const body = (path: string) => `
    const Place = new Schema('Place', { name: t.text, size: t.uint32, tags: t.list(t.text), at: t.datetime });
    const entries = [['Gent', { name: 'Gent', size: 7, tags: ['a', 'é'], at: new Date(0) }]];
    const Places = mappingOf(StringIdMapper, Place);
    Places.buildSync(entries, ${JSON.stringify(path)});
    const places = Places.open(${JSON.stringify(path)});
    const place = places.get('Gent');
    let thrown;
    try { Place.pack({ name: 5 }); } catch (error) { thrown = error; }
    const answer = { ...toObject(place), error: thrown instanceof InvalidTypeError, count: places.size };
    places.close();
    let closed;
    try { place.name; } catch (error) { closed = error.code; }
    console.log(JSON.stringify({ ...answer, closed }));`;
  const names = 'InvalidTypeError, mappingOf, Schema, StringIdMapper, t, toObject';
  const expected = {
    name: 'Gent',
    size: 7,
    tags: ['a', 'é'],
    at: '1970-01-01T00:00:00.000000Z',
    error: true,
    count: 1,
    closed: 'ERR_SHAREDBUFFERS_CLOSED',
  };
  for (const name of ['sharedbuffers', `sharedbuffers/${host}`]) {
    it(`builds and reads as ${name}, imported and required`, () => {
      const path = resolve(folder, name.replace('/', '-'));
      assert.deepEqual(run(`import { ${names} } from '${name}';${body(path)}`), expected);
      assert.deepEqual(
        run(`const { ${names} } = require('${name}');${body(`${path}-2`)}`, 'commonjs'),
        expected,
      );
    });
  }
});
