import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  arrayOf,
  mappingOf,
  NumericIdMapper,
  Schema,
  StringId32Mapper,
  StringIdMapper,
  t,
  verifySync,
} from 'sharedbuffers';
import { ArrayPart } from '#src/building/array-part.js';
import { type BuildOptions, build, buildSync, type Plan } from '#src/building/build.js';
import { checkOptions } from '#src/building/options.js';
import { MemorySpool } from '#src/building/spool.js';
import { runNow } from '#src/building/steps.js';
import { idMapperKinds } from '#src/containers/id-mapper-kinds.js';
import { native } from '#src/native/index.js';

const MiB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-large-'));
const path = join(folder, 'built');
after(() => rmSync(folder, { recursive: true }));

const Point = new Schema('Point', { x: t.uint32 });
const multi = (name: keyof typeof idMapperKinds): Plan => ({
  kind: 'id-mapper',
  idMapper: { ...idMapperKinds[name], multi: true },
});
const single = (name: keyof typeof idMapperKinds): Plan => ({
  kind: 'id-mapper',
  idMapper: idMapperKinds[name],
});
const mapping: Plan = { kind: 'mapping', schema: Point, idMapper: idMapperKinds.StringIdMapper };

/** So many that a limit of one MiB makes them runs, and those runs of runs. */
const count = 50_000;
const scrambled = (number: number) => Math.imul(number + 1, 0x9e3779b1) >>> 0;

function* pairs<T>(size: number, pair: (number: number) => T): Generator<T> {
  for (let number = 0; number < size; number++) yield pair(number);
}

async function* later<T>(entries: Iterable<T>): AsyncGenerator<T> {
  yield* entries;
}

describe('a build with more rows than memory', () => {
  const plans: [string, Plan, (number: number) => unknown, BuildOptions?][] = [
    ['string keys', single('StringIdMapper'), (number) => [`key ${scrambled(number)}`, number]],
    ['string keys of 32 bits', single('StringId32Mapper'), (number) => [`key ${number}`, number]],
    // A direct table of numbers that is filled in more pieces has its keys in other places of its lines.
    ['numeric keys', single('NumericIdMapper'), (number) => [scrambled(number), number], { index: 'radix' }],
    [
      'numeric keys of 32 bits',
      single('NumericId32Mapper'),
      (number) => [scrambled(number), count - number],
      { index: 'radix' },
    ],
    ['object keys', single('ObjectIdMapper'), (number) => [number % 2 ? `key ${number}` : number, number]],
    [
      'object keys, the last',
      single('ObjectIdMapper'),
      (number) => [number % 9000, number],
      { duplicates: 'last' },
    ],
    ['hashes', single('ApproxStringId32MultiMapper'), (number) => [`key ${number}`, number]],
    ['records', mapping, (number) => [`key ${number}`, { x: number }]],
    ['all values', multi('StringIdMapper'), (number) => [`key ${number % 1000}`, number]],
    ['all values of numbers', multi('NumericId32Mapper'), (number) => [number % 1000, scrambled(number)]],
    [
      'the last',
      single('StringIdMapper'),
      (number) => [`key ${number % 30_000}`, number],
      { duplicates: 'last' },
    ],
    ['the first', single('NumericIdMapper'), (number) => [number % 7, number], { duplicates: 'first' }],
    [
      'pairs',
      multi('StringIdMapper'),
      (number) => [`key ${number % 90}`, number % 77],
      { dropEqualPairs: true },
    ],
  ];

  for (const [name, plan, pair, options] of plans) {
    it(`gives the same bytes: ${name}`, async () => {
      const whole = buildSync(plan, pairs(count, pair), undefined, options);
      const limited = { ...options, memoryLimit: MiB };
      buildSync(plan, pairs(count, pair), path, limited);
      assert.ok(readFileSync(path).equals(whole));
      await build(plan, later(pairs(count, pair)), path, { ...limited, tempDir: tmpdir() });
      assert.ok(readFileSync(path).equals(whole));
      assert.deepEqual(readdirSync(folder), ['built']);
    });
  }

  it('fills a direct table of numbers in pieces, in which every key is found', () => {
    const pair = (number: number) => [scrambled(number), number] as const;
    buildSync(single('NumericIdMapper'), pairs(count, pair), path, { memoryLimit: MiB });
    using mapper = NumericIdMapper.open(path);
    for (let number = 0; number < count; number++) assert.equal(mapper.get(scrambled(number)), number);
    assert.deepEqual(verifySync(mapper).findings, []);
  });

  it('finds equal keys that are far apart', async () => {
    const entries = () => pairs(count, (number) => [`key ${number === count - 1 ? 17 : number}`, number]);
    const expected = {
      code: 'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
      message: new RegExp(`^the key "key 17" is there twice, in the records 17 and ${count - 1};`),
    };
    await assert.rejects(build(single('StringIdMapper'), entries(), path, { memoryLimit: MiB }), expected);
    assert.throws(() => buildSync(single('StringIdMapper'), entries()), expected);
  });

  it('counts what it drops', async () => {
    const entries = pairs(count, (number) => [`key ${number % 10}`, number] as const);
    const report = await build(single('StringIdMapper'), entries, path, {
      duplicates: 'last',
      memoryLimit: MiB,
    });
    assert.deepEqual([report.records, report.values, report.duplicatesDropped], [count, 10, count - 10]);
    using mapper = StringIdMapper.open(path);
    for (let key = 0; key < 10; key++) assert.equal(mapper.get(`key ${key}`), count - 10 + key);
  });

  it('tells keys of one hash from each other, however far apart', () => {
    const plan = single('StringId32Mapper');
    const bytes = buildSync(
      plan,
      pairs(200_000, (number) => [`key ${number}`, number]),
    );
    const mapper = StringId32Mapper.from(bytes);
    for (let number = 0; number < 200_000; number += 17) assert.equal(mapper.get(`key ${number}`), number);
  });
});

describe('merging', () => {
  const rows = new Uint8Array(64);
  const merge = (windows: number[], output = new Uint8Array(64), columns: number = 2, width: number = 8) =>
    native.mergeRowsSync(
      rows,
      new Uint8Array(Uint32Array.from(windows).buffer),
      output,
      columns as 2,
      width as 8,
      false,
    );

  it('refuses windows that leave the rows', () => {
    const invalid = { code: 'ERR_SHAREDBUFFERS_INVALID_ARGUMENT' };
    for (const windows of [[0, 5], [4, 5], [2, 1], [0xffff_ffff, 0xffff_ffff], [0]]) {
      assert.throws(() => merge(windows), invalid, `${windows}`);
    }
    assert.throws(() => merge(Array(2 * 257).fill(0)), invalid);
    assert.throws(() => merge([0, 1], rows, 4), invalid);
    assert.throws(() => merge([0, 1], rows, 2, 2), invalid);
    assert.throws(() => native.mergeRowsSync(rows, [] as never, rows, 2, 8, false), invalid);
  });

  it('takes nothing, and no room', async () => {
    assert.equal(merge([]), 0);
    assert.equal(merge([4, 4, 0, 0]), 0);
    assert.equal(merge([0, 4], new Uint8Array(15)), 0);
    assert.equal(merge([0, 4], new Uint8Array(33)), 2);
    const windows = new Uint8Array(Uint32Array.of(0, 3).buffer);
    assert.equal(await native.mergeRows(rows, windows, new Uint8Array(64), 2, 8, true), 3);
    assert.deepEqual([...new Uint32Array(windows.buffer)], [3, 3]);
  });
});

describe('dropEqualPairs', () => {
  it('leaves out what repeats key and value', () => {
    const entries = [
      ['a', 2],
      ['b', 1],
      ['a', 1],
      ['a', 2],
      ['b', 1],
    ] as const;
    const bytes = buildSync(multi('StringIdMapper'), entries, undefined, { dropEqualPairs: true });
    const found = [...StringIdMapper.from(bytes)].sort();
    assert.deepEqual(found, [
      ['a', 1],
      ['a', 2],
      ['b', 1],
    ]);
    const numbers = entries.map(([key, value]) => [key.charCodeAt(0), value] as const);
    const numeric = buildSync(multi('NumericIdMapper'), numbers, undefined, { dropEqualPairs: true });
    assert.deepEqual(
      [...NumericIdMapper.from(numeric)],
      [
        [97, 1],
        [97, 2],
        [98, 1],
      ],
    );
  });

  it('takes equal records for equal values', () => {
    const plan: Plan = {
      kind: 'mapping',
      schema: Point,
      idMapper: { ...idMapperKinds.StringIdMapper, multi: true },
    };
    const entries = [1, 2, 1, 1].map((x) => ['a', { x }] as const);
    buildSync(plan, [...entries, ['b', { x: 1 }]], path, { dropEqualPairs: true });
    using points = mappingOf(StringIdMapper, Point).open(path);
    assert.equal(points.records.length, 2);
    assert.deepEqual([...points.idMapper].sort(), [
      ['a', 0],
      ['a', 1],
      ['b', 0],
    ]);
  });

  it('is refused where it means nothing', () => {
    const refused = (plan: Plan, options: BuildOptions) =>
      assert.throws(() => buildSync(plan, [], undefined, options), { message: /^option dropEqualPairs/ });
    refused(single('StringIdMapper'), { dropEqualPairs: true });
    refused(mapping, { dropEqualPairs: true });
    refused(multi('StringIdMapper'), { dropEqualPairs: true, duplicates: 'last' });
    refused(multi('StringIdMapper'), { dropEqualPairs: 1 as never });
  });
});

const Country = new Schema('Country', { code: t.text, name: t.text });
const City = new Schema('City', {
  name: t.text,
  country: Country,
  tags: t.list(t.text).optional(),
  position: t.tuple(t.float64, t.float64).optional(),
  extra: t.any.optional(),
  twin: t.self.optional(),
});
type CityInput = { name: string; country: { code: string; name: string } } & Record<string, unknown>;
const Cities = arrayOf(City);

const country = (number: number) => ({ code: `C${number}`, name: `A country with a long name ${number}` });
const city = (number: number): CityInput => ({
  name: `city ${number}`,
  country: country(number % 5),
  tags: ['harbour', `tag ${number % 3}`],
  position: [number % 4, 0.5],
  extra: new Map([['class', `class ${number % 3}`]]),
});

/** What a record says, as plain values. */
const plain = (record: unknown) =>
  JSON.stringify(record, (_, value) => (value instanceof Map ? [...value] : value));

function sizes(records: () => Iterable<CityInput>, options: BuildOptions): [plain: number, shared: number] {
  const plan: Plan = { kind: 'array', schema: City };
  const without = Cities.from(buildSync(plan, records()));
  const bytes = buildSync(plan, records(), undefined, options);
  const built = Cities.from(bytes);
  assert.equal(built.length, without.length);
  for (let index = 0; index < built.length; index++) {
    assert.equal(plain(built.at(index)), plain(without.at(index)), `record ${index}`);
  }
  return [buildSync(plan, records()).length, bytes.length];
}

describe('dedupe', () => {
  it('stores equal values once', () => {
    const [without, shared] = sizes(() => pairs(2000, city), { dedupe: true });
    assert.ok(shared < without / 3, `${shared} of ${without} bytes`);
  });

  it('stores equal records once', () => {
    const plan: Plan = { kind: 'mapping', schema: City, idMapper: idMapperKinds.NumericIdMapper };
    const entries = Array.from({ length: 100 }, (_, key) => [key, city(key % 3)] as const);
    const report = buildSync(plan, entries, path, { dedupe: true });
    assert.deepEqual([report.records, report.values], [100, 3]);
    using cities = mappingOf(NumericIdMapper, City).open(path);
    assert.equal(cities.size, 100);
    assert.equal(cities.records.length, 3);
    for (const [key] of entries) assert.equal(cities.get(key)?.name, `city ${key % 3}`);
  });

  it('does not take what is written alike for what is stored otherwise', () => {
    const Mixed = new Schema('Mixed', {
      text: t.text,
      bytes: t.bytes,
      list: t.list(t.int),
      tuple: t.tuple(t.int, t.int),
    });
    const record = { text: 'same', bytes: Buffer.from('same'), list: [1, 2], tuple: [1, 2] as const };
    const bytes = buildSync(
      { kind: 'array', schema: Mixed },
      [record, { ...record, text: 'other' }],
      undefined,
      {
        dedupe: true,
      },
    );
    const [one, two] = arrayOf(Mixed).from(bytes);
    assert.deepEqual([one?.text, two?.text], ['same', 'other']);
    assert.deepEqual([one?.list, two?.list], [record.list, record.list]);
    assert.equal(Array.isArray(two?.tuple), true);
  });

  it('keeps cycles and what records share within themselves', () => {
    const shared = country(1);
    const loop: CityInput = { name: 'loop', country: shared };
    loop.twin = { name: 'twin', country: shared, twin: loop };
    const records = [loop, city(1), loop, { name: 'city 1', country: country(1) }];
    const bytes = buildSync({ kind: 'array', schema: City }, records, undefined, { dedupe: true });
    const built = Cities.from(bytes);
    for (const index of [0, 2]) {
      const found = built.at(index);
      assert.equal(found?.twin?.twin?.name, 'loop');
      assert.equal(found?.twin?.country.code, 'C1');
      assert.equal(found?.country.name, shared.name);
    }
    assert.equal(built.at(3)?.country.name, shared.name);
  });

  it('leaves no trace of a record that fails', () => {
    const plan: Plan = { kind: 'array', schema: City };
    const settings = checkOptions(plan, { dedupe: true, idmap: 'build' });
    const spool = new MemorySpool();
    const part = new ArrayPart(City as never, spool, () => assert.fail('no index needed'), settings);
    runNow(spool.append(ArrayPart.placeholder()));
    const shared = country(7);
    part.append(city(1));
    assert.throws(
      () => part.append({ ...city(7), country: shared, twin: { name: 7, country: shared } }),
      /twin/,
    );
    part.append({ ...city(8), country: shared });
    part.append({ ...city(7), country: shared });
    runNow(part.finish(spool, []));
    const built = Cities.from(runNow(spool.take()));
    const expected = [city(1), { ...city(8), country: shared }, { ...city(7), country: shared }];
    const fresh = Cities.from(buildSync(plan, expected));
    assert.deepEqual([...built].map(plain), [...fresh].map(plain));
  });

  it('forgets within its memory, and stays right', () => {
    const many = () => pairs(12_000, (number) => ({ ...city(number), name: `a city of many ${number}` }));
    const [without, shared] = sizes(many, { dedupe: true, memoryLimit: MiB });
    assert.ok(shared < without / 2, `${shared} of ${without} bytes`);
  });
});

describe("idmap: 'build'", () => {
  it('stores the same object once over the whole build', () => {
    const countries = Array.from({ length: 5 }, (_, number) => country(number));
    const records = () =>
      pairs(2000, (number) => ({
        name: `city ${number}`,
        country: countries[number % 5] as CityInput['country'],
      }));
    const [without, shared] = sizes(records, { idmap: 'build' });
    assert.ok(shared < without / 1.5, `${shared} of ${without} bytes`);
    const [, within] = sizes(records, { idmap: 'record' });
    assert.equal(within, without);
  });

  it('goes with dedupe, and forgets within its memory', () => {
    const countries = Array.from({ length: 5000 }, (_, number) => country(number));
    const records = () =>
      pairs(12_000, (number) => ({
        name: `city ${number}`,
        country: countries[(number * 7) % 5000] as CityInput['country'],
      }));
    for (const options of [{}, { dedupe: true }, { memoryLimit: MiB }, { dedupe: true, memoryLimit: MiB }]) {
      const [without, shared] = sizes(records, { idmap: 'build', ...options });
      assert.ok(shared <= without, `${shared} of ${without} bytes`);
    }
  });

  it('stores the same record of a mapping once', () => {
    const record = { x: 7 };
    const report = buildSync(mapping, [['a', record] as const, ['b', record] as const], path, {
      idmap: 'build',
    });
    assert.equal(report.values, 1);
  });

  it('is refused where it is none', () => {
    assert.throws(() => buildSync(mapping, [], undefined, { idmap: 'all' as never }), /option idmap/);
    assert.throws(() => buildSync(mapping, [], undefined, { dedupe: 'yes' as never }), /option dedupe/);
  });
});
