/** The tarball as users get it: installed with scripts disabled into an empty folder, it runs the README's example. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-package-'));
after(() => rmSync(folder, { recursive: true }));

const example = /```ts\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] as string;
const printed = '262219 België undefined\n';

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the packed tarball', () => {
  before(() => {
    // Scripts are off, since they would build every target: what is there was built by the test run.
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { stdio: 'pipe' });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string;
    writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
    run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--offline', tarball);
  });

  it('is one package without scripts or dependencies', () => {
    assert.deepEqual(
      readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['sharedbuffers'],
    );
    const installed = join(folder, 'node_modules', 'sharedbuffers');
    assert.ok(!existsSync(join(installed, 'binding.gyp')));
    assert.ok(
      existsSync(join(installed, 'prebuilds', `${process.platform}-${process.arch}`, 'sharedbuffers.node')),
    );
    const { scripts, dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    assert.equal(dependencies, undefined);
    for (const script of ['install', 'preinstall', 'postinstall']) assert.equal(scripts[script], undefined);
  });

  it('has the library as a bundle, and not its modules beside it', () => {
    const shipped = readdirSync(join(folder, 'node_modules', 'sharedbuffers', 'dist'), { recursive: true });
    const code = shipped.map(String).filter((name) => /(?<!\.d)\.js$/.test(name));
    assert.deepEqual(
      code.filter((name) => !name.startsWith(join('bundle', '/')) && !name.startsWith(join('cli', 'page'))),
      [join('cli', 'main.js')],
    );
  });

  it('runs the README’s example under import', () => {
    writeFileSync(join(folder, 'imported.mjs'), example);
    assert.equal(run(process.execPath, 'imported.mjs'), printed);
  });

  it('runs the README’s example under require', () => {
    const body = example.replace(
      /^import (.*) from 'sharedbuffers';$/m,
      "const $1 = require('sharedbuffers');",
    );
    assert.notEqual(body, example);
    writeFileSync(join(folder, 'required.cjs'), `(async () => {${body}})();`);
    const warnings = execFileSync(process.execPath, ['required.cjs'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    assert.equal(warnings, printed);
  });

  for (const typescript of ['typescript', 'typescript-5']) {
    it(`compiles and runs the README’s example with tsc --strict of ${typescript}`, () => {
      writeFileSync(join(folder, 'compiled.ts'), example);
      const compiler = resolve('node_modules', typescript, 'bin', 'tsc');
      // Top-level await asks for a target; nothing else is needed.
      run(
        process.execPath,
        compiler,
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        'compiled.ts',
      );
      assert.equal(run(process.execPath, 'compiled.js'), printed);
    });
  }

  it('has a command line that reads what was built', () => {
    const cli = join('node_modules', '.bin', 'sharedbuffers');
    assert.match(run(cli, 'info', 'cities.map'), /StringIdMapper/);
    const [line] = run(cli, 'get', 'cities.map', 'BE/Gent').split('\n');
    assert.deepEqual(JSON.parse(line as string), [
      'BE/Gent',
      { name: 'Gent', population: 262219, country: { code: 'BE', name: 'België' } },
    ]);
  });

  it('has the page that the command line serves', () => {
    const page = join(folder, 'node_modules', 'sharedbuffers', 'dist', 'cli', 'page');
    const sources = readdirSync(join('ts-src', 'cli', 'page')).sort();
    assert.deepEqual(readdirSync(page).sort(), sources);
  });

  it('says what reads Parquet, where that is not installed', () => {
    writeFileSync(join(folder, 'cities.parquet'), 'PAR1');
    const cli = join('node_modules', 'sharedbuffers', 'dist', 'cli', 'main.js');
    const { status, stderr } = spawnSync(process.execPath, [cli, 'build', 'x.map', 'cities.parquet'], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.equal(
      stderr,
      'sharedbuffers: Parquet is read by the package @duckdb/node-api, which is not installed: npm install @duckdb/node-api\n',
    );
  });
});
