import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  float,
  Mapping,
  mappingOf,
  ObjectIdMapper,
  type ObjectKeyInput,
  open,
  Schema,
  Tuple,
  t,
  tuple,
} from 'sharedbuffers';
import { FindingList } from '#src/containers/findings.js';
import { idMapperGeneration } from '#src/containers/id-mapper-generation.js';
import { idMapperKinds } from '#src/containers/id-mapper-kinds.js';
import { verifyIdMapper } from '#src/containers/verify.js';
import { Region } from '#src/region.js';

/** One of each hashable type, no two equal. */
const keys: ObjectKeyInput[] = [
  null,
  true,
  0,
  -1,
  127,
  128,
  300,
  40_000,
  -40_000,
  2 ** 31,
  2 ** 40,
  -(2 ** 40),
  2n ** 63n,
  2n ** 64n - 1n,
  0.5,
  -0.5,
  1e300,
  5e-324,
  float(3),
  Number.POSITIVE_INFINITY,
  '',
  'text',
  'tëxt ✓',
  'x'.repeat(600),
  'y'.repeat(70_000),
  new Uint8Array(0),
  Buffer.from('text'),
  Buffer.from([0xff, 0xfe]),
  Buffer.alloc(70_000, 'z'),
  tuple(),
  tuple(1, 'a', null),
  tuple(tuple(1), tuple(Uint8Array.of(98), 2.5)),
  new Set(),
  new Set([1]),
  new Set([1, 2, 3]),
  new Set(['one', 'two', 'three']),
  tuple(new Set(['one', 'two']), 1),
];

function findingsOf(bytes: Uint8Array): string[] {
  const findings = new FindingList();
  const generation = idMapperGeneration(Region.fromBytes(bytes), idMapperKinds.ObjectIdMapper);
  for (const _ of verifyIdMapper(generation, findings));
  return findings.list.map(({ message }) => message);
}

describe('object id mappers', () => {
  const bytes = ObjectIdMapper.buildSync(keys.map((key, n) => [key, n] as const));

  it('find keys of every hashable type', () => {
    const mapper = ObjectIdMapper.from(bytes);
    assert.equal(mapper.size, keys.length);
    assert.equal(mapper.countKeys(), keys.length);
    for (const [n, key] of keys.entries()) {
      assert.equal(mapper.get(key), n);
      assert.ok(mapper.has(key));
    }
    assert.deepEqual(findingsOf(bytes), []);
  });

  it('find keys that equal what is stored, as Python has it', () => {
    const mapper = ObjectIdMapper.from(bytes);
    for (const same of [true, 1, 1n, float(1)]) assert.equal(mapper.get(same), keys.indexOf(true));
    for (const same of [false, 0, 0n, -0, float(0)]) assert.equal(mapper.get(same), keys.indexOf(0));
    assert.equal(mapper.get(3), mapper.get(float(3)));
    assert.notEqual(mapper.get('text'), mapper.get(Buffer.from('text')));
    assert.equal(mapper.get(tuple(true, 'a', null)), mapper.get(tuple(1, 'a', null)));
    assert.equal(mapper.get(new Set(['three', 'two', 'one'])), mapper.get(new Set(['one', 'two', 'three'])));
  });

  it('answer nothing to what they do not have, or cannot', () => {
    const mapper = ObjectIdMapper.from(bytes);
    const absent = [
      'Text',
      1.5,
      2n ** 64n,
      Number.NaN,
      tuple(1),
      new Set([9]),
      undefined,
      [1, 'a', null],
      {},
      new Map(),
      new Date(),
      Symbol('s'),
      tuple([1] as never),
      '\ud800',
    ];
    for (const key of absent as ObjectKeyInput[]) {
      assert.equal(mapper.get(key), undefined);
      assert.equal(mapper.has(key), false);
    }
  });

  it('answer the keys as they were stored', () => {
    const read = new Map([...ObjectIdMapper.from(bytes)].map(([key, n]) => [n, key]));
    for (const [n, key] of keys.entries()) {
      const expected = key === keys[18] ? 3 : key instanceof Uint8Array ? new Uint8Array(key) : key;
      assert.deepEqual(read.get(n), expected);
    }
    assert.ok(read.get(30) instanceof Tuple);
  });

  it('refuse what Python cannot hash', () => {
    const refused = [[1], {}, new Map(), new Date(0), undefined, Symbol('s'), tuple([1]), () => {}];
    for (const key of refused as unknown as ObjectKeyInput[]) {
      assert.throws(() => ObjectIdMapper.buildSync([[key, 1]]), {
        name: 'InvalidTypeError',
        message: /record 0/,
      });
    }
    assert.throws(() => ObjectIdMapper.buildSync([[2n ** 64n, 1]]), RangeError);
    assert.throws(() => ObjectIdMapper.buildSync([['\ud800', 1]]), TypeError);
  });

  it('see to equal keys by Python’s equality', () => {
    const entries = [
      [1, 10],
      ['a', 11],
      [true, 12],
      [Buffer.from('a'), 13],
      [float(1), 14],
      [null, 15],
      [null, 16],
    ] as const;
    assert.throws(() => ObjectIdMapper.buildSync(entries), {
      code: 'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
      message: /with the values 1[05] and 1[26]/,
    });
    const first = ObjectIdMapper.from(ObjectIdMapper.buildSync(entries, { duplicates: 'first' }));
    assert.equal(first.size, 4);
    assert.deepEqual(
      [first.get(1), first.get('a'), first.get(Buffer.from('a')), first.get(null)],
      [10, 11, 13, 15],
    );
    const last = ObjectIdMapper.from(ObjectIdMapper.buildSync(entries, { duplicates: 'last' }));
    assert.deepEqual(
      [last.get(1), last.get('a'), last.get(Buffer.from('a')), last.get(null)],
      [14, 11, 13, 16],
    );
    const all = ObjectIdMapper.from(ObjectIdMapper.buildSync(entries, { duplicates: 'keep' }));
    assert.equal(all.size, 7);
    assert.equal(all.countKeys(), 4);
    assert.equal(all.get(true), 10);
  });

  it('hold NaN, which equals nothing', () => {
    const mapper = ObjectIdMapper.from(
      ObjectIdMapper.buildSync([
        [Number.NaN, 1],
        [Number.NaN, 2],
        [tuple(Number.NaN), 3],
      ]),
    );
    assert.equal(mapper.size, 3);
    assert.equal(mapper.get(Number.NaN), undefined);
    assert.ok(Number.isNaN([...mapper.keys()].find((key) => typeof key === 'number')));
    assert.deepEqual(findingsOf(ObjectIdMapper.buildSync([[tuple(Number.NaN), 3]])), []);
  });

  it('are in mappings, and alone, as what they are', () => {
    const Thing = new Schema('Thing', { n: t.int32 });
    const Things = mappingOf(ObjectIdMapper, Thing);
    const built = Things.buildSync(keys.map((key, n) => [key, { n }] as const));
    const things = Things.from(built);
    for (const [n, key] of keys.entries()) assert.equal(things.get(key)?.n, n);
    assert.equal(things.get('absent'), undefined);
    assert.equal(
      things.idMapper.get(tuple()),
      keys.findIndex((key) => key instanceof Tuple),
    );
    const opened = open(built);
    assert.ok(opened instanceof Mapping);
    assert.deepEqual([...opened.keys()], [...things.keys()]);
    assert.ok(open(bytes) instanceof ObjectIdMapper);
  });

  it('survive damage', () => {
    const small = ObjectIdMapper.buildSync([
      ['a', 1],
      [tuple(1, 'b'), 2],
      [new Set(['x', 'y']), 3],
      [null, 4],
    ]);
    for (let offset = 0; offset < small.length; offset++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const damaged = small.slice();
        damaged[offset] = value;
        for (const read of [
          () => [...ObjectIdMapper.from(damaged)],
          () => ObjectIdMapper.from(damaged).get(tuple(1, 'b')),
          () => findingsOf(damaged),
        ]) {
          try {
            read();
          } catch (error) {
            assert.match(String((error as { code?: string }).code), /^ERR_SHAREDBUFFERS/, String(error));
          }
        }
      }
    }
  });
});
