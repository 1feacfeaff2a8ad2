/** Columns: what `column` gathers is what proxies read, whatever the layout and whatever is missing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  arrayOf,
  ClosedError,
  CorruptDataError,
  InvalidTypeError,
  mappingOf,
  multiMappingOf,
  NumericIdMapper,
  NumericIdMultiMapper,
  open,
  Schema,
  type SlotMap,
  StringId32Mapper,
  StringIdMapper,
  t,
} from 'sharedbuffers';
import { gatherColumn } from '#src/containers/record-columns.js';
import { OptionalSlot } from '#src/types/slot-type.js';
import { fixturePath } from './support/fixtures.js';
import { fixtures } from './support/manifest.js';

const numbers = {
  bool: [t.bool, Uint8Array, [true, false]],
  int8: [t.int8, Int8Array, [-128, 127, 0]],
  uint8: [t.uint8, Uint8Array, [255, 0, 7]],
  int16: [t.int16, Int16Array, [-32768, 32767]],
  uint16: [t.uint16, Uint16Array, [65535, 1]],
  int32: [t.int32, Int32Array, [-(2 ** 31), 2 ** 31 - 1]],
  uint32: [t.uint32, Uint32Array, [2 ** 32 - 1, 3]],
  int64: [t.int64, BigInt64Array, [-(2n ** 63n), 2n ** 63n - 1n]],
  uint64: [t.uint64, BigUint64Array, [2n ** 64n - 1n, 1n]],
  int: [t.int, Float64Array, [-(2 ** 53) + 1, 2 ** 53 - 1]],
  float32: [t.float32, Float32Array, [0.5, Number.NEGATIVE_INFINITY, -0]],
  float64: [t.float64, Float64Array, [0.1, Number.NaN, 1e300]],
} as const;
type NumberName = keyof typeof numbers;
const numberNames = Object.keys(numbers) as NumberName[];

/** What a column holds for a value that a proxy reads. */
function cell(column: ArrayLike<unknown>, value: unknown): unknown {
  if (typeof value === 'boolean') return Number(value);
  if (value === undefined || value === null) return Array.isArray(column) ? value : Number.NaN;
  return value;
}

type Record_ = Record<string, unknown>;

interface Columned {
  column(slot: string, options?: object): ArrayLike<unknown>;
  columns(slots: string[], options?: object): Record<string, ArrayLike<unknown>>;
}

const stateOf = (value: unknown) => (value === undefined ? 1 : value === null ? 2 : 0);

/** Every column of a container against what its proxies read. */
function checkColumns(container: Columned, records: readonly Record_[], names: readonly string[]): void {
  const all = container.columns([...names], { mask: true }) as unknown as Record<
    string,
    { values: ArrayLike<unknown>; mask: Uint8Array }
  >;
  for (const name of names) {
    const expected = records.map((record) => record[name]);
    const { values, mask } = all[name] as (typeof all)[string];
    assert.deepEqual([...mask], expected.map(stateOf), `${name}: mask`);
    assert.equal(values.length, expected.length);
    expected.forEach((value, index) => {
      if (mask[index] === 0 || Array.isArray(values))
        assert.deepEqual(values[index], cell(values, value), name);
    });
    const lacks = expected.some((value) => value === undefined || value === null);
    const isInteger = !(
      Array.isArray(values) ||
      values instanceof Float32Array ||
      values instanceof Float64Array
    );
    if (lacks && isInteger) {
      assert.throws(() => container.column(name), { code: 'ERR_SHAREDBUFFERS_MISSING_VALUE' });
    } else {
      const column = container.column(name);
      assert.deepEqual(
        Array.from(column),
        expected.map((value) => cell(column, value)),
      );
    }
  }
}

describe('columns of every type', () => {
  const slots = {
    ...Object.fromEntries(numberNames.map((name) => [name, numbers[name][0]])),
    text: t.text,
    bytes: t.bytes,
    list: t.list(t.text),
    any: t.any,
    date: t.date,
  } as SlotMap;
  const record = (n: number) => ({
    ...Object.fromEntries(numberNames.map((name) => [name, numbers[name][2][n % numbers[name][2].length]])),
    text: n % 7 === 0 ? 'long ✓ '.repeat(300) : `text ${n}`,
    bytes: Uint8Array.of(n, n + 1),
    list: [`${n}`, 'é'],
    any: n % 2 ? n : `any ${n}`,
    date: '2026-01-02',
  });
  for (const alignment of [1, 2, 4, 8, 16]) {
    for (const version of [1, 2] as const) {
      it(`alignment ${alignment}, version ${version}`, () => {
        const schema = new Schema('Every', slots, { alignment, version });
        const records = Array.from({ length: 200 }, (_, n) => record(n));
        const array = arrayOf(schema).from(arrayOf(schema).buildSync(records as never));
        checkColumns(array as never, [...array] as never, Object.keys(slots));
        for (const name of numberNames) {
          assert.ok(array.column(name) instanceof numbers[name][1], name);
        }
      });
    }
  }

  it('in the order of keys(), of tables of both widths', () => {
    const schema = new Schema('Every', slots);
    const entries = Array.from({ length: 1000 }, (_, n) => [`key ${n}`, record(n)] as const);
    for (const mapper of [StringIdMapper, StringId32Mapper]) {
      const mapping = mappingOf(mapper, schema).from(mappingOf(mapper, schema).buildSync(entries as never));
      checkColumns(mapping as never, [...mapping.values()] as never, Object.keys(slots));
    }
  });
});

const Small = new Schema('Small', { id: t.uint32, size: t.float64, name: t.text });
const small = (n: number) => ({ id: n, size: n / 2, name: `name ${n}` });

describe('ranges', () => {
  const array = arrayOf(Small).from(
    arrayOf(Small).buildSync(Array.from({ length: 2000 }, (_, n) => small(n))),
  );
  const ids = Array.from({ length: 2000 }, (_, n) => n);

  it('as slice takes them', () => {
    const ranges: { start?: number; end?: number }[] = [
      {},
      { start: 5 },
      { end: 5 },
      { start: -3 },
      { start: 10, end: -1990 },
      { start: 10, end: -1991 },
      { start: 30, end: 31 },
      { start: 31, end: 30 },
      { start: -1e9, end: 1e9 },
      { start: 5000 },
      { start: 1.5, end: Number.NaN },
    ];
    for (const range of ranges) {
      const expected = ids.slice(range.start ?? 0, range.end ?? ids.length);
      assert.deepEqual([...array.column('id', range)], expected);
      assert.deepEqual(
        array.column('name', range),
        expected.map((n) => `name ${n}`),
      );
      assert.deepEqual(
        array.slice(range.start, range.end).map(({ id }) => id),
        expected,
      );
    }
  });

  it('of rows', () => {
    const mapping = mappingOf(NumericIdMapper, Small).from(
      mappingOf(NumericIdMapper, Small).buildSync(ids.map((n) => [(n * 7919) % 2003, small(n)] as const)),
    );
    const inOrder = [...mapping.values()].map(({ id }) => id);
    assert.deepEqual([...mapping.column('id', { start: 500, end: -700 })], inOrder.slice(500, -700));
    const { id, name } = mapping.columns(['id', 'name', 'id'], { start: 1990 });
    assert.deepEqual([...id], inOrder.slice(1990));
    assert.deepEqual(
      name,
      inOrder.slice(1990).map((n) => `name ${n}`),
    );
  });

  it('one pair a row of a multi-mapping', () => {
    const Multi = multiMappingOf(NumericIdMultiMapper, Small);
    const mapping = Multi.from(Multi.buildSync(ids.map((n) => [n % 10, small(n)] as const)));
    assert.deepEqual(
      [...mapping.column('id')],
      [...mapping.values()].map(({ id }) => id),
    );
  });

  it('of nothing', () => {
    const empty = arrayOf(Small).from(arrayOf(Small).buildSync([]));
    assert.deepEqual(empty.column('id'), new Uint32Array(0));
    assert.deepEqual(empty.column('name', { mask: true }), { values: [], mask: new Uint8Array(0) });
    const none = mappingOf(StringIdMapper, Small).from(mappingOf(StringIdMapper, Small).buildSync([]));
    assert.deepEqual(none.column('size'), new Float64Array(0));
    assert.deepEqual({ ...none.columns([]) }, {});
  });
});

describe('records without values', () => {
  const Gappy = new Schema('Gappy', {
    id: t.uint32.optional(),
    size: t.float32.optional(),
    count: t.int.optional(),
    name: t.text.optional(),
  });
  const array = arrayOf(Gappy).from(
    arrayOf(Gappy).buildSync([
      { id: 1, size: 1.5, count: 1, name: 'a' },
      { size: 2.5 },
      { id: null, name: null },
      {},
    ]),
  );

  it('are in the mask', () => {
    assert.deepEqual(array.column('id', { mask: true }), {
      values: Uint32Array.of(1, 0, 0, 0),
      mask: Uint8Array.of(0, 1, 2, 1),
    });
    assert.deepEqual(array.column('name', { mask: true }), {
      values: ['a', undefined, null, undefined],
      mask: Uint8Array.of(0, 1, 2, 1),
    });
  });

  it('are NaN, undefined or null without one, or an error that says so', () => {
    assert.deepEqual(array.column('size'), Float32Array.of(1.5, 2.5, Number.NaN, Number.NaN));
    assert.deepEqual(array.column('count'), Float64Array.of(1, Number.NaN, Number.NaN, Number.NaN));
    assert.deepEqual(array.column('name'), ['a', undefined, null, undefined]);
    assert.throws(() => array.column('id'), {
      code: 'ERR_SHAREDBUFFERS_MISSING_VALUE',
      message:
        'record 1: Gappy.id: a column of uint32 has no room for no value; ask for the mask too: { mask: true }',
    });
    assert.throws(() => array.column('id', { start: 2 }), {
      message:
        'record 2: Gappy.id: a column of uint32 has no room for None; ask for the mask too: { mask: true }',
    });
    assert.deepEqual(array.column('id', { end: 1 }), Uint32Array.of(1));
  });

  it('are all of them where the file lacks the slot', () => {
    const Wider = new Schema('Gappy', {
      size: t.float32.optional(),
      more: t.int16.optional(),
      half: t.float64.optional(),
      text: t.text.optional(),
    });
    const wider = arrayOf(Wider).from(arrayOf(Gappy).buildSync([{ id: 1, size: 1.5 }, { size: 2.5 }]));
    assert.deepEqual([...wider.column('size')], [1.5, 2.5]);
    assert.deepEqual(wider.column('half'), Float64Array.of(Number.NaN, Number.NaN));
    assert.deepEqual(wider.column('text'), [undefined, undefined]);
    assert.deepEqual(wider.column('more', { mask: true }), {
      values: new Int16Array(2),
      mask: Uint8Array.of(1, 1),
    });
    assert.throws(() => wider.column('more'), { code: 'ERR_SHAREDBUFFERS_MISSING_VALUE' });
    assert.deepEqual(wider.column('more', { end: 0 }), new Int16Array(0));
  });

  it('are those that are absent, of positions', () => {
    const { source } = array;
    const positions = Float64Array.of(-1, source.position(0), -1, source.position(2));
    assert.deepEqual(gatherColumn(source, 'name', positions), [undefined, 'a', undefined, null]);
    assert.deepEqual(gatherColumn(source, 'id', positions, { mask: true }), {
      values: Uint32Array.of(0, 1, 0, 0),
      mask: Uint8Array.of(1, 0, 1, 2),
    });
    assert.deepEqual(
      gatherColumn(source, 'size', positions.subarray(0, 2)),
      Float32Array.of(Number.NaN, 1.5),
    );
    assert.throws(() => gatherColumn(source, 'id', positions), {
      message:
        'record 0: Gappy.id: a column of uint32 has no room for no record; ask for the mask too: { mask: true }',
    });
    for (const position of [1e15, Number.NaN, 2 ** 60, Number.POSITIVE_INFINITY]) {
      assert.throws(() => gatherColumn(source, 'size', Float64Array.of(position)), CorruptDataError);
    }
  });
});

it('refuses integers that no number holds, and says where', () => {
  const Wide = new Schema('Wide', { n: t.int });
  const array = arrayOf(Wide).from(arrayOf(Wide).buildSync([{ n: 1 }, { n: 2n ** 53n }]));
  assert.throws(() => array.column('n'), {
    code: 'ERR_SHAREDBUFFERS_UNSAFE_INTEGER',
    message: /^record 1: Wide\.n: 9007199254740992 is beyond/,
  });
  assert.deepEqual([...array.column('n', { end: 1 })], [1]);
  const asWide = arrayOf(new Schema('Wide', { n: t.int64 })).from(
    arrayOf(Wide).buildSync([{ n: -(2n ** 60n) }]),
  );
  assert.deepEqual(asWide.column('n'), BigInt64Array.of(-(2n ** 60n)));
});

it('names the slots there are', () => {
  const array = arrayOf(Small).from(arrayOf(Small).buildSync([small(1)]));
  assert.throws(() => array.column('nmae' as 'name'), {
    name: 'InvalidTypeError',
    message: 'expected the name of a slot of Small (id, size, name), found "nmae"',
  });
  assert.throws(() => array.columns([1 as unknown as 'id']), InvalidTypeError);
  assert.throws(() => array.column('id', 5 as never), InvalidTypeError);
});

it('throws when the container is closed', () => {
  const array = arrayOf(Small).from(arrayOf(Small).buildSync([small(1)]));
  const column = array.column('id');
  array.close();
  assert.throws(() => array.column('id'), ClosedError);
  assert.deepEqual([...column], [1]);
});

describe('corrupt data', () => {
  const bytes = arrayOf(Small).buildSync(Array.from({ length: 100 }, (_, n) => small(n)));
  const source = arrayOf(Small).from(bytes).source;

  /** Columns of the array after a change of its bytes. */
  function changed(change: (view: DataView) => void) {
    const copy = bytes.slice();
    change(new DataView(copy.buffer));
    return arrayOf(Small).from(copy);
  }

  it('in the index', () => {
    for (const pointer of [0n, 55n, BigInt(bytes.length), 2n ** 63n, 2n ** 64n - 1n]) {
      const array = changed((view) => view.setBigUint64(source.indexOffset + 50 * 8, pointer, true));
      for (const slot of ['id', 'size', 'name'] as const) {
        assert.throws(() => array.column(slot), CorruptDataError);
        assert.equal(array.column(slot, { end: 50 }).length, 50);
        assert.equal(array.column(slot, { start: 51 }).length, 49);
      }
    }
  });

  it('in a pointer', () => {
    const place = Small.layout.slots.find(({ name }) => name === 'name');
    const at = source.position(50) + (place?.fullOffset ?? 0);
    for (const pointer of [
      -(2n ** 63n),
      2n ** 63n - 1n,
      BigInt(bytes.length),
      -BigInt(source.position(50)) - 1n,
    ]) {
      const array = changed((view) => view.setBigInt64(at, pointer, true));
      assert.throws(() => array.column('name'), CorruptDataError);
      assert.equal(array.column('id').length, 100);
    }
  });

  it('in a record that leaves the bytes', () => {
    const copy = bytes.slice();
    const { source } = arrayOf(Small).from(copy);
    // name, size and id, of 8, 8 and 4 bytes behind a header of 8.
    const needed = { name: [1, 16], id: [4, 28] } as const;
    for (const bits of [0, 1, 7]) {
      for (const room of [1, 4, 7, 8, 15, 16, 27, 28]) {
        copy.fill(0, copy.length - 40);
        copy[copy.length - room] = bits;
        const positions = Float64Array.of(source.position(3), copy.length - room);
        for (const slot of ['id', 'name'] as const) {
          const gather = () => gatherColumn(source, slot, positions, { mask: true });
          const [bit, bytesNeeded] = needed[slot];
          const isSet = (bits & bit) !== 0;
          if (room < 8 || (isSet && room < bytesNeeded)) assert.throws(gather, CorruptDataError);
          else assert.deepEqual((gather() as { mask: Uint8Array }).mask, Uint8Array.of(0, isSet ? 0 : 1));
        }
      }
    }
  });

  it('in a row', () => {
    const Rows = mappingOf(NumericIdMapper, Small);
    const whole = Rows.buildSync(Array.from({ length: 100 }, (_, n) => [n, small(n)] as const));
    const { table } = Rows.from(whole);
    for (const value of [100n, 2n ** 63n, 2n ** 64n - 1n]) {
      const copy = whole.slice();
      new DataView(copy.buffer).setBigUint64(table.rowPosition(70) + 8, value, true);
      const mapping = Rows.from(copy);
      assert.throws(() => mapping.column('id'), CorruptDataError);
      assert.throws(() => mapping.column('name'), CorruptDataError);
      assert.deepEqual([...mapping.column('id', { start: 69, end: 70 })], [69]);
    }
  });

  it('anywhere is an error of this library or none', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const copy = bytes.slice();
        copy[at] = (copy[at] as number) ^ flip;
        try {
          const array = arrayOf(Small).from(copy);
          for (const slot of ['id', 'size', 'name'] as const) array.column(slot, { mask: true });
        } catch (error) {
          assert.match((error as { code?: string }).code ?? '', /^ERR_SHAREDBUFFERS_/, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

it('bounds what records may share', () => {
  const One = new Schema('One', { text: t.text });
  const text = 'x'.repeat(2 ** 20);
  const bytes = arrayOf(One).buildSync(
    Array.from({ length: 40 }, () => ({ text })),
    { dedupe: true },
  );
  const array = arrayOf(One).from(bytes, { maxValues: 2 ** 18 });
  assert.throws(() => array.column('text'), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
  assert.equal(array.column('text', { end: 10 }).length, 10);
});

describe('properties', () => {
  const slotTypes = [t.bool, t.int8, t.uint16, t.int32, t.float32, t.int64, t.float64, t.int, t.text];
  const arbitraryOf = (type: object): fc.Arbitrary<unknown> => {
    if (type === t.bool) return fc.boolean();
    if (type === t.text) return fc.string();
    if (type === t.int64) return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    if (type === t.float32 || type === t.float64) return fc.float({ noDefaultInfinity: true });
    return type === t.uint16 ? fc.nat(65535) : fc.integer({ min: -128, max: 127 });
  };
  const schemas = fc.record({
    types: fc.array(fc.constantFrom(...slotTypes), { minLength: 1, maxLength: 64 }),
    alignment: fc.constantFrom(1, 2, 4, 8, 16),
    version: fc.constantFrom(1 as const, 2 as const),
  });

  it('columns are what proxies read, up to 64 slots of which any are missing or None', () => {
    fc.assert(
      fc.property(
        schemas.chain(({ types, ...options }) => {
          const slots = Object.fromEntries(types.map((type, n) => [`s${n}`, new OptionalSlot(type)]));
          const record = fc.record(
            Object.fromEntries(types.map((type, n) => [`s${n}`, fc.option(arbitraryOf(type), { freq: 4 })])),
            { requiredKeys: [] },
          );
          return fc.tuple(
            fc.constant(new Schema('Any', slots as SlotMap, options)),
            fc.array(record, { maxLength: 80 }),
          );
        }),
        ([schema, records]) => {
          const names = schema.slots.map(({ name }) => name);
          const array = arrayOf(schema).from(arrayOf(schema).buildSync(records as never));
          checkColumns(array as never, [...array] as never, names);
          const Rows = mappingOf(NumericIdMapper, schema);
          const mapping = Rows.from(
            Rows.buildSync(records.map((record, n) => [(n * 31) % 101, record]) as never),
          );
          checkColumns(mapping as never, [...mapping.values()] as never, names);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('given fixtures', () => {
  const arrays = fixtures.filter(
    ({ kind, expect_error, no_stored_schema }) => kind === 'array' && !expect_error && !no_stored_schema,
  );
  for (const fixture of arrays) {
    it(fixture.file, () => {
      const { offset, size } = fixture;
      const array = arrayOf().open(fixturePath(fixture.file), {
        ...(offset === undefined ? {} : { offset }),
        ...(size === undefined ? {} : { size }),
      });
      const typed = array.schema.slots.filter(({ type }) => type.inline || type.columnKind !== undefined);
      const records = [...array] as Record_[];
      // As a number where it is one, else as a bigint, which no column of numbers has room for.
      const isUnsafe = (name: string) =>
        array.schema.slots.some((slot) => slot.name === name && slot.type.columnKind === 'int') &&
        records.some((record) => typeof record[name] === 'bigint');
      const names = typed.map(({ name }) => name).filter((name) => !isUnsafe(name));
      for (const { name } of typed.filter((slot) => isUnsafe(slot.name))) {
        assert.throws(() => array.column(name), { code: 'ERR_SHAREDBUFFERS_UNSAFE_INTEGER' });
      }
      checkColumns(array as never, records, names);
      array.close();
    });
  }
});

it('answers columns of containers that say themselves what they are', () => {
  const array = open(arrayOf(Small).buildSync([small(3)])) as ReturnType<ReturnType<typeof arrayOf>['from']>;
  assert.deepEqual(array.column('id'), Uint32Array.of(3));
});
