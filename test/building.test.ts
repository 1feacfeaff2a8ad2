import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  arrayOf,
  mappingOf,
  NumericId32Mapper,
  NumericIdMapper,
  Schema,
  StringId32Mapper,
  StringIdMapper,
  t,
} from 'sharedbuffers';
import {
  type BuildOptions,
  type BuildProgress,
  build,
  buildSync,
  buildToMemory,
  type Plan,
} from '#src/building/build.js';
import { idMapperKinds } from '#src/containers/id-mapper-kinds.js';
import { native } from '#src/native/index.js';
import { readSchemaPickle } from '#src/schema/pickle-reader.js';
import { version } from '#src/version.js';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-building-'));
after(() => rmSync(folder, { recursive: true }));

const Point = new Schema('Point', { x: t.int32, label: t.text.optional() });
const Odd = new Schema('Odd', { a: t.uint8, s: t.text }, { alignment: 1 });
const arrayPlan: Plan = { kind: 'array', schema: Point };
const mapperPlan = (name: keyof typeof idMapperKinds): Plan => ({
  kind: 'id-mapper',
  idMapper: idMapperKinds[name],
});
const mappingPlan = (name: keyof typeof idMapperKinds): Plan => ({
  kind: 'mapping',
  schema: Point,
  idMapper: idMapperKinds[name],
});

/** The unsigned 64-bit numbers from an offset on. */
function words(bytes: Uint8Array, offset: number, count: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, index) => Number(view.getBigUint64(offset + index * 8, true)));
}

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

async function* later<T>(entries: Iterable<T>): AsyncGenerator<T> {
  for (const entry of entries) {
    await null;
    yield entry;
  }
}

describe('the layout of an array', () => {
  it('is header, records, sections, index, stored schema', () => {
    const records = [{ x: 1 }, { x: 2, label: 'two' }, { x: 3 }];
    const bytes = buildSync(arrayPlan, records);
    const [total = 0, index = 0, count, layout, reader, schema = 0, schemaSize = 0] = words(bytes, 0, 7);
    assert.deepEqual([total, count, layout, reader], [bytes.length, 3, 2, 2]);
    const positions = words(bytes, index, 3);
    const packed = records.map((record) => Buffer.from(Point.pack(record)));
    assert.deepEqual(positions, [56, 56 + 16, 56 + 16 + (packed[1] as Buffer).length]);
    assert.deepEqual(
      Buffer.from(bytes.subarray(56, 56 + Buffer.concat(packed).length)),
      Buffer.concat(packed),
    );
    assert.equal(index % 8, 0);
    assert.equal(schema, index + 24);
    assert.equal(schema + schemaSize, total);
    assert.deepEqual(readSchemaPickle(bytes.subarray(schema)).slotKeys, ['label', 'x']);
  });

  it('has an aligned index after records of any length', () => {
    const bytes = buildSync({ kind: 'array', schema: Odd }, [{ a: 1, s: 'odd' }]);
    const [, index = 0] = words(bytes, 0, 2);
    assert.equal(index % 8, 0);
    assert.deepEqual(words(bytes, index, 1), [56]);
    assert.equal(arrayOf(Odd).from(bytes).at(0)?.s, 'odd');
  });

  it('is complete without records', () => {
    const bytes = buildSync(arrayPlan, []);
    const [total, index = 0, count] = words(bytes, 0, 3);
    assert.equal(total, bytes.length);
    assert.equal(count, 0);
    assert.ok(index > 56);
  });
});

describe('the layout of an id table', () => {
  it('has numeric rows in the order of keys, then of values, and ends at a multiple of 32', () => {
    const entries = [
      [2 ** 40, 1],
      [5, 9n],
      [2n ** 64n - 1n, 0],
      [5, 3],
    ] as const;
    const bytes = buildSync(mapperPlan('NumericIdMapper'), entries, undefined, { duplicates: 'keep' });
    const [rows, position = 0] = words(bytes, 0, 2);
    assert.equal(rows, 4);
    assert.equal(position % 8, 0);
    assert.deepEqual(words(bytes, position, 8), [5, 3, 5, 9, 2 ** 40, 1, 2 ** 64, 0]);
    assert.equal(bytes.length % 32, 0);
    assert.ok(isZero(bytes.subarray(position + 64)));
  });

  it('has rows of half the size for 32 bits', () => {
    const bytes = buildSync(mapperPlan('NumericId32Mapper'), [[7, 8]]);
    const [, position = 0] = words(bytes, 0, 2);
    assert.deepEqual(words(bytes, position, 1), [7 + 8 * 2 ** 32]);
  });

  it('has string keys in the order of input, then rows in the order of hashes', () => {
    const keys = ['b', 'clé', '', 'x'.repeat(600)];
    const bytes = buildSync(
      mapperPlan('StringIdMapper'),
      keys.map((key, value) => [key, value] as const),
    );
    const [count = 0, position = 0] = words(bytes, 0, 2);
    assert.equal(count, 4);
    assert.equal(position % 8, 0);
    assert.deepEqual(
      [...bytes.subarray(16, 16 + 3 + 6 + 2)],
      [1, 0, 0x62, 4, 0, 0x63, 0x6c, 0xc3, 0xa9, 0, 0],
    );
    assert.ok((bytes[16 + 3 + 6 + 2 + 1] as number) & 0x80, 'the long key is compressed');
    const rows = Array.from({ length: count }, (_, row) => words(bytes, position + row * 24, 3));
    const view = new DataView(bytes.buffer);
    const hashes = rows.map((_, row) => view.getBigUint64(position + row * 24, true));
    assert.deepEqual(
      hashes,
      [...hashes].sort((a, b) => (a < b ? -1 : 1)),
    );
    const pointers = [16, 19, 25, 27];
    for (const [row, [, pointer, value]] of rows.entries()) {
      assert.equal(pointer, pointers[value as number]);
      assert.equal(hashes[row], native.hash64(Buffer.from(keys[value as number] as string)));
    }
  });

  it('precedes the records of a mapping, whose footer points to them', () => {
    const bytes = buildSync(mappingPlan('StringIdMapper'), [['one', { x: 1 }]]);
    const [arrayOffset = 0] = words(bytes, bytes.length - 8, 1);
    assert.equal(arrayOffset % 32, 0);
    const [rows, position = 0] = words(bytes, 0, 2);
    assert.equal(rows, 1);
    assert.ok(isZero(bytes.subarray(position + 24, arrayOffset)));
    assert.deepEqual(words(bytes, arrayOffset, 1), [bytes.length - 8 - arrayOffset]);
  });
});

describe('all forms of a build', () => {
  const count = 70_000;
  const pairs = Array.from({ length: count }, (_, x) => [`key ${x}`, { x, label: `point ${x}` }] as const);
  const plans: [Plan, Iterable<unknown>][] = [
    [arrayPlan, pairs.map(([, point]) => point)],
    [mapperPlan('StringId32Mapper'), pairs.map(([key], value) => [key, value])],
    [mapperPlan('NumericIdMapper'), pairs.map((_, value) => [count - value, value])],
    [mappingPlan('StringIdMapper'), pairs],
    [mappingPlan('NumericId32Mapper'), pairs.map(([, point], key) => [key * 3, point])],
  ];

  it('give the same bytes', async () => {
    const path = join(folder, 'forms');
    for (const [plan, entries] of plans) {
      const memory = buildSync(plan, entries);
      assert.equal(buildSync(plan, entries, path).bytes, memory.length);
      assert.ok(readFileSync(path).equals(memory), plan.kind);
      // With so little memory a direct table is filled in more pieces, and keys take other places in its lines.
      const radix = plan.kind === 'array' ? {} : ({ index: 'radix' } as const);
      await build(plan, later(entries), path, { memoryLimit: 2 ** 20, tempDir: tmpdir(), ...radix });
      assert.ok(readFileSync(path).equals(buildSync(plan, entries, undefined, radix)), plan.kind);
      assert.ok(Buffer.from(await buildToMemory(plan, entries)).equals(memory), plan.kind);
    }
  });

  it('leave nothing mapped, for which Windows would not let the file be replaced', () => {
    const before = native.regionCount();
    for (const [plan, entries] of plans) buildSync(plan, entries, join(folder, 'unmapped'));
    assert.equal(native.regionCount(), before);
  });

  it('report what they did', async () => {
    const path = join(folder, 'report');
    const report = await build(mappingPlan('StringIdMapper'), pairs, path);
    const { seconds, ...rest } = report;
    assert.ok(seconds > 0);
    const bytes = readFileSync(path).length;
    assert.deepEqual(rest, { path, bytes, records: count, values: count, duplicatesDropped: 0 });
  });

  it('take maps', async () => {
    const map = new Map([['a', { x: 1 }]]);
    assert.equal(
      mappingOf(StringIdMapper, Point).from(await buildToMemory(mappingPlan('StringIdMapper'), map)).size,
      1,
    );
  });

  it('say how far they are', async () => {
    const told: BuildProgress[] = [];
    const onProgress = (progress: BuildProgress) => told.push(progress);
    await build(mappingPlan('StringIdMapper'), pairs, join(folder, 'progress'), { onProgress });
    const phases = [...new Set(told.map(({ phase }) => phase))];
    assert.deepEqual(phases.slice(-2), ['sorting', 'writing']);
    assert.deepEqual({ ...told.at(-1), bytes: 0 }, { phase: 'writing', done: 1, records: count, bytes: 0 });
    assert.ok((told.at(-1)?.bytes as number) > count * 16);
    for (const { done } of told) assert.ok(done !== undefined && done >= 0 && done <= 1);
    told.length = 0;
    buildSync(arrayPlan, [{ x: 1 }], undefined, { onProgress });
    assert.equal(told.at(-1)?.done, 1);
  });

  it('end with what onProgress throws', async () => {
    const reason = new Error('enough');
    const options: BuildOptions = {
      onProgress() {
        throw reason;
      },
    };
    await assert.rejects(build(arrayPlan, [{ x: 1 }], join(folder, 'thrown'), options), reason);
    assert.throws(() => buildSync(arrayPlan, [{ x: 1 }], undefined, options), reason);
  });

  it('let others have the thread', async () => {
    let turns = 0;
    let building = true;
    const turn = () => {
      turns++;
      if (building) setImmediate(turn);
    };
    setImmediate(turn);
    const start = performance.now();
    await buildToMemory(arrayPlan, later(pairs.map(([, point]) => point)));
    building = false;
    const expected = (performance.now() - start) / 100;
    assert.ok(turns > expected, `${turns} turns of the event loop, at least ${expected} expected`);
  });
});

describe('equal keys', () => {
  const entries = [
    ['b', 30],
    ['a', 20],
    ['a', 10],
    ['c', 1],
    [Buffer.from('a'), 15],
  ] as const;
  const numeric = entries.map(([key, value]) => [String(key).charCodeAt(0), value] as const);
  const first = (mapper: Iterable<readonly [unknown, unknown]>) =>
    Object.fromEntries([...mapper].map(([key, value]) => [key, value]).reverse());

  it('are refused, by key and place', () => {
    assert.throws(() => buildSync(mapperPlan('StringIdMapper'), entries), {
      code: 'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
      message: /the key "a" is there twice, in the records 1 and 2/,
    });
    assert.throws(() => buildSync(mapperPlan('NumericIdMapper'), numeric), {
      code: 'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
      message: /the key 97 is there twice, with the values 20 and 10/,
    });
    const records = [5, 6, 5].map((key, x) => [key, { x }] as const);
    assert.throws(() => buildSync(mappingPlan('NumericId32Mapper'), records), {
      message: /the key 5 is there twice, in the records 0 and 2/,
    });
    const bytes = [Buffer.of(0xff), Buffer.of(0xff)].map((key, value) => [key, value] as const);
    assert.throws(() => buildSync(mapperPlan('StringId32Mapper'), bytes), {
      message: /the key Buffer of 1 bytes|the key Uint8Array of 1 bytes/,
    });
  });

  it('can be told apart by order of input', async () => {
    for (const [duplicates, a] of [
      ['first', 20],
      ['last', 15],
    ] as const) {
      for (const name of ['StringIdMapper', 'StringId32Mapper'] as const) {
        const path = join(folder, 'dropped');
        const report = await build(mapperPlan(name), entries, path, { duplicates });
        assert.deepEqual([report.records, report.values, report.duplicatesDropped], [5, 3, 2]);
        const mapper = (name === 'StringIdMapper' ? StringIdMapper : StringId32Mapper).open(path);
        assert.deepEqual(first(mapper), { a, b: 30, c: 1 });
        assert.equal(mapper.get('a'), a);
        mapper.close();
        assert.ok(readFileSync(path).equals(buildSync(mapperPlan(name), entries, undefined, { duplicates })));
      }
      const mapper = NumericIdMapper.from(
        buildSync(mapperPlan('NumericIdMapper'), numeric, undefined, { duplicates }),
      );
      assert.deepEqual(
        [...mapper],
        [
          [97, a],
          [98, 30],
          [99, 1],
        ],
      );
    }
  });

  it('can all be kept: the first is found, of numeric ones that with the least value', () => {
    const keep = { duplicates: 'keep' } as const;
    const strings = StringIdMapper.from(buildSync(mapperPlan('StringIdMapper'), entries, undefined, keep));
    assert.equal(strings.size, 5);
    assert.deepEqual(
      [...strings].filter(([key]) => key === 'a').map(([, value]) => value),
      [20, 10, 15],
    );
    assert.equal(strings.get('a'), 20);
    const numbers = NumericIdMapper.from(buildSync(mapperPlan('NumericIdMapper'), numeric, undefined, keep));
    assert.deepEqual([...numbers.values()], [10, 15, 20, 30, 1]);
    assert.equal(numbers.get(97), 10);
  });

  it('leave the records of dropped rows in the file', () => {
    const entries = ['a', 'a', 'b'].map((key, x) => [key, { x }] as const);
    const bytes = buildSync(mappingPlan('StringIdMapper'), entries, undefined, { duplicates: 'last' });
    const mapping = mappingOf(StringIdMapper, Point).from(bytes);
    assert.equal(mapping.size, 2);
    assert.equal(mapping.get('a')?.x, 1);
    assert.equal(mapping.records.length, 3);
  });

  it('are not taken for keys of equal hashes', () => {
    const [one, other] = sameHash32();
    const entries = [one, other, 'x', one].map((key, value) => [key, value] as const);
    const build = (count: number, options?: BuildOptions) =>
      StringId32Mapper.from(
        buildSync(mapperPlan('StringId32Mapper'), entries.slice(0, count), undefined, options),
      );
    const distinct = build(3);
    assert.equal(distinct.get(one), 0);
    assert.equal(distinct.get(other), 1);
    assert.throws(() => build(4), { message: /in the records 0 and 3/ });
    const last = build(4, { duplicates: 'last' });
    assert.deepEqual([last.size, last.get(one), last.get(other)], [3, 3, 1]);
  });

  /** Two keys of the same xxh32: among so many there always are some. */
  function sameHash32(): [string, string] {
    const seen = new Map<number, string>();
    for (let number = 0; ; number++) {
      const key = `key ${number}`;
      const hash = native.hash32(Buffer.from(key));
      const before = seen.get(hash);
      if (before !== undefined) return [before, key];
      seen.set(hash, key);
    }
  }

  it('are found among many, in pieces of any size', async () => {
    const count = 200_000;
    const entries = Array.from({ length: count }, (_, index) => [`key ${index % 70_000}`, index] as const);
    const path = join(folder, 'many');
    const report = await build(mapperPlan('StringIdMapper'), entries, path, { duplicates: 'last' });
    assert.equal(report.duplicatesDropped, count - 70_000);
    const mapper = StringIdMapper.open(path);
    for (let key = 0; key < 70_000; key += 997) {
      assert.equal(mapper.get(`key ${key}`), key < 60_000 ? key + 140_000 : key + 70_000);
    }
    mapper.close();
  });
});

describe('bad input', () => {
  const throws = (plan: Plan, entries: unknown, expected: object) =>
    assert.throws(() => buildSync(plan, entries as Iterable<unknown>), expected);

  it('is refused where it is no iterable of entries', async () => {
    for (const [entries, message] of [
      [undefined, /expected an iterable.*found undefined/],
      [null, /found null/],
      ['abc', /found "abc"/],
      [5, /found 5/],
      [{ a: 1 }, /Object\.entries/],
      [function* () {}, /call it/],
      [Promise.resolve([]), /await/],
    ] as const) {
      throws(arrayPlan, entries, { name: 'InvalidTypeError', message });
      const soon = buildToMemory(arrayPlan, entries as never);
      await assert.rejects(soon, { name: 'InvalidTypeError', message });
    }
    throws(arrayPlan, later([]), { message: /build, not buildSync/ });
  });

  it('is refused by number and key of the record', () => {
    const good = [{ x: 0 }, { x: 1 }];
    throws(arrayPlan, [...good, { x: 'two' }], { message: /^record 2: Point\.x: expected an integer/ });
    throws(arrayPlan, [...good, Promise.resolve({})], { message: /^record 2: .*await/ });
    throws(
      mappingPlan('StringIdMapper'),
      [
        ['a', { x: 0 }],
        ['b', { x: 2 ** 31 }],
      ],
      {
        name: 'OutOfRangeError',
        message: /^record 1 \(key "b"\): Point\.x: /,
      },
    );
    for (const entry of [['a'], ['a', { x: 0 }, 1], 'ab', { a: 1 }, undefined]) {
      throws(mappingPlan('StringIdMapper'), [entry], {
        message: /^record 0: expected a pair \[key, record\]/,
      });
    }
  });

  it('is refused where a key cannot be one', () => {
    for (const key of [5, null, undefined, {}, 'lone \ud800', `${'x'.repeat(600)}\ud800`]) {
      throws(mapperPlan('StringIdMapper'), [[key, 1]], {
        name: 'InvalidTypeError',
        message: /^record 0.*: expected/,
      });
    }
    for (const key of [-1, 1.5, Number.NaN, 2 ** 53, -1n, 2n ** 64n]) {
      throws(mapperPlan('NumericIdMapper'), [[key, 1]], { name: 'OutOfRangeError', message: /\(key\)/ });
    }
    throws(mapperPlan('NumericIdMapper'), [['1', 1]], { name: 'InvalidTypeError' });
    throws(mapperPlan('NumericIdMapper'), [[2 ** 53, 1]], { message: /bigint/ });
    for (const key of [2 ** 32, 2n ** 32n]) {
      throws(mapperPlan('NumericId32Mapper'), [[key, 1]], { name: 'OutOfRangeError', message: /4294967295/ });
      throws(mapperPlan('StringId32Mapper'), [['a', key]], { name: 'OutOfRangeError', message: /\(value\)/ });
    }
    const extremes = [
      [0, 2 ** 32 - 1],
      [2n ** 32n - 1n, 0n],
    ] as const;
    assert.deepEqual(
      [...NumericId32Mapper.from(buildSync(mapperPlan('NumericId32Mapper'), extremes))],
      [
        [0, 2 ** 32 - 1],
        [2 ** 32 - 1, 0],
      ],
    );
  });

  it('is refused where an option is none', async () => {
    for (const [options, message] of [
      [{ duplicate: 'last' }, /unknown option "duplicate"; the options are duplicates/],
      [{ duplicates: 'second' }, /option duplicates: expected 'error', 'first'.*found "second"/],
      [{ onProgress: 1 }, /option onProgress: expected a function/],
      [{ signal: {} }, /option signal: expected an AbortSignal/],
      [{ tempDir: 1 }, /option tempDir/],
      [{ sync: 0 }, /option sync: expected a boolean, found 0/],
      [{ memoryLimit: '1 MB' }, /option memoryLimit: expected a number of bytes/],
      [{ memoryLimit: 1000 }, /option memoryLimit: expected at least 1048576/],
      [7, /expected options as an object/],
    ] as const) {
      const soon = buildToMemory(mappingPlan('StringIdMapper'), [], options as never);
      await assert.rejects(soon, { message });
    }
    assert.throws(() => buildSync(arrayPlan, [], undefined, { duplicates: 'last' }), /an array has no keys/);
    await assert.rejects(build(arrayPlan, [], 5 as never), { message: /expected the path/ });
  });
});

it('the version that files are marked with is that of the package', () => {
  const path = new URL('../../package.json', import.meta.url);
  assert.equal(version, JSON.parse(readFileSync(path, 'utf8')).version);
});
