/** Bundles and pools on the command line. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { arrayOf, Bundle, mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';
import { runCli, scratchFolder } from './support/cli.js';
import { fixturePath } from './support/fixtures.js';
import { type Fixture, fixtures, flagsOf, type ListedContent, schemaJsonOf } from './support/manifest.js';

const scratch = scratchFolder();
const path = scratch.path('all.zip');
const City = new Schema('City', { name: t.text, population: t.uint32 });
const cities = [
  { name: 'Quito', population: 2011388 },
  { name: 'Lima', population: 7737002 },
];

async function succeeds(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return stdout;
}

async function fails(args: string[], code: number, message: RegExp): Promise<void> {
  const result = await runCli(args);
  assert.match(result.stderr, message);
  assert.equal(result.code, code);
  assert.equal(result.stdout, '');
}

before(() => {
  Bundle.buildSync(
    [
      ['cities/list', { container: arrayOf(City), entries: cities }],
      [
        'cities/by name',
        { container: mappingOf(StringIdMapper, City), entries: cities.map((city) => [city.name, city]) },
      ],
      ['notes.txt', Buffer.from('something else')],
    ],
    path,
  );
});

describe('a bundle', { concurrency: 2 }, () => {
  test('info lists its entries', async () => {
    const text = await succeeds(['info', path]);
    assert.match(text, /^kind +bundle$/m);
    assert.match(text, /^entries +3$/m);
    assert.match(text, /^cities\/by name +[\d,]+ bytes +mapping, StringIdMapper$/m);
    assert.match(text, /^notes\.txt +14 bytes$/m);
    const info = JSON.parse(await succeeds(['info', path, '--json'])) as { entries: { name: string }[] };
    assert.deepEqual(
      info.entries.map(({ name }) => name),
      ['cities/list', 'cities/by name', 'notes.txt'],
    );
    using bundle = Bundle.open(path);
    assert.deepEqual(info.entries[1], {
      name: 'cities/by name',
      kind: 'mapping',
      idMapper: 'StringIdMapper',
      ...bundle.placeOf('cities/by name'),
    });
    assert.deepEqual(info, { ...info, kind: 'bundle', count: 3, offset: 0, size: readFileSync(path).length });
  });

  test('its entries are read by name', async () => {
    const dump = await succeeds(['dump', path, '--entry', 'cities/list']);
    assert.deepEqual(
      dump
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      cities,
    );
    const got = await succeeds(['get', path, '--entry', 'cities/by name', 'Lima', 'Oslo']);
    assert.equal(got, `["Lima",{"name":"Lima","population":7737002}]\n["Oslo",null]\n`);
    assert.match(await succeeds(['types', path, '--entry', 'cities/list']), /population/);
    const info = JSON.parse(await succeeds(['info', path, '--entry', 'cities/list', '--json']));
    using bundle = Bundle.open(path);
    assert.equal(info.offset, bundle.placeOf('cities/list').offset);
    assert.match(await succeeds(['verify', path, '--entry', 'cities/list']), /nothing wrong/);
  });

  test('needs an entry where rows are asked for', async () => {
    const message =
      /the file is a bundle: name one of its entries with --entry: "cities\/list", "cities\/by name"/;
    for (const args of [
      ['dump', path],
      ['dump', path, '--format', 'csv'],
      ['get', path, 'x'],
      ['types', path],
    ]) {
      await fails(args, 2, message);
    }
    await fails(['dump', path, '--entry', 'none'], 1, /has no entry "none"/);
    await fails(['dump', path, '--entry', 'notes.txt'], 1, /does not say what it is/);
    await fails(['build', scratch.path('out'), '--kind', 'bundle'], 2, /Bundle\.build/);
  });

  test('verify finds what is wrong in it', async () => {
    assert.match(await succeeds(['verify', path]), /nothing wrong with the bundle of 3 entries/);
    const bytes = readFileSync(path);
    using bundle = Bundle.open(path);
    const { offset } = bundle.placeOf('cities/list');
    bytes[offset + 16] = 99;
    writeFileSync(scratch.path('wrong.zip'), bytes);
    const { code, stdout } = await runCli(['verify', scratch.path('wrong.zip')]);
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`at offset ${offset}: entry "cities/list": its checksum differs`));
    assert.match(stdout, /entry "cities\/list": the array claims .* 99 records/);
  });
});

describe('given fixtures', { concurrency: 2 }, () => {
  const bundle = fixtures.find(({ kind }) => kind === 'zip-bundle') as Required<Fixture>;

  test('entries of the bundle are dumped', async () => {
    const [entry] = bundle.entries;
    assert.ok(entry);
    const schema = scratch.write('entry.json', schemaJsonOf(entry));
    const flags = [...flagsOf(entry), '--schema', schema, '--entry', entry.entry, '--format', 'tagged'];
    const dumped = await succeeds(['dump', fixturePath(bundle.file), ...flags]);
    const [{ content }] = bundle.expected as [{ content: ListedContent }];
    assert.equal(dumped.trim().split('\n').length, content.count);
    for (const name of bundle.refused_entries) {
      await fails(['dump', fixturePath(bundle.file), '--entry', name], 1, /compressed \(deflate\)/);
    }
  });

  test('records of a pool are dumped by their positions', async () => {
    const pool = fixtures.find(({ name }) => name === 'pool-sections') as Required<Fixture>;
    const schema = scratch.write('pool.json', schemaJsonOf(pool));
    const position = String(pool.positions.at(-1));
    const flags = ['--kind', 'object', '--schema', schema, '--offset', position, '--format', 'tagged'];
    const dumped = JSON.parse(await succeeds(['dump', fixturePath(pool.file), ...flags]));
    assert.deepEqual(dumped, (pool.expected as ListedContent).items?.at(-1)?.[1]);
  });
});
