/** Every kind of container, built and read in memory and from a file. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Checks, Library, Setting } from './checks.js';

const count = 500;
const numbers = Array.from({ length: count }, (_, n) => n);
const textKey = (n: number) => `clé ✓ 😀 ${n}`;
const numberKey = (n: number) => n * 7919;

/** What the types of the kinds share, for tests that go through them all. */
type AnyMapper = Library['StringIdMapper'];
type AnyMultiMapper = Library['StringIdMultiMapper'];

const mappers = [
  ['NumericIdMapper', numberKey],
  ['NumericId32Mapper', numberKey],
  ['StringIdMapper', textKey],
  ['StringId32Mapper', textKey],
  ['ObjectIdMapper', textKey],
] as const;

const multiMappers = [
  ['NumericIdMultiMapper', numberKey],
  ['NumericId32MultiMapper', numberKey],
  ['StringIdMultiMapper', textKey],
  ['StringId32MultiMapper', textKey],
  ['ApproxStringIdMultiMapper', textKey],
  ['ApproxStringId32MultiMapper', textKey],
] as const;

const pointSchema = ({ Schema, t }: Library) =>
  new Schema('Point', { x: t.int32, y: t.float64.optional(), label: t.text });
const point = (x: number) => ({ x, y: x % 2 === 0 ? x / 4 : null, label: `point ñ ${x}` });

function checkMapper({ library, folder }: Setting, name: (typeof mappers)[number][0], key: unknown): void {
  const Mapper = library[name] as unknown as AnyMapper;
  const keyOf = key as (n: number) => string;
  const pairs = numbers.map((n) => [keyOf(n), n * 3] as const);
  const path = join(folder, `${name}.map`);
  Mapper.buildSync(pairs, path);
  for (const source of ['file', 'bytes']) {
    using mapper = source === 'file' ? Mapper.open(path) : Mapper.from(Mapper.buildSync(pairs));
    assert.equal(mapper.size, count);
    for (const n of numbers) assert.equal(mapper.get(keyOf(n)), n * 3);
    for (let n = count; n < 2 * count; n++) assert.equal(mapper.get(keyOf(n)), undefined);
    const keys = [keyOf(7), keyOf(count), keyOf(0)];
    assert.deepEqual([...mapper.getMany(keys)], [21, undefined, 0]);
  }
}

function checkMultiMapper(
  { library, folder }: Setting,
  name: (typeof multiMappers)[number][0],
  key: unknown,
): void {
  const Mapper = library[name] as unknown as AnyMultiMapper;
  const keyOf = key as (n: number) => string;
  const pairs = numbers.map((n) => [keyOf(n >> 1), n] as const);
  const path = join(folder, `${name}.map`);
  Mapper.buildSync(pairs, path);
  for (const source of ['file', 'bytes']) {
    using mapper = source === 'file' ? Mapper.open(path) : Mapper.from(Mapper.buildSync(pairs));
    assert.equal(mapper.size, count);
    for (let n = 0; n < count / 2; n++) assert.deepEqual(mapper.get(keyOf(n)), [n * 2, n * 2 + 1]);
    for (let n = count; n < 2 * count; n++) assert.deepEqual(mapper.get(keyOf(n)), []);
  }
}

function checkMapping({ library, folder }: Setting, name: (typeof mappers)[number][0], key: unknown): void {
  const { mappingOf, toObject } = library;
  const keyOf = key as (n: number) => string;
  const Points = mappingOf(library[name] as unknown as AnyMapper, pointSchema(library));
  const path = join(folder, `points-${name}.map`);
  Points.buildSync(
    numbers.map((n) => [keyOf(n), point(n)] as const),
    path,
  );
  using points = Points.open(path);
  for (const n of numbers) assert.deepEqual(toObject(points.get(keyOf(n)) as object), point(n));
  assert.equal(points.get(keyOf(count)), undefined);
  assert.deepEqual(
    points.getMany([keyOf(3), keyOf(count)]).map((found) => found?.label),
    ['point ñ 3', undefined],
  );
  const xs = points.column('x');
  assert.deepEqual(
    [...points.values()].map(({ x }) => x),
    [...(xs as Int32Array)],
  );
}

function checkMultiMapping(
  { library, folder }: Setting,
  name: (typeof multiMappers)[number][0],
  key: unknown,
): void {
  const keyOf = key as (n: number) => string;
  const Points = library.multiMappingOf(library[name] as unknown as AnyMultiMapper, pointSchema(library));
  const path = join(folder, `points-${name}.map`);
  Points.buildSync(
    numbers.map((n) => [keyOf(n >> 1), point(n)] as const),
    path,
  );
  using points = Points.open(path);
  for (let n = 0; n < count / 2; n++)
    assert.deepEqual(
      points.get(keyOf(n)).map(({ x }) => x),
      [n * 2, n * 2 + 1],
    );
  assert.deepEqual(points.get(keyOf(count)), []);
}

function checkArray({ library, folder }: Setting): void {
  const Points = library.arrayOf(pointSchema(library));
  const path = join(folder, 'points.array');
  Points.buildSync(numbers.map(point), path);
  using points = Points.open(path);
  assert.equal(points.length, count);
  assert.deepEqual(points.at(-1)?.label, `point ñ ${count - 1}`);
  assert.equal(points.column('y')[8], 2);
  let sum = 0;
  const cursor = points.cursor();
  while (cursor.advance()) sum += cursor.record.x;
  assert.equal(sum, (count * (count - 1)) / 2);
}

function checkBundle({ library, folder }: Setting): void {
  const { arrayOf, Bundle, mappingOf, StringIdMapper } = library;
  const Points = arrayOf(pointSchema(library));
  const ByName = mappingOf(StringIdMapper, pointSchema(library));
  const path = join(folder, 'all.zip');
  Bundle.buildSync(
    [
      ['points', { container: Points, entries: numbers.map(point) }],
      ['by name', { container: ByName, entries: numbers.map((n) => [textKey(n), point(n)] as const) }],
    ],
    path,
  );
  using bundle = Bundle.open(path);
  assert.deepEqual([...bundle.names()], ['points', 'by name']);
  assert.equal(bundle.open('points', Points).at(3)?.x, 3);
  assert.equal(bundle.open('by name', ByName).get(textKey(7))?.x, 7);
}

function checkPool({ library }: Setting): void {
  const { Pool, toObject } = library;
  const Point = pointSchema(library);
  const pool = new Pool(Point);
  const positions = numbers.map((n) => pool.add(point(n)));
  using loaded = Pool.load(Point, pool.toBytes());
  for (const [n, position] of positions.entries())
    assert.deepEqual(toObject(loaded.get(position) as object), point(n));
}

/** A file that says what it is, opened by somebody who knows nothing of it. */
function checkSelfDescription({ library, folder }: Setting): void {
  const { Mapping, mappingOf, open, StringIdMapper } = library;
  const path = join(folder, 'described.map');
  mappingOf(StringIdMapper, pointSchema(library)).buildSync([['a', point(2)]], path);
  using found = open(path);
  assert.ok(found instanceof Mapping);
  assert.deepEqual(JSON.parse(JSON.stringify(found.get('a' as never))), point(2));
}

/** A value of every slot type; what is read packs to the same bytes. */
function checkTypes({ library }: Setting): void {
  const { Decimal, NdArray, PlainDate, Schema, t, toObject } = library;
  const Inner = new Schema('Inner', { text: t.text, next: t.self.optional() });
  const All = new Schema('All', {
    bool: t.bool,
    int8: t.int8,
    uint16: t.uint16,
    int64: t.int64,
    uint64: t.uint64,
    int: t.int,
    float32: t.float32,
    float64: t.float64,
    ascii: t.text,
    wide: t.text,
    bytes: t.bytes,
    list: t.list(t.any),
    numbers: t.list(t.int32),
    set: t.set(t.text),
    dict: t.dict(t.text, t.int32),
    view: t.listView(t.text),
    inner: Inner,
    any: t.any,
    matrix: t.ndarray,
    time: t.datetime,
    day: t.date,
    price: t.decimal,
    absent: t.float64.optional(),
  });
  const value = {
    bool: true,
    int8: -128,
    uint16: 65_535,
    int64: -(2n ** 63n),
    uint64: 2n ** 64n - 1n,
    int: 2 ** 53 - 1,
    float32: 0.5,
    float64: Math.PI,
    ascii: 'plain text '.repeat(100),
    wide: 'ünï ✓ 😀 '.repeat(100),
    bytes: Uint8Array.of(0, 255, 7),
    list: ['text', 1, null, 2.5, true],
    numbers: [1, -2, 3],
    set: new Set(['one', 'two']),
    dict: new Map([['one', 1]]),
    view: ['a', 'b'],
    inner: { text: 'outer', next: { text: 'inner' } },
    any: ['nested', [1, 2]],
    matrix: new NdArray(Float64Array.of(1, 2, 3, 4), { shape: [2, 2] }),
    time: new Date('2024-02-29T12:34:56.789Z'),
    day: new PlainDate(2024, 2, 29),
    price: Decimal.from('19.90'),
  };
  const packed = All.pack(value);
  const record = All.unpackFrom(packed, 0);
  assert.equal(record.int64, value.int64);
  assert.equal(record.wide, value.wide);
  assert.deepEqual([...record.bytes], [0, 255, 7]);
  assert.deepEqual([...record.list], value.list);
  assert.equal(record.inner.next?.text, 'inner');
  assert.equal(String(record.price), '19.90');
  assert.equal(record.absent, undefined);
  assert.deepEqual(All.pack(toObject(record)), packed);
}

export const containerChecks: Checks = {
  ...Object.fromEntries(
    mappers.map(([name, key]) => [`${name}`, (setting: Setting) => checkMapper(setting, name, key)]),
  ),
  ...Object.fromEntries(
    multiMappers.map(([name, key]) => [name, (setting: Setting) => checkMultiMapper(setting, name, key)]),
  ),
  ...Object.fromEntries(
    mappers.map(([name, key]) => [
      `a mapping by ${name}`,
      (setting: Setting) => checkMapping(setting, name, key),
    ]),
  ),
  ...Object.fromEntries(
    multiMappers.map(([name, key]) => [
      `a multi-mapping by ${name}`,
      (setting: Setting) => checkMultiMapping(setting, name, key),
    ]),
  ),
  'an array': checkArray,
  'a bundle': checkBundle,
  'a pool': checkPool,
  'a file that says what it is': checkSelfDescription,
  'values of every type': checkTypes,
};
