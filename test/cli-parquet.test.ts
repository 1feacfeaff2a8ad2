/** Parquet on the command line, by the package that reads it. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { runCli, scratchFolder } from './support/cli.js';

const scratch = scratchFolder();
const everything = scratch.path('everything.parquet');
const cities = scratch.path('cities.parquet');

async function writeParquet(path: string, query: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

before(async () => {
  await writeParquet(
    everything,
    `SELECT 1::tinyint AS i8, 9007199254740993::bigint AS i64, 18446744073709551615::ubigint AS u64, 3.5::float AS f32,
      'Ñ' AS text, '\\x00\\xFF'::blob AS bytes, date '2020-01-02' AS day, timestamp '2020-01-02 03:04:05.123456' AS at,
      timestamptz '2020-01-02 03:04:05+02' AS zoned, 12.340::decimal(10, 3) AS money, [1, NULL, 3] AS list,
      {'p': 1, 'q': 'z'} AS struct, map {'a': 1} AS map, true AS flag, time '01:02:03' AS clock,
      [{'x': 1}] AS structs, NULL::integer AS nothing`,
  );
  await writeParquet(
    cities,
    "SELECT range AS key, 'city ' || range AS name, range / 2 AS half FROM range(5000)",
  );
});

describe('build --from parquet', () => {
  test('takes the types of columns', async () => {
    const path = scratch.path('everything.array');
    const { code, stderr } = await runCli(['build', path, everything]);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^sharedbuffers: note: the schema comes from the columns of .*everything\.parquet; /,
    );
    const { stdout } = await runCli(['dump', path, '--format', 'tagged']);
    assert.deepEqual((JSON.parse(stdout) as { fields: unknown }).fields, {
      i8: 1,
      i64: { $int: '9007199254740993' },
      u64: { $int: '18446744073709551615' },
      f32: 3.5,
      text: 'Ñ',
      bytes: { $bytes: 'AP8=' },
      day: { $date: '2020-01-02' },
      at: { $datetime: '2020-01-02T03:04:05.123456' },
      zoned: { $datetime: '2020-01-02T01:04:05.000000' },
      money: { $decimal: '12.340' },
      list: [1, null, 3],
      struct: { $struct: 'Struct', fields: { p: 1, q: 'z' } },
      map: { $dict: [['a', 1]] },
      flag: true,
      clock: '01:02:03',
      structs: [{ $dict: [['x', 1]] }],
    });
  });

  test('by a column, by a key beside the slots, and into an id mapper', async () => {
    const path = scratch.path('cities.map');
    assert.equal((await runCli(['build', path, cities, '--key', 'name'])).code, 0);
    assert.equal(
      (await runCli(['get', path, 'city 4999'])).stdout,
      '["city 4999",{"key":4999,"name":"city 4999","half":2499.5}]\n',
    );
    const flags = ['--kind', 'mapping', '--id-mapper', 'NumericIdMapper'];
    assert.equal((await runCli(['build', path, cities, ...flags])).code, 0);
    assert.equal((await runCli(['get', path, '7'])).stdout, '[7,{"name":"city 7","half":3.5}]\n');
  });

  test('into slots of another width, where the values fit', async () => {
    const schema = scratch.write('narrow.json', { name: 'N', slots: [['key', 'uint16']] });
    const path = scratch.path('narrow.array');
    const { code, stderr } = await runCli(['build', path, cities, '--schema', schema]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /left out: name, half/);
    assert.equal((await runCli(['get', path, '--', '-1'])).stdout, '[-1,{"key":4999}]\n');
    const narrow = scratch.write('narrower.json', { name: 'N', slots: [['key', 'uint8']] });
    const refused = await runCli(['build', path, cities, '--schema', narrow]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /cities\.parquet:257: .*N\.key: .*256/);
  });

  test('what is no Parquet, no file, or nothing', async () => {
    const path = scratch.path('x');
    const none = await runCli(['build', path, scratch.path('none.parquet')]);
    assert.match(none.stderr, /none\.parquet: no such file or directory\n$/);
    assert.equal(none.code, 1);
    const text = await runCli(['build', path, scratch.write('text.parquet', 'name\nLima\n')]);
    assert.match(text.stderr, /^sharedbuffers: .*text\.parquet: [^\n]+\n$/);
    assert.equal(text.code, 1);
    const standardInput = await runCli(['build', path, '--from', 'parquet']);
    assert.match(standardInput.stderr, /Parquet is read from a file/);
    assert.equal(standardInput.code, 2);
  });
});
