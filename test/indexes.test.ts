/** What a file has beyond its sorted rows to find keys faster: there or not, right or wrong, lookups answer the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ApproxStringIdMultiMapper,
  type BuildOptions,
  InvalidTypeError,
  mappingOf,
  NumericId32Mapper,
  NumericIdMapper,
  NumericIdMultiMapper,
  ObjectIdMapper,
  Schema,
  SharedBuffersError,
  StringId32Mapper,
  StringIdMapper,
  StringIdMultiMapper,
  t,
} from 'sharedbuffers';
import { type Section, sectionKinds } from '#src/containers/sections.js';
import { randomNumbers } from './support/random.js';

const Item = new Schema('Item', { number: t.uint32, name: t.text });
const count = 3000;
const item = (number: number) => ({ number, name: `item ${number}` });
const textKey = (number: number) => (number % 7 === 0 ? `schlüssel-${number}` : `key-${number}`);
const numberKey = (number: number) => number * 977 + 5;

function sectionOf(sections: readonly Section[], kind: number): Section {
  const found = sections.find((section) => section.kind === kind);
  assert.ok(found, `there is a section of kind ${kind}`);
  return found;
}

const kinds = [
  { mapper: StringIdMapper, key: textKey, absent: (number: number) => `no-${number}` },
  { mapper: StringId32Mapper, key: textKey, absent: (number: number) => `no-${number}` },
  { mapper: NumericIdMapper, key: numberKey, absent: (number: number) => number * 977 + 6 },
  { mapper: NumericId32Mapper, key: numberKey, absent: (number: number) => number * 977 + 6 },
] as const;

/** The smallest surface that the kinds have in common. */
interface AnyItems {
  get(key: unknown): { readonly number: number; readonly name: string } | undefined;
  has(key: unknown): boolean;
  getMany(keys: Iterable<unknown>): ({ readonly number: number } | undefined)[];
  hasMany(keys: Iterable<unknown>): boolean[];
  indexOf(key: unknown): number;
  indexOfMany(keys: Iterable<unknown>): Float64Array;
  readonly table: { readonly sections: readonly Section[]; readonly rowsOffset: number };
}

function builtBytes(mapper: (typeof kinds)[number]['mapper'], options?: BuildOptions): Uint8Array {
  const { key } = kinds.find((kind) => kind.mapper === mapper) as (typeof kinds)[number];
  const Items = mappingOf(mapper as unknown as typeof StringIdMapper, Item);
  const entries = Array.from({ length: count }, (_, n) => [key(n) as string, item(n)] as const);
  return Items.buildSync(entries, options);
}

function opened(mapper: (typeof kinds)[number]['mapper'], bytes: Uint8Array): AnyItems {
  return mappingOf(mapper as unknown as typeof StringIdMapper, Item).from(bytes) as unknown as AnyItems;
}

for (const { mapper, key, absent } of kinds) {
  describe(`indexes of a mapping by ${mapper.kind.name}`, () => {
    for (const index of ['none', 'radix', 'direct'] as const) {
      it(`${index}: every key is found, one by one and together, and no other`, () => {
        const items = opened(mapper, builtBytes(mapper, { index }));
        const sections = items.table.sections.map(({ kind }) => kind);
        assert.equal(sections.includes(sectionKinds.radix), index !== 'none');
        assert.equal(sections.includes(sectionKinds.direct), index === 'direct');
        const keys: unknown[] = [];
        for (let n = 0; n < count; n++) {
          assert.equal(items.get(key(n))?.number, n);
          assert.equal(items.get(absent(n)), undefined);
          keys.push(key(n), absent(n));
        }
        const records = items.getMany(keys);
        const there = items.hasMany(keys);
        const numbers = items.indexOfMany(keys);
        for (let n = 0; n < count; n++) {
          assert.equal(records[2 * n]?.number, n);
          assert.equal(records[2 * n + 1], undefined);
          assert.equal(there[2 * n], true);
          assert.equal(there[2 * n + 1], false);
          assert.equal(numbers[2 * n], n);
          assert.equal(numbers[2 * n + 1], -1);
        }
        assert.equal(items.indexOf(key(9)), 9);
        assert.equal(items.indexOf(absent(9)), -1);
      });
    }

    it('a radix table with wrong entries changes no answer', () => {
      const bytes = builtBytes(mapper);
      const { position, length } = sectionOf(opened(mapper, bytes).table.sections, sectionKinds.radix);
      const below = randomNumbers(21);
      const random = () => below(2 ** 32) / 2 ** 32;
      for (let round = 0; round < 40; round++) {
        const damaged = bytes.slice();
        const view = new DataView(damaged.buffer);
        // Entries, and at times base, shift and the number of buckets.
        const from = round % 4 === 0 ? 0 : 24;
        for (let change = 0; change < 1 + round * 4; change++) {
          const at = position + from + Math.floor((random() * (length - from)) / 4) * 4;
          view.setUint32(
            at,
            random() < 0.5 ? Math.floor(random() * count * 1.2) : Math.floor(random() * 2 ** 32),
            true,
          );
        }
        expectAll(opened(mapper, damaged), key, absent);
        expectTogether(opened(mapper, damaged), key, absent);
      }
    });

    it('a direct table with changed bytes changes no answer', () => {
      const bytes = builtBytes(mapper, { index: 'direct' });
      const { position, length } = sectionOf(opened(mapper, bytes).table.sections, sectionKinds.direct);
      const below = randomNumbers(22);
      const random = () => below(2 ** 32) / 2 ** 32;
      for (let round = 0; round < 40; round++) {
        const damaged = bytes.slice();
        for (let change = 0; change < 1 + round * 8; change++) {
          damaged[position + 16 + Math.floor(random() * (length - 16))] = Math.floor(random() * 256);
        }
        expectAll(opened(mapper, damaged), key, absent);
        expectTogether(opened(mapper, damaged), key, absent);
      }
    });

    it('a direct table made for other rows is not used', () => {
      const bytes = builtBytes(mapper, { index: 'direct' });
      const sections = opened(mapper, bytes).table.sections;
      const { position, length } = sectionOf(sections, sectionKinds.direct);
      const shifted = bytes.slice();
      // Every line in the place of the one before.
      shifted.copyWithin(position + 64, position + 128, position + length);
      expectAll(opened(mapper, shifted), key, absent);
      expectTogether(opened(mapper, shifted), key, absent);
    });
  });
}

function expectAll(
  items: AnyItems,
  key: (number: number) => unknown,
  absent: (number: number) => unknown,
): void {
  for (let n = 0; n < count; n += 3) {
    assert.equal(items.get(key(n))?.number, n);
    assert.equal(items.has(absent(n)), false);
  }
}

function expectTogether(
  items: AnyItems,
  key: (number: number) => unknown,
  absent: (number: number) => unknown,
): void {
  const numbers = Array.from({ length: count / 4 }, (_, n) => n * 4);
  items.getMany(numbers.map(key)).forEach((found, at) => assert.equal(found?.number, numbers[at]));
  assert.ok(items.hasMany(numbers.map(absent)).every((there) => !there));
}

describe('indexes', () => {
  it('are left out where they would not pay', () => {
    const few = StringIdMapper.from(
      StringIdMapper.buildSync(
        Array.from({ length: 10 }, (_, n) => [textKey(n), n] as const),
        { index: 'direct' },
      ),
    );
    assert.deepEqual(
      few.table.sections.map(({ kind }) => kind),
      [sectionKinds.kind],
    );
    assert.equal(few.get(textKey(3)), 3);
  });

  it('of numbers in one lump are empty, and lookups go without', () => {
    // One key far away: all others in the first bucket.
    const entries = Array.from({ length: 5000 }, (_, n) => [n === 0 ? 2n ** 63n : BigInt(n), n] as const);
    const mapper = NumericIdMapper.from(NumericIdMapper.buildSync(entries));
    assert.equal(sectionOf(mapper.table.sections, sectionKinds.radix).length, 0);
    for (const [key, value] of entries) assert.equal(mapper.get(key), value);
    assert.equal(mapper.get(5000), undefined);
    assert.equal(mapper.get(2n ** 64n - 1n), undefined);
  });

  it('find values of id mappers, and leave out what 48 bits cannot hold', () => {
    const entries = Array.from({ length: 500 }, (_, n) => [textKey(n), n * 1_000_003] as const);
    const mapper = StringIdMapper.from(StringIdMapper.buildSync(entries, { index: 'direct' }));
    for (const [key, value] of entries) assert.equal(mapper.get(key), value);
    assert.deepEqual(
      mapper.getMany(entries.map(([key]) => key)),
      entries.map(([, value]) => value),
    );
    const wide = [...entries, ['wide', 2n ** 60n + 1n] as const];
    const other = StringIdMapper.from(StringIdMapper.buildSync(wide, { index: 'direct' }));
    assert.equal(sectionOf(other.table.sections, sectionKinds.direct).length, 0);
    assert.equal(other.get('wide'), 2n ** 60n + 1n);
    assert.deepEqual(other.getMany(['wide', textKey(5)]), [2n ** 60n + 1n, 5 * 1_000_003]);
    assert.throws(() => other.indexOfMany(['wide']), { code: 'ERR_SHAREDBUFFERS_UNSAFE_INTEGER' });
  });

  it('answer the first row of equal keys', () => {
    const entries = Array.from({ length: 900 }, (_, n) => [n % 300, n] as const);
    const options = { index: 'direct', duplicates: 'keep' } as const;
    const numbers = NumericIdMapper.from(NumericIdMapper.buildSync(entries, options));
    for (let key = 0; key < 300; key++) assert.equal(numbers.get(key), key);
    const multi = NumericIdMultiMapper.from(NumericIdMultiMapper.buildSync(entries, { index: 'direct' }));
    assert.deepEqual(multi.getMany([5, 1000, 7]), [[5, 305, 605], [], [7, 307, 607]]);
    const texts = StringIdMultiMapper.from(
      StringIdMultiMapper.buildSync(
        entries.map(([key, value]) => [`k${key}`, value] as const),
        { index: 'direct' },
      ),
    );
    for (let key = 0; key < 300; key++) {
      assert.equal(texts.getFirst(`k${key}`), key);
      assert.deepEqual(texts.get(`k${key}`), [key, key + 300, key + 600]);
    }
    assert.deepEqual(texts.getMany(['k0', 'none', 'k299']), [[0, 300, 600], [], [299, 599, 899]]);
  });

  it('of hashes and of objects lead to the rows', () => {
    const approx = ApproxStringIdMultiMapper.from(
      ApproxStringIdMultiMapper.buildSync(Array.from({ length: 400 }, (_, n) => [textKey(n), n] as const)),
    );
    assert.ok(approx.table.sections.some(({ kind }) => kind === sectionKinds.radix));
    const [hash] = approx.keys();
    assert.deepEqual(approx.getMany([textKey(7), 'absent', hash as bigint]), [
      [7],
      [],
      approx.get(hash as bigint),
    ]);
    const objects = ObjectIdMapper.from(
      ObjectIdMapper.buildSync(Array.from({ length: 400 }, (_, n) => [n % 2 ? n : `${n}`, n] as const)),
    );
    assert.ok(objects.table.sections.some(({ kind }) => kind === sectionKinds.radix));
    for (let n = 0; n < 400; n++) assert.equal(objects.get(n % 2 ? n : `${n}`), n);
    assert.deepEqual(objects.getMany(['2', 3, null, 'x']), [2, 3, undefined, undefined]);
    assert.deepEqual([...objects.indexOfMany(['2', 3, null])], [2, 3, -1]);
  });

  it('are built within a memory limit, and dropped rows are not in them', async () => {
    const entries = Array.from({ length: 60_000 }, (_, n) => [textKey(n % 50_000), n] as const);
    for (const index of ['radix', 'direct'] as const) {
      const options = { index, duplicates: 'last', memoryLimit: 2 ** 20 } as const;
      const mapper = StringIdMapper.from(await StringIdMapper.build(entries, options));
      assert.equal(mapper.size, 50_000);
      for (let n = 0; n < 50_000; n++) assert.equal(mapper.get(textKey(n)), n < 10_000 ? n + 50_000 : n);
    }
  });

  it('are the same from build and buildSync', async () => {
    const entries = Array.from({ length: 2000 }, (_, n) => [numberKey(n), item(n)] as const);
    const Items = mappingOf(NumericIdMapper, Item);
    const now = Items.buildSync(entries, { index: 'direct' });
    assert.deepEqual(await Items.build(entries, { index: 'direct' }), now);
  });

  it('are refused where there is nothing to find, or no such thing', () => {
    assert.throws(() => StringIdMapper.buildSync([], { index: 'hash' as 'radix' }), InvalidTypeError);
  });
});

describe('many keys', () => {
  it('whose rows number records that are not there are corrupt data, as one key is', () => {
    const Items = mappingOf(NumericIdMapper, Item);
    const bytes = Items.buildSync([[1, item(1)] as const, [2, item(2)] as const], { index: 'none' });
    const { rowsOffset } = Items.from(bytes).table;
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(rowsOffset + 16 + 8, 2n, true);
    const items = Items.from(bytes);
    assert.equal(items.indexOf(1), 0);
    for (const read of [
      () => items.get(2),
      () => items.getMany([1, 2]),
      () => items.indexOf(2),
      () => items.indexOfMany([1, 2]),
    ]) {
      assert.throws(read, { code: 'ERR_SHAREDBUFFERS_CORRUPT' });
    }
  });

  const texts = StringIdMapper.from(
    StringIdMapper.buildSync([
      ...Array.from({ length: 100 }, (_, n) => [`clé ${n} 漢字 😀`, n] as const),
      ['\ufffd', 100],
      ['', 101],
      ['x'.repeat(5000), 102],
    ]),
  );

  it('may be of any script, empty, long, malformed, bytes, or no keys at all', () => {
    const keys = [
      'clé 5 漢字 😀',
      '\ufffd',
      '\ud83d',
      '\ude00',
      '',
      'x'.repeat(5000),
      new TextEncoder().encode('clé 7 漢字 😀'),
      'x'.repeat(4999),
      null as unknown as string,
      5 as unknown as string,
      'clé 99 漢字 😀',
    ];
    const expected = keys.map((key) => texts.get(key));
    assert.deepEqual(expected, [
      5,
      100,
      undefined,
      undefined,
      101,
      102,
      7,
      undefined,
      undefined,
      undefined,
      99,
    ]);
    assert.deepEqual(texts.getMany(keys), expected);
    // Surrogates of two keys are no character.
    assert.deepEqual(texts.getMany(['\ud83d', '\ude00', '😀', 'clé 1 漢字 😀']), [
      undefined,
      undefined,
      undefined,
      1,
    ]);
    assert.deepEqual(texts.hasMany(['a\ud83d', '\ude00', '', '\ud83d', '\ude00b', 'clé 2 漢字 😀']), [
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
    assert.deepEqual(texts.getMany(new Set(keys)), expected);
    assert.deepEqual(texts.getMany([]), []);
    assert.throws(() => texts.getMany(5 as unknown as string[]), InvalidTypeError);
  });

  it('are as many as wanted', () => {
    const keys = Array.from({ length: 20_000 }, (_, n) => `clé ${n % 150} 漢字 😀`);
    texts.getMany(keys).forEach((value, n) => assert.equal(value, n % 150 < 100 ? n % 150 : undefined));
    const ascii = StringIdMapper.from(
      StringIdMapper.buildSync(Array.from({ length: 100 }, (_, n) => [`k${n}`, n] as const)),
    );
    const others = Array.from({ length: 9000 }, (_, n) => `k${n % 150}`);
    ascii.getMany(others).forEach((value, n) => assert.equal(value, n % 150 < 100 ? n % 150 : undefined));
  });

  it('may be numbers in any array', () => {
    const numbers = NumericIdMapper.from(
      NumericIdMapper.buildSync([
        ...Array.from({ length: 100 }, (_, n) => [n, n * 2] as const),
        [2n ** 63n, 7],
      ]),
    );
    const expected = [2, undefined, 198];
    assert.deepEqual(numbers.getMany([1, 100, 99]), expected);
    assert.deepEqual(numbers.getMany(new Uint32Array([1, 100, 99])), expected);
    assert.deepEqual(numbers.getMany(new Float64Array([1, 100, 99])), expected);
    assert.deepEqual(numbers.getMany(new Int16Array([1, -1, 99])), expected);
    assert.deepEqual(numbers.getMany(new BigUint64Array([1n, 100n, 99n])), expected);
    assert.deepEqual(numbers.getMany(new BigInt64Array([1n, -1n, 99n])), expected);
    assert.deepEqual(numbers.getMany([1n, 2n ** 64n, 99n, 2n ** 63n]), [...expected, 7]);
    const odd = [0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', null, undefined] as number[];
    assert.deepEqual(
      numbers.getMany(odd),
      odd.map(() => undefined),
    );
  });

  it('of a closed container are an error', () => {
    const mapper = StringIdMapper.from(StringIdMapper.buildSync([['a', 1]]));
    assert.deepEqual(mapper.getMany(['a']), [1]);
    mapper.close();
    assert.throws(() => mapper.getMany(['a']), SharedBuffersError);
  });
});
