/** Builds without a schema: what is inferred, what is said of it, and what becomes of the rows. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { inferSchema } from '#src/cli/inference/infer.js';
import { Input } from '#src/cli/input.js';
import { runCli, scratchFolder } from './support/cli.js';

const scratch = scratchFolder();

function slotsOf(text: string, from: 'jsonl' | 'csv' = 'jsonl', hasKey = false) {
  const input = new Input(Readable.from([Buffer.from(text)]), 'standard input');
  return inferSchema(input, { from, hasKey, name: 'Row', onProgress: () => {} });
}

async function typesOf(values: readonly unknown[]): Promise<string | undefined> {
  const { json } = await slotsOf(values.map((a) => JSON.stringify({ a, b: 1 })).join('\n'));
  return json.slots.find(([name]) => name === 'a')?.[1];
}

describe('of JSON lines', () => {
  const cases: [values: unknown[], type: string][] = [
    [[1, -5, 2 ** 31 - 1], 'int32'],
    [[0, 2 ** 32 - 1], 'uint32'],
    [[-1, 2 ** 32 - 1], 'int'],
    [[2 ** 53 - 1], 'int'],
    [[1, 2.5], 'float64'],
    [[1e300, 1], 'float64'],
    [[true, false, null], 'bool'],
    [['x', null], 'str'],
    [[[1, 2], []], 'list'],
    [[{}], 'dict'],
    [[{ x: 1 }, { y: 'z' }], 'struct:A'],
    [[{ constructor: 1 }], 'dict'],
    [[1, 'x'], 'object'],
    [[null], 'object'],
    [[[1], { x: 1 }], 'object'],
  ];
  for (const [values, type] of cases) {
    test(`${JSON.stringify(values)} is ${type}`, async () => assert.equal(await typesOf(values), type));
  }

  test('objects of more fields than records have slots are dicts, unless they are the rows', async () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`f${index}`, index]));
    assert.equal(await typesOf([many]), 'dict');
    await assert.rejects(slotsOf(`{"a": 1}\n${JSON.stringify(many)}`), /input:2: .* more than 64 .*--schema/);
  });

  test('nested records have names of their own', async () => {
    const { json } = await slotsOf('{"row": {"x": 1}, "at": {"row": {"y": [1]}}}');
    assert.deepEqual(json, {
      name: 'Row',
      slots: [
        ['row', 'struct:Row2'],
        ['at', 'struct:At'],
      ],
      types: [
        { name: 'Row2', slots: [['x', 'int32']] },
        { name: 'Row3', slots: [['y', 'list']] },
        { name: 'At', slots: [['row', 'struct:Row3']] },
      ],
    });
  });

  test('a key beside the slots tells the id mapper', async () => {
    const texts = await slotsOf('{"key": "x", "a": 1}\n["y", {"a": 2}]', 'jsonl', true);
    assert.deepEqual([texts.idMapper, texts.json.slots], ['StringIdMapper', [['a', 'int32']]]);
    assert.equal((await slotsOf('{"key": 5, "a": 1}', 'jsonl', true)).idMapper, 'NumericIdMapper');
    assert.equal((await slotsOf('{"key": -5, "a": 1}', 'jsonl', true)).idMapper, undefined);
    await assert.rejects(slotsOf('{"a": 1}', 'jsonl', true), /input:1: there is no "key"/);
  });

  test('what is no row is named by its line', async () => {
    await assert.rejects(slotsOf('{"a": 1}\n5'), /input:2: expected an object .* found 5/);
    await assert.rejects(slotsOf('[\n{"a": 1}\n]'), /input:1: .*several lines: expected JSON lines/);
    await assert.rejects(slotsOf('\n\n'), /no rows that a schema could be inferred from/);
    await assert.rejects(slotsOf('{}'), /no fields/);
  });
});

describe('of CSV', () => {
  const column = async (fields: string[]) =>
    (await slotsOf(`a,b\n${fields.map((f) => `${f},1\n`).join('')}`, 'csv')).json.slots[0]?.[1];
  const cases: [fields: string[], type: string][] = [
    [['1', '', '-2'], 'int32'],
    [['4294967295'], 'uint32'],
    [['9223372036854775807'], 'int'],
    [['18446744073709551615'], 'uint64'],
    [['-1', '18446744073709551615'], 'str'],
    [['1', '2.5', 'nan'], 'float64'],
    [['01234'], 'str'],
    [['true', 'FALSE'], 'bool'],
    [['true', '1'], 'str'],
    [['1', 'x'], 'str'],
    [['', '""'], 'str'],
  ];
  for (const [fields, type] of cases) {
    test(`${fields.join(' ')} is ${type}`, async () => assert.equal(await column(fields), type));
  }
});

describe('on the command line', () => {
  const rows = [
    { name: 'Lima', population: 9_751_717, area: 2672.3, tags: ['port', 1], mayor: { name: 'R. L.' } },
    { name: 'Cusco', population: 428_450, area: 385, capital: false },
  ];
  const input = rows.map((row) => `${JSON.stringify(row)}\n`).join('');

  test('from standard input, said and written, and what was written builds the same', async () => {
    const folder = scratch.path('.');
    const written = scratch.path('inferred.json');
    const path = scratch.path('world-cities.map');
    const { code, stderr } = await runCli(['build', path, '--key', 'name', '--write-schema', written], input);
    assert.equal(code, 0, stderr);
    assert.equal(
      stderr,
      [
        `sharedbuffers: note: the schema comes from 2 rows of standard input, and is in ${written}`,
        '  WorldCities',
        '    name        str',
        '    population  int32',
        '    area        float64',
        '    tags        list  (missing in 1 of 2 rows)',
        '    mayor       struct:Mayor  (missing in 1 of 2 rows)',
        '    capital     bool  (missing in 1 of 2 rows)',
        '  Mayor',
        '    name  str',
        '',
      ].join('\n'),
    );
    const dumped = await runCli(['get', path, 'Lima', 'Cusco']);
    assert.equal(dumped.stdout, `${rows.map((row) => JSON.stringify([row.name, row])).join('\n')}\n`);
    const again = scratch.path('again.map');
    const file = scratch.write('cities.jsonl', input);
    assert.equal((await runCli(['build', again, file, '--key', 'name', '--schema', written])).stderr, '');
    assert.deepEqual(readFileSync(again), readFileSync(path));
    // The copy of standard input has no name that could stay behind.
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('.')),
      [],
    );
  });

  test('from a file, and by its name from CSV', async () => {
    const csv = scratch.write('cities.csv', 'name,population,zip\nLima,9751717,00001\nCusco,428450,\n');
    const path = scratch.path('csv.map');
    const { code, stderr } = await runCli(['build', path, csv, '--key', 'population']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^ {4}zip +str {2}\(missing in 1 of 2 rows\)$/m);
    assert.equal(
      (await runCli(['get', path, '428450'])).stdout,
      '[428450,{"name":"Cusco","population":428450}]\n',
    );
  });

  test('a mapping by the key that rows have beside their slots', async () => {
    const path = scratch.path('keyed.map');
    const { code, stderr } = await runCli(
      ['build', path, '--kind', 'mapping'],
      '{"key": 7, "x": [1, {"y": null}]}\n',
    );
    assert.equal(code, 0, stderr);
    assert.equal((await runCli(['get', path, '7'])).stdout, '[7,{"x":[1,{"y":null}]}]\n');
  });

  test('usage that makes no sense', async () => {
    const schema = scratch.write('s.json', { name: 'S', slots: [['a', 'int8']] });
    const wrong: [args: string[], message: RegExp][] = [
      [['--from', 'tagged'], /--from tagged needs --schema/],
      [['--schema', schema, '--write-schema', 'x'], /--write-schema is for builds without --schema/],
      [['--memory-limit', 'lots'], /It is a number of bytes, or of K, M or G/],
    ];
    for (const [flags, message] of wrong) {
      const { code, stderr, stdout } = await runCli(['build', scratch.path('x'), ...flags], '{"a": 1}\n');
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    }
  });
});

test('whatever the rows are, they fit the schema that was inferred from them', async () => {
  const field = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, 0, 1.5, 2 ** 31, 2 ** 40, -3),
      fc.string(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('x', 'y', 'zz'), tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const row = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), field, { minKeys: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (rows) => {
      const path = scratch.path('any.array');
      const lines = rows.map((each) => JSON.stringify(each)).join('\n');
      const { code, stderr } = await runCli(['build', path], lines);
      assert.equal(code, 0, stderr);
      const dumped = (await runCli(['dump', path])).stdout.trimEnd().split('\n');
      assert.deepEqual(
        dumped.map((line) => JSON.parse(line) as unknown),
        rows.map((each) => JSON.parse(JSON.stringify(each)) as unknown),
      );
    }),
    { numRuns: 12 },
  );
});
