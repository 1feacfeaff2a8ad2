import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  ApproxStringId32MultiMapper,
  ApproxStringIdMultiMapper,
  ClosedError,
  IdMapper,
  Mapping,
  MultiIdMapper,
  type MultiIdMapperClass,
  MultiMapping,
  mappingOf,
  multiMappingOf,
  NumericId32Mapper,
  NumericId32MultiMapper,
  NumericIdMapper,
  NumericIdMultiMapper,
  ObjectIdMapper,
  open,
  Schema,
  StringId32Mapper,
  StringId32MultiMapper,
  StringIdMapper,
  StringIdMultiMapper,
  t,
} from 'sharedbuffers';
import { native } from '#src/native/index.js';
import { collidingTexts } from './support/collisions.js';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-multi-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

const Word = new Schema('Word', { text: t.text, n: t.uint32 });

const mappers = {
  NumericIdMultiMapper: { idMapper: NumericIdMultiMapper, key: (n: number) => n * 1_000_003 },
  NumericId32MultiMapper: { idMapper: NumericId32MultiMapper, key: (n: number) => n * 4001 },
  StringIdMultiMapper: { idMapper: StringIdMultiMapper, key: (n: number) => `clé ${n}` },
  StringId32MultiMapper: { idMapper: StringId32MultiMapper, key: (n: number) => `clé ${n}` },
  ApproxStringIdMultiMapper: { idMapper: ApproxStringIdMultiMapper, key: (n: number) => `clé ${n}` },
  ApproxStringId32MultiMapper: { idMapper: ApproxStringId32MultiMapper, key: (n: number) => `clé ${n}` },
};

/** Key 0 has no value, key 1 one, key 2 two, and so on; the last one has more than one search finds at once. */
const valueCounts = [0, 1, 2, 3, 4, 127, 128, 129, 1000];

for (const [name, { idMapper: anyMapper, key }] of Object.entries(mappers)) {
  // They have types of their own; what they share is tested here.
  const idMapper = anyMapper as MultiIdMapperClass<string, string>;
  const keyOf = key as (n: number) => never;
  const isApprox = idMapper.kind.keys === 'approx';
  let next = 0;
  const pairs = valueCounts.flatMap((count, n) =>
    Array.from({ length: count }, () => [keyOf(n), next++] as [never, number]),
  );
  const valuesOf = (n: number) => pairs.filter(([other]) => other === keyOf(n)).map(([, value]) => value);

  describe(name, () => {
    it('finds all values of a key, in order', async () => {
      // Not as they lie in the table.
      const report = await idMapper.build(pairs, file(name));
      assert.equal(report.values, pairs.length);
      using mapper = idMapper.open(file(name));
      assert.ok(mapper instanceof MultiIdMapper && !(mapper instanceof IdMapper));
      assert.equal(mapper.size, pairs.length);
      assert.equal(mapper.countKeys(), valueCounts.length - 1);
      for (const [n, count] of valueCounts.entries()) {
        const values = valuesOf(n);
        assert.equal(values.length, count);
        assert.deepEqual(mapper.get(keyOf(n)), values);
        assert.equal(mapper.getFirst(keyOf(n)), values[0]);
        assert.deepEqual([...mapper.getIter(keyOf(n))], values);
        assert.equal(mapper.count(keyOf(n)), count);
        assert.equal(mapper.has(keyOf(n)), count > 0);
      }
      assert.deepEqual([...mapper.values()].sort(), pairs.map(([, value]) => value).sort());
      assert.equal([...mapper].length, mapper.size);
    });

    it('answers nothing to what cannot be a key', () => {
      using mapper = idMapper.open(file(name));
      const wrong = [null, undefined, {}, [], Symbol('s'), true, -1, 1.5, -1n, 2n ** 65n, '\ud800', 'absent'];
      for (const key of wrong as never[]) {
        assert.deepEqual(mapper.get(key), []);
        assert.equal(mapper.getFirst(key), undefined);
        assert.deepEqual([...mapper.getIter(key)], []);
        assert.equal(mapper.count(key), 0);
        assert.equal(mapper.has(key), false);
      }
    });

    it('lets others search while values are asked for one by one', () => {
      using mapper = idMapper.open(file(name));
      const last = valueCounts.length - 1;
      const values: unknown[] = [];
      for (const value of mapper.getIter(keyOf(last))) {
        values.push(value);
        mapper.get(keyOf(3));
      }
      assert.deepEqual(values, valuesOf(last));
    });

    it('can be empty', () => {
      const mapper = idMapper.from(idMapper.buildSync([]));
      assert.deepEqual([mapper.size, mapper.countKeys(), mapper.get(keyOf(1))], [0, 0, []]);
      assert.deepEqual([...mapper], []);
    });

    it('is opened as what it is', () => {
      const opened = open(file(name));
      assert.ok(opened instanceof MultiIdMapper);
      assert.equal(opened.table.kind.name, name);
      assert.equal(opened.count(keyOf(4)), 4);
      opened.close();
      assert.throws(() => opened.get(keyOf(4)), ClosedError);
    });

    it('keeps what the policies say', () => {
      const entries = [
        [keyOf(1), 5],
        [keyOf(1), 3],
        [keyOf(2), 4],
        [keyOf(1), 5],
      ] as [never, number][];
      const sorted = idMapper.kind.keys !== 'string';
      const get = (options: object) => idMapper.from(idMapper.buildSync(entries, options)).get(keyOf(1));
      assert.deepEqual(get({}), sorted ? [3, 5, 5] : [5, 3, 5]);
      assert.deepEqual(get({ duplicates: 'first' }), [5]);
      assert.deepEqual(get({ duplicates: 'last' }), [5]);
      assert.deepEqual(get({ dropEqualPairs: true }), [3, 5]);
      assert.throws(() => get({ duplicates: 'error' }), { code: 'ERR_SHAREDBUFFERS_DUPLICATE_KEY' });
    });

    const Words = multiMappingOf(idMapper, Word);

    it('makes multi-mappings', async () => {
      class Dictionary extends Words {
        texts(n: number) {
          return this.get(keyOf(n)).map((word) => word.text);
        }
      }
      const records = pairs.map(([k, n]) => [k, { text: `word ${n}`, n }] as const);
      await Dictionary.build(records, file(`${name}.map`));
      using words = Dictionary.open(file(`${name}.map`));
      assert.ok(words instanceof MultiMapping);
      assert.equal(words.size, pairs.length);
      for (const n of valueCounts.keys()) {
        const expected = valuesOf(n).map((value) => `word ${value}`);
        assert.deepEqual(words.texts(n), expected);
        assert.equal(words.getFirst(keyOf(n))?.text, expected[0]);
        assert.deepEqual(
          Array.from(words.getIter(keyOf(n)), ({ text }) => text),
          expected,
        );
        assert.equal(words.count(keyOf(n)), expected.length);
        assert.equal(words.has(keyOf(n)), expected.length > 0);
      }
      assert.deepEqual(words.get(keyOf(77)), []);
      assert.equal(words.countKeys(), valueCounts.length - 1);
      assert.deepEqual(words.idMapper.get(keyOf(2)), valuesOf(2));
      assert.equal(words.records.length, pairs.length);
      for (const [k, word] of words) {
        if (!isApprox) assert.ok(valuesOf(valueCounts.findIndex((_, n) => keyOf(n) === k)).includes(word.n));
      }
      const opened = open(file(`${name}.map`));
      assert.ok(opened instanceof MultiMapping);
      assert.equal(opened.table.kind.name, name);
      opened.close();
    });
  });
}

describe('simple and multi forms', () => {
  const forms = [
    [NumericIdMapper, NumericIdMultiMapper, 5],
    [NumericId32Mapper, NumericId32MultiMapper, 5],
    [StringIdMapper, StringIdMultiMapper, 'five'],
    [StringId32Mapper, StringId32MultiMapper, 'five'],
  ] as const;

  for (const [anySimple, anyMulti, anyKey] of forms) {
    const simple = anySimple as typeof StringIdMapper;
    const multi = anyMulti as typeof StringIdMultiMapper;
    const key = anyKey as never;

    it(`${simple.kind.name} and ${multi.kind.name} open each other's files`, () => {
      const one = simple.buildSync([[key, 7]]);
      assert.deepEqual(multi.from(one).get(key), [7]);
      const two = multi.buildSync([
        [key, 7],
        [key, 8],
      ]);
      assert.equal(simple.from(two).get(key), 7);
      assert.ok(open(two) instanceof MultiIdMapper);
      const Simple = mappingOf(simple, Word);
      const Multi = multiMappingOf(multi, Word);
      const records = [
        [key, { text: 'a', n: 1 }],
        [key, { text: 'b', n: 2 }],
      ] as [never, { text: string; n: number }][];
      assert.equal(Simple.from(Multi.buildSync(records)).get(key)?.text, 'a');
      const found = Multi.from(Simple.buildSync(records.slice(1))).get(key);
      assert.deepEqual(
        found.map(({ text }) => text),
        ['b'],
      );
    });

    it(`multiMappingOf takes ${simple.kind.name} for ${multi.kind.name}`, () => {
      const Words = multiMappingOf(simple, Word);
      const bytes = Words.buildSync([[key, { text: 'a', n: 1 }]]);
      assert.ok(open(bytes) instanceof MultiMapping);
      assert.equal(Words.from(bytes).idMapper.table.kind.name, multi.kind.name);
      assert.ok(mappingOf(simple).from(bytes) instanceof Mapping);
    });

    it(`mappingOf says what to do with ${multi.kind.name}`, () => {
      assert.throws(() => mappingOf(multi as never, Word), {
        name: 'InvalidTypeError',
        message: new RegExp(`multiMappingOf\\(${multi.kind.name}`),
      });
    });
  }

  it('there is none of object keys', () => {
    assert.throws(() => multiMappingOf(ObjectIdMapper, Word), { message: /ObjectIdMapper/ });
  });

  it('refuse other kinds', () => {
    const bytes = StringIdMultiMapper.buildSync([['a', 1]]);
    assert.throws(() => NumericIdMultiMapper.from(bytes), { code: 'ERR_SHAREDBUFFERS_WRONG_KIND' });
    assert.throws(() => ApproxStringIdMultiMapper.from(NumericIdMultiMapper.buildSync([])), {
      code: 'ERR_SHAREDBUFFERS_WRONG_KIND',
    });
  });
});

describe('keys with the same hash', () => {
  const colliding = collidingTexts(2);
  const entries = colliding.flatMap(([a, b], index) =>
    [a, b, a, b, b, a].map((key, n) => [key, index * 10 + n] as const),
  );

  it('keep their values apart, and in order', () => {
    const mapper = StringId32MultiMapper.from(StringId32MultiMapper.buildSync(entries));
    for (const [index, [a, b]] of colliding.entries()) {
      assert.deepEqual(
        mapper.get(a),
        [0, 2, 5].map((n) => index * 10 + n),
      );
      assert.deepEqual(
        [...mapper.getIter(b)],
        [1, 3, 4].map((n) => index * 10 + n),
      );
      assert.equal(mapper.getFirst(b), index * 10 + 1);
      assert.equal(mapper.count(b), 3);
    }
    assert.equal(mapper.countKeys(), 4);
  });

  it('are one to approximate id mappers', () => {
    const mapper = ApproxStringId32MultiMapper.from(ApproxStringId32MultiMapper.buildSync(entries));
    for (const [index, [a, b]] of colliding.entries()) {
      const all = [0, 1, 2, 3, 4, 5].map((n) => index * 10 + n);
      assert.deepEqual(mapper.get(a), all);
      assert.deepEqual(mapper.get(b), all);
    }
    assert.equal(mapper.countKeys(), 2);
  });
});

describe('approximate id mappers', () => {
  it('take bigints as ready hashes, and have hashes for keys', () => {
    for (const [idMapper, hash] of [
      [ApproxStringIdMultiMapper, native.hash64(Buffer.from('key'))],
      [ApproxStringId32MultiMapper, BigInt(native.hash32(Buffer.from('key')))],
    ] as const) {
      const bytes = idMapper.buildSync([
        ['key', 2],
        [hash, 1],
        [Buffer.from('key'), 3],
        [5n, 4],
      ]);
      const mapper = idMapper.from(bytes);
      for (const key of ['key', Buffer.from('key'), hash]) assert.deepEqual(mapper.get(key), [1, 2, 3]);
      assert.deepEqual([...mapper.keys()], [5n, hash, hash, hash]);
      assert.deepEqual(mapper.get(5n), [4]);
      assert.equal(mapper.countKeys(), 2);
      assert.throws(() => [...mapper.keysAsBytes()], TypeError);
      assert.throws(() => idMapper.buildSync([['\ud800', 1]]), TypeError);
      assert.throws(() => idMapper.buildSync([[2n ** 64n, 1]]), RangeError);
    }
  });

  it('answer more than they should as rarely as is said', () => {
    const count = 20_000;
    const entries = Array.from({ length: count }, (_, n) => [`key ${n}`, n] as const);
    const mapper = ApproxStringIdMultiMapper.from(ApproxStringIdMultiMapper.buildSync(entries));
    for (const [key, n] of entries) assert.deepEqual(mapper.get(key), [n]);
    for (let n = 0; n < count; n++) assert.equal(mapper.has(`other ${n}`), false);
  });
});

describe('columns', () => {
  it('of numeric and approximate tables are keys and values', () => {
    const wide = NumericIdMultiMapper.from(
      NumericIdMultiMapper.buildSync([
        [2n ** 64n - 1n, 1],
        [5, 2n ** 63n],
      ]),
    );
    assert.deepEqual(wide.keyColumn(), BigUint64Array.of(5n, 2n ** 64n - 1n));
    assert.deepEqual(wide.valueColumn(), BigUint64Array.of(2n ** 63n, 1n));
    const narrow = NumericId32Mapper.from(
      NumericId32Mapper.buildSync([
        [9, 1],
        [5, 2],
      ]),
    );
    assert.deepEqual(narrow.keyColumn(), Uint32Array.of(5, 9));
    assert.deepEqual(narrow.valueColumn(), Uint32Array.of(2, 1));
    const approximate = ApproxStringId32MultiMapper.from(ApproxStringId32MultiMapper.buildSync([['a', 1]]));
    assert.deepEqual(approximate.keyColumn(), Uint32Array.of(native.hash32(Buffer.from('a'))));
    assert.deepEqual(approximate.hashColumn(), approximate.keyColumn());
    assert.throws(() => wide.hashColumn(), { name: 'InvalidTypeError', message: /keyColumn/ });
  });

  it('of string and object tables are hashes and values', () => {
    for (const idMapper of [StringIdMapper, ObjectIdMapper] as (typeof StringIdMapper)[]) {
      const keys = Array.from({ length: 1000 }, (_, n) => `key ${n}`);
      const mapper = idMapper.from(idMapper.buildSync(keys.map((key, n) => [key, n] as const)));
      const hashes = [...mapper.keys()].map((key) => native.hash64(Buffer.from(key)));
      assert.deepEqual([...mapper.hashColumn()], hashes);
      assert.deepEqual([...mapper.valueColumn()].map(Number), [...mapper.values()]);
      assert.throws(() => mapper.keyColumn(), { name: 'InvalidTypeError', message: /hashColumn/ });
    }
  });

  it('can be empty', () => {
    assert.deepEqual(NumericIdMapper.from(NumericIdMapper.buildSync([])).keyColumn(), new BigUint64Array(0));
  });
});

describe('multi keys as bigints', () => {
  it('are read by NumericIdMultiMapper.bigint', () => {
    const bytes = NumericIdMultiMapper.buildSync([[2n ** 60n, 1]]);
    assert.throws(() => [...NumericIdMultiMapper.from(bytes).keys()], {
      message: /NumericIdMultiMapper\.bigint/,
    });
    assert.deepEqual([...NumericIdMultiMapper.bigint.from(bytes).keys()], [2n ** 60n]);
    const Words = multiMappingOf(NumericIdMapper.bigint, Word);
    assert.deepEqual([...Words.from(Words.buildSync([[1n, { text: 'a', n: 1 }]])).keys()], [1n]);
  });
});
