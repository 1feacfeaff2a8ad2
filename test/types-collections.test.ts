import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CorruptDataError,
  float,
  InvalidTypeError,
  OutOfRangeError,
  SharedBuffersError,
  TooLargeError,
  Tuple,
  tuple as tupleOf,
} from 'sharedbuffers';
import { Packer } from '#src/building/packer.js';
import { canonicalTagged } from '#src/exact/canonical.js';
import type { Tagged } from '#src/exact/tagged.js';
import { DictView } from '#src/proxies/views/dict-view.js';
import { ListView, TupleView } from '#src/proxies/views/list-view.js';
import { SetView } from '#src/proxies/views/set-view.js';
import { dict, dictView } from '#src/types/dicts.js';
import type { MemberRead, MemberWrite } from '#src/types/member-types.js';
import { bool, float32, float64, int, int64, uint8, uint32 } from '#src/types/numbers.js';
import { list, listView, tuple, tupleView } from '#src/types/sequences.js';
import { set, setView } from '#src/types/sets.js';
import { OptionalSlot, type PointerType } from '#src/types/slot-type.js';
import { bytes, text } from '#src/types/text.js';
import { again, exact, findings, fromHex, pack, read } from './support/collections.js';
import { fixtureBytes, fixtureJson } from './support/fixtures.js';
import { randomNumbers } from './support/random.js';
import { assertSurvivesDamage } from './support/values.js';

// biome-ignore lint/suspicious/noExplicitAny: types of all kinds of values in one table
type AnyPointer = PointerType<any, any>;

const types: Record<string, AnyPointer> = {
  mapped_list: list(),
  mapped_tuple: tuple(),
  mapped_frozenset: set(),
  mapped_dict: dict(),
  proxied_list: listView(),
  proxied_tuple: tupleView(),
  proxied_frozenset: setView(),
  proxied_dict: dictView(),
};

/** The code of the items of a sequence. */
const codeOf = ({ bytes, position }: { bytes: Uint8Array; position: number }) =>
  String.fromCharCode(bytes[position] as number);

const { fixtures } = fixtureJson<{
  fixtures: { name: string; file: string; kind: string; classes: { type?: string }; expected: Tagged }[];
}>('manifest.json');
const values = fixtures.filter(
  ({ kind, classes }) => kind === 'packed-value' && (classes.type ?? '') in types,
);

describe('collections that Python wrote', () => {
  assert.ok(values.length >= 12);
  for (const { name, file, classes, expected } of values) {
    it(`reads and rebuilds ${name}`, () => {
      const type = types[classes.type ?? ''] as AnyPointer;
      const given = { bytes: new Uint8Array(fixtureBytes(file)), position: 0 };
      assert.equal(canonicalTagged(exact(type, given)), canonicalTagged(expected));
      assert.deepEqual(findings(type, given), []);
      const rebuilt = pack(type, type.fromExact(expected));
      assert.equal(canonicalTagged(exact(type, rebuilt)), canonicalTagged(expected));
      assert.deepEqual(findings(type, rebuilt), []);
      const repacked = pack(type, read(type, given));
      assert.equal(canonicalTagged(exact(type, repacked)), canonicalTagged(expected));
    });
  }

  it('survives damage of every byte', () => {
    for (const { file, classes } of values) {
      const bytes = new Uint8Array(fixtureBytes(file));
      if (bytes.length <= 400) assertSurvivesDamage(types[classes.type ?? ''] as AnyPointer, bytes);
    }
  });
});

describe('lists and tuples', () => {
  it('stores integers in the width that Python takes', () => {
    const widths: [values: (number | bigint)[], code: string][] = [
      [[], 'B'],
      [[0, 255], 'B'],
      [[-128, 127], 'b'],
      [[-1, 128], 'h'],
      [[256], 'H'],
      [[65536], 'i'],
      [[2 ** 31 - 1, -1], 'i'],
      [[2 ** 31], 'I'],
      [[2 ** 32 - 1], 'I'],
      [[2 ** 32], 'q'],
      [[-1, 2 ** 31], 'q'],
      [[2n ** 63n - 1n], 'q'],
      [[0, 2n ** 63n], 'Q'],
      [[-1, 2n ** 63n], 'T'],
    ];
    for (const [items, code] of widths) {
      const packed = pack(list(), items);
      assert.equal(codeOf(packed), code, items.join());
      assert.deepEqual(read(list(), packed), items);
      assert.deepEqual([...read(listView(), packed)], items);
      assert.deepEqual(findings(list(), packed), []);
    }
    assert.equal(Buffer.from(pack(tuple(), [1, 3, 7, 20]).bytes).toString('hex'), '4204000001030714');
  });

  it('tells integers from floats', () => {
    const forms: [items: unknown[], code: string, exact: Tagged][] = [
      [[1, 2.5], 'd', [{ $float: '1.0' }, 2.5]],
      [[float(1)], 'd', [{ $float: '1.0' }]],
      [[1, float(2)], 'T', [1, { $float: '2.0' }]],
      [[1, -0], 'd', [{ $float: '1.0' }, { $float: '-0.0' }]],
      [[1, true], 'T', [1, true]],
      [[1n, 2.5], 'T', [1, 2.5]],
      [[2 ** 53], 'd', [{ $float: '9007199254740992.0' }]],
      [[Number.NaN, Number.NEGATIVE_INFINITY], 'd', [{ $float: 'nan' }, { $float: '-inf' }]],
      [[0, float(-0), float(0), false], 'T', [0, { $float: '-0.0' }, { $float: '0.0' }, false]],
    ];
    for (const [items, code, expected] of forms) {
      const packed = pack(list(), items);
      assert.equal(codeOf(packed), code);
      assert.deepEqual(exact(list(), packed), expected);
      assert.deepEqual(exact(list(), pack(list(), list().fromExact(expected))), expected);
    }
  });

  it('keeps the width of typed arrays', () => {
    const arrays = [
      Int8Array.of(-1),
      Uint8Array.of(255),
      Uint8ClampedArray.of(1),
      Int16Array.of(1),
      Uint16Array.of(1),
      Int32Array.of(1),
      Uint32Array.of(1),
      Float32Array.of(1.5),
      Float64Array.of(1),
      BigInt64Array.of(-1n),
      BigUint64Array.of(1n),
    ];
    for (const [index, array] of arrays.entries()) {
      const packed = pack(list(), array);
      assert.equal(codeOf(packed), 'bBBhHiIfdqQ'[index]);
      const typed = read(listView(), packed).toTypedArray();
      assert.equal(typed.length, 1);
      assert.equal(typed[0], array[0]);
    }
    assert.ok(again(listView(), Float32Array.of(1)).toTypedArray() instanceof Float32Array);
    const part = new Uint16Array([1, 2, 3, 4]).subarray(1, 3);
    assert.deepEqual(again(list(), part), [2, 3]);
  });

  it('reads all stored forms', () => {
    const forms: [bytes: string, items: unknown[]][] = [
      ['42 020000 01ff', [1, 255]],
      ['62 020000 01ff', [1, -1]],
      ['48 010000 ffff', [65535]],
      ['68 010000 ffff', [-1]],
      ['69 010000 ffffffff', [-1]],
      ['49 010000 ffffffff', [4294967295]],
      ['71 01000000000000 ffffffffffffffff', [-1]],
      ['51 01000000000000 ffffffffffffffff', [2n ** 64n - 1n]],
      ['64 01000000000000 000000000000f83f', [1.5]],
      ['66 01000000000000 0000c03f', [1.5]],
      ['54 02000000000000 01000000 10000000 6205', [null, 5]],
      ['74 01000000000000 1000000000000000 5401', [true]],
      ['42 ffffff 0300000000000000 010203', [1, 2, 3]],
    ];
    for (const [digits, items] of forms) {
      const packed = { bytes: fromHex(digits), position: 0 };
      assert.deepEqual(read(list(), packed), items);
      assert.deepEqual([...read(tuple(), packed)], items);
      assert.deepEqual([...read(listView(), packed)], items);
    }
  });

  it('checks members when packing, and says which', () => {
    assert.throws(() => pack(list(text), ['a', 1 as never]), /item 1: expected a string \(text\), found 1/);
    assert.throws(
      () => pack(list(uint8), [1, 256]),
      (error: Error) => {
        return error instanceof OutOfRangeError && /item 1: .*from 0 to 255/.test(error.message);
      },
    );
    assert.throws(() => pack(list(uint8), [1.5]), OutOfRangeError);
    assert.throws(() => pack(list(uint8), [null as never]), InvalidTypeError);
    assert.throws(() => pack(list(float32), [1e39]), OutOfRangeError);
    assert.throws(() => pack(list(bool), [1 as never]), InvalidTypeError);
    assert.throws(
      () => pack(list(list(text)), [['a'], ['b', 1 as never]]),
      /item 1: item 1: expected a string/,
    );
    assert.throws(() => pack(tuple(text, uint8), ['a'] as never), /expected 2 items/);
    assert.throws(() => pack(tuple(text, uint8), ['a', 'b'] as never), /item 1: expected an integer/);
    assert.throws(() => pack(list(), 'abc' as never), /expected an array \(list\)/);
    assert.throws(() => pack(list(), [undefined]), /item 0/);
    assert.throws(() => pack(list(), [() => 1]), /item 0/);
    assert.throws(() => pack(list(uint8), Int8Array.of(-1)), OutOfRangeError);
    assert.throws(() => pack(list(uint8), Float64Array.of(1)), InvalidTypeError);
    assert.throws(() => list(1 as never), InvalidTypeError);
  });

  it('reads members as their type says', () => {
    assert.deepEqual(again(list(int64), [1, 2n]), [1n, 2n]);
    assert.deepEqual(again(list(int), [1, 2]), [1, 2]);
    assert.throws(() => again(list(int), [2n ** 60n]), /t\.int64/);
    assert.deepEqual(again(list(float64), [1, 2]), [1, 2]);
    assert.equal(codeOf(pack(list(float64), [1, 2])), 'd');
    assert.equal(codeOf(pack(list(float32), [1, 2])), 'f');
    assert.deepEqual(again(list(new OptionalSlot(int64)), [1, null]), [1n, null]);
    assert.deepEqual(again(list(new OptionalSlot(float64)), [1, null]), [1, null]);
    assert.deepEqual(again(list(text), ['a', 'é']), ['a', 'é']);
    assert.deepEqual(again(list(bytes), [new Uint8Array([1])]), [new Uint8Array([1])]);
    const pair = again(tuple(float64, float64), [1, 2]);
    assert.ok(pair instanceof Tuple);
    assert.deepEqual([...pair], [1, 2]);
    assert.equal(codeOf(pack(tuple(float64, float64), [1, 2])), 'd');
    assert.deepEqual([...again(tuple(text, int64), ['a', 1])], ['a', 1n]);
    assert.deepEqual([...again(tuple(uint8, int64), [1, 1])], [1, 1n]);
    const nested = again(list(listView(text)), [['a'], ['b', 'c']]);
    assert.ok(nested[1] instanceof ListView);
    assert.deepEqual(nested[1].toArray(), ['b', 'c']);
  });

  it('stores equal values and the same objects once, and conflates nothing', () => {
    const inner = ['x', 'y'];
    assert.ok(pack(list(), [inner, inner]).bytes.length < pack(list(), [inner, [...inner]]).bytes.length);
    const packed = pack(list(), ['word', 'word', 300, 300, 300n, true, 1]);
    assert.deepEqual(read(list(), packed), ['word', 'word', 300, 300, 300, true, 1]);
    assert.deepEqual(exact(list(), pack(list(), ['a', Buffer.from('a')])), ['a', { $bytes: 'YQ==' }]);
    const packer = new Packer();
    const shared = [1, 2];
    const first = list().write(packer, shared);
    assert.equal(list().write(packer, shared), first);
    assert.notEqual(tuple().write(packer, shared), first);
  });

  it('refuses what holds itself, and what is too deep', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle, cycle);
    assert.throws(() => pack(list(), cycle), TooLargeError);
    let deep: unknown[] = [];
    for (let depth = 0; depth < 255; depth++) deep = [deep];
    assert.deepEqual(again(list(), deep), deep);
    assert.throws(() => pack(list(), [[deep]]), TooLargeError);
    assert.throws(() => read(list(), pack(list(), deep), { maxDepth: 100 }), TooLargeError);
  });

  it('bounds what a small file can make of itself', () => {
    // each list holds the one before it eight times: 8^40 values
    let bomb: unknown[] = [null];
    for (let depth = 0; depth < 40; depth++) bomb = Array(8).fill(bomb);
    const packed = pack(list(), bomb);
    assert.ok(packed.bytes.length < 4096);
    assert.throws(() => read(list(), packed, { maxValues: 100_000 }), TooLargeError);
    assert.throws(() => read(list(), { bytes: fromHex('42 ffff00 01'), position: 0 }), CorruptDataError);
    assert.throws(() => read(list(), { bytes: fromHex('71 ffffffffffffff'), position: 0 }), CorruptDataError);
    assert.throws(
      () => read(list(), { bytes: fromHex('42 ffffff ffffffffffffffff'), position: 0 }),
      CorruptDataError,
    );
    // a list of type `e` that points to itself
    const cyclic = { bytes: fromHex('65 00000000000000 54 01000000000000 f8ffffff'), position: 8 };
    assert.throws(() => read(list(), cyclic), TooLargeError);
    assert.throws(() => exact(list(), cyclic), TooLargeError);
    assert.deepEqual(findings(list(), cyclic), []);
    assert.throws(
      () => read(list(), pack(list(), ['x'.repeat(100_000)]), { maxValues: 1000 }),
      TooLargeError,
    );
  });

  it('lies anywhere, at any distance', () => {
    const packer = new Packer();
    const word = 'a word that is shared';
    list().write(packer, [word]);
    packer.discardTaken();
    packer.base += 2 ** 32;
    list().write(packer, [word, 1.5]);
    assert.ok(packer.bytes.subarray(0, packer.length).includes('t'.charCodeAt(0)));
  });
});

describe('list views', () => {
  const view = again(listView(), ['a', 1, tupleOf(1, 'b'), null, new Uint8Array([7])]);

  it('is a read-only sequence', () => {
    assert.ok(view instanceof ListView);
    assert.equal(view.length, 5);
    assert.equal(view.at(0), 'a');
    assert.equal(view.at(-2), null);
    assert.equal(view.at(5), undefined);
    assert.equal(view.at(-6), undefined);
    assert.deepEqual([...view].slice(0, 2), ['a', 1]);
    assert.equal(view.includes(tupleOf(1n, 'b')), true);
    assert.equal(view.includes([1, 'b']), false);
    assert.equal(view.indexOf(Buffer.from([7])), 4);
    assert.equal(view.indexOf('z'), -1);
    assert.deepEqual(view.slice(1, -3).toArray(), [1]);
    assert.deepEqual(view.slice(-2, 100).slice(1).length, 1);
    assert.throws(() => view.toTypedArray(), OutOfRangeError);
    assert.equal(JSON.stringify(again(listView(), [1, 2.5])), '[1,2.5]');
    const numbers = again(listView(uint32), [10, 20, 30, 40]).slice(1, 3);
    assert.deepEqual(numbers.toTypedArray(), Uint8Array.of(20, 30));
    assert.equal(again(listView(), ['a']).includes(Number.NaN), false);
    assert.equal(again(listView(), [1.5, Number.NaN]).includes(Number.NaN), true);
  });

  it('equals lists with equal items', () => {
    assert.equal(again(listView(), [1, [2]]).equals([1, [2]]), true);
    assert.equal(again(listView(), [1, [2]]).equals([1, tupleOf(2)]), false);
    assert.equal(again(tupleView(), [1, 2]).equals(tupleOf(1, 2)), true);
    assert.equal(again(tupleView(), [1, 2]).equals([1, 2]), false);
    assert.ok(again(tupleView(), [1]) instanceof TupleView);
    assert.ok(again(tupleView(), [1]).toArray() instanceof Tuple);
  });

  it('can be packed again', () => {
    assert.deepEqual(again(list(), again(listView(), ['a', 2])), ['a', 2]);
    assert.deepEqual(again(listView(), view.slice(0, 2)).toArray(), ['a', 1]);
  });
});

describe('sets', () => {
  it('stores bitmaps, sorted numbers, and the rest by hash', () => {
    const forms: [members: unknown[], code: string][] = [
      [[], 'm'],
      [[0, 55], 'm'],
      [[56], 'M'],
      [[119, 3], 'M'],
      [[120], 'B'],
      [[-1], 'b'],
      [[300, 5], 'H'],
      [[1.5, -2.25, Number.NaN], 'd'],
      [['b', 'a', null, tupleOf(1, 'x')], 'T'],
      [[true, false], 'T'],
    ];
    for (const [members, code] of forms) {
      const packed = pack(set(), new Set(members));
      assert.equal(codeOf(packed), code, members.join());
      const copy = read(set(), packed);
      assert.equal(copy.size, members.length);
      assert.deepEqual(findings(set(), packed), []);
      const view = read(setView(), packed);
      assert.equal(view.size, members.length);
      for (const member of members) assert.equal(view.has(member), !Number.isNaN(member), String(member));
      assert.equal(view.has('absent'), false);
      assert.equal(view.has(77), false);
      assert.equal(view.has({}), false);
      assert.equal(view.has(undefined), false);
    }
    assert.deepEqual([...again(set(), new Set([9, 3]))], [3, 9]);
  });

  it('finds by value', () => {
    const view = again(setView(), new Set<unknown>(['a', Buffer.from('b'), 1.5, tupleOf('x', 1)]));
    assert.equal(view.has(new Uint8Array([98])), true);
    assert.equal(view.has('b'), false);
    assert.equal(view.has(tupleOf('x', true)), true);
    const small = again(setView(), new Set([1, 60]));
    assert.deepEqual(
      [small.has(1n), small.has(true), small.has(60.5), small.has('1')],
      [true, true, false, false],
    );
    const nested = again(setView(), new Set([new Set(['a', 'b']), new Set(['c'])]));
    assert.equal(nested.has(new Set(['b', 'a'])), true);
    assert.equal(nested.has(new Set(['b'])), false);
    const large = again(setView(), new Set(Array.from({ length: 1000 }, (_, index) => `k${index}`)));
    for (let index = 0; index < 1000; index++) assert.equal(large.has(`k${index}`), true);
    assert.equal(large.has('k1000'), false);
    const wide = again(setView(int64), new Set([5n, 2n ** 62n]));
    assert.deepEqual([...wide], [5n, 2n ** 62n]);
    assert.equal(wide.has(2n ** 62n), true);
  });

  it('refuses members that are one, and what cannot be a member', () => {
    for (const members of [
      [1, true],
      [1, 1n],
      [float(2.5), 2.5],
      [tupleOf(1), tupleOf(true)],
    ]) {
      assert.throws(
        () => pack(set(), new Set<unknown>(members)),
        (error: SharedBuffersError) => error.code === 'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
      );
    }
    assert.throws(() => pack(set(), new Set([[1]])), InvalidTypeError);
    assert.throws(() => pack(set(), [1] as never), /expected a Set/);
    assert.deepEqual(again(set(tuple(text)), new Set([['a'] as const])), new Set([tupleOf('a')]));
  });

  it('takes typed arrays, sorted and each number once', () => {
    assert.deepEqual([...again(set(), Uint16Array.of(300, 5, 300))], [5, 300]);
    const given = Buffer.from([9, 200, 1]);
    assert.deepEqual([...again(set(), given)], [1, 9, 200]);
    assert.deepEqual([...given], [9, 200, 1]);
    assert.equal(codeOf(pack(set(), Int32Array.of(5, 1))), 'm');
    assert.equal(codeOf(pack(set(), Int32Array.of(5, 500))), 'i');
  });

  it('has the operations of sets', () => {
    const view = again(setView(), new Set([1, 2, 3]));
    const other = new Set([3, 4]);
    assert.ok(view instanceof SetView);
    assert.deepEqual(view.union(other), new Set([1, 2, 3, 4]));
    assert.deepEqual(view.intersection(other), new Set([3]));
    assert.deepEqual(view.difference(other), new Set([1, 2]));
    assert.deepEqual(view.symmetricDifference(other), new Set([1, 2, 4]));
    assert.equal(view.isSubsetOf(new Set([1, 2, 3, 4])), true);
    assert.equal(view.isSubsetOf(other), false);
    assert.equal(view.isSupersetOf(new Set([1])), true);
    assert.equal(view.isDisjointFrom(new Set([9])), true);
    assert.equal(view.equals(new Set([3, 2, 1])), true);
    assert.equal(view.union(view).size, 3);
    assert.equal(JSON.stringify(view), '[1,2,3]');
  });

  it('reports members that are out of order', () => {
    const numbers = { bytes: fromHex('42 030000 020103'), position: 0 };
    assert.match(findings(set(), numbers).join(), /out of order/);
    const packed = pack(set(), new Set(['a', 'b', 'c']));
    const view = new DataView(packed.bytes.buffer);
    const at = packed.position + 8;
    const first = view.getInt32(at, true);
    view.setInt32(at, view.getInt32(at + 8, true), true);
    view.setInt32(at + 8, first, true);
    assert.match(findings(set(), packed).join(), /out of order/);
  });
});

describe('dicts', () => {
  const entries: [unknown, unknown][] = [
    ['a', 1],
    [Buffer.from('a'), 2],
    [1, 'one'],
    [null, 'none'],
    [0, 'zero'],
    [1.5, [1, 2]],
    [tupleOf('x', tupleOf(2)), new Map([['deep', 'value']])],
    [-1, null],
    [2n ** 64n - 1n, 'same hash as -1'],
  ];

  it('reads what it packed', () => {
    const packed = pack(dict(), new Map(entries));
    const copy = read(dict(), packed);
    assert.equal(copy.size, entries.length);
    assert.equal(copy.get('a'), 1);
    assert.deepEqual(findings(dict(), packed), []);
    const view = read(dictView(), packed);
    assert.ok(view instanceof DictView);
    for (const [key, value] of entries) {
      assert.equal(view.has(key), true);
      assert.deepEqual(view.get(key), value);
    }
    assert.equal(view.get(true), 'one');
    assert.equal(view.get(1n), 'one');
    assert.equal(view.get('b'), undefined);
    assert.equal(view.get(['x']), undefined);
    assert.equal(view.get(undefined), undefined);
    assert.equal(view.equals(new Map(entries)), true);
    assert.deepEqual(again(dict(), view), copy);
  });

  it('takes plain objects, and types for keys and values', () => {
    assert.deepEqual(
      again(dict(text, uint8), { a: 1, b: 2 }),
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
    assert.deepEqual(again(dict(text, list(text)), { a: ['x'] }), new Map([['a', ['x']]]));
    assert.deepEqual(again(dict(int64, bool), new Map([[1, true]])), new Map([[1n, true]]));
    const byPair = again(dictView(tuple(text, uint8), text), new Map([[['a', 1] as const, 'yes']]));
    assert.equal(byPair.get(['a', 1]), 'yes');
    assert.equal(byPair.get(tupleOf('a', 1)), 'yes');
    assert.equal(byPair.get('a'), undefined);
    assert.throws(() => pack(dict(text, uint8), { a: 256 }), /a value: item 0: expected an integer/);
    assert.throws(() => pack(dict(), new Map([[[1], 2]])), InvalidTypeError);
    assert.throws(() => pack(dict(), new Date() as never), /expected a Map or a plain object/);
  });

  it('refuses keys that are one', () => {
    const keys = new Map<unknown, number>([
      [1, 1],
      [true, 2],
    ]);
    assert.throws(
      () => pack(dict(), keys),
      (error: SharedBuffersError) => error.code === 'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
    );
  });

  it('keeps exact keys and values', () => {
    const tagged: Tagged = {
      $dict: [
        ['a', { $float: '2.0' }],
        [3, [1, { $float: '1.0' }]],
        [{ $tuple: [{ $float: '7.0' }] }, { $set: [1, 2] }],
      ],
    };
    const packed = pack(dict(), dict().fromExact(tagged));
    assert.equal(canonicalTagged(exact(dict(), packed)), canonicalTagged(tagged));
  });

  it('stores an empty dict as Python does', () => {
    const { bytes } = pack(dict(), {});
    assert.deepEqual(bytes.slice(0, 40), new Uint8Array(fixtureBytes('val-dict-empty.bin')).slice(0, 40));
  });

  it('reports rows that are out of order, or not for their key', () => {
    const packed = pack(dict(), { a: 1, b: 2 });
    const view = new DataView(packed.bytes.buffer);
    const row = packed.position + 24;
    view.setBigUint64(row, view.getBigUint64(row, true) - 1n, true);
    assert.match(findings(dict(), packed).join(), /hash of its key/);
    view.setBigUint64(row, 2n ** 64n - 1n, true);
    assert.ok(findings(dict(), packed).length > 0);
  });

  it('survives damage', () => {
    const small = pack(
      dictView(),
      new Map<unknown, unknown>([
        ['k', ['v', 1]],
        [2, 'w'],
      ]),
    );
    const { bytes, position } = small;
    for (let offset = 0; offset < bytes.length; offset++) {
      const damaged = bytes.slice();
      damaged[offset] = 0xff;
      for (const use of [
        () => [...read(dictView(), { bytes: damaged, position })],
        () => read(dict(), { bytes: damaged, position }),
      ]) {
        try {
          use();
        } catch (error) {
          assert.ok(error instanceof SharedBuffersError);
        }
      }
    }
  });
});

describe('random collections', () => {
  it('reads what it packed, exactly', () => {
    const random = randomNumbers(20240610);
    const pick = <T>(...choices: T[]) => choices[random(choices.length)] as T;
    const key = (depth: number): Tagged =>
      depth > 2
        ? random(100)
        : pick<() => Tagged>(
            () => random(1000) - 500,
            () => `k${random(50)}`,
            () => ({ $bytes: Buffer.from([random(256)]).toString('base64') }),
            () => random(1000) / 8 + 0.0625,
            () => ({ $tuple: distinct(random(3), () => key(depth + 1)) }),
            () => ({ $int: String(2n ** 63n + BigInt(random(9))) }),
          )();
    const distinct = (count: number, make: () => Tagged): Tagged[] => {
      const made = new Map<string, Tagged>();
      for (let index = 0; index < count; index++) {
        const value = make();
        made.set(canonicalTagged(value), value);
      }
      return [...made.values()];
    };
    const value = (depth: number): Tagged =>
      depth > 3 || random(3) === 0
        ? pick<Tagged>(null, true, { $float: `${random(9)}.0` }, key(3), key(0))
        : pick<() => Tagged>(
            () => Array.from({ length: random(5) }, () => value(depth + 1)),
            () => ({ $tuple: Array.from({ length: random(5) }, () => value(depth + 1)) }),
            () => ({ $set: distinct(random(6), () => key(0)) }),
            () => ({ $dict: distinct(random(6), () => key(0)).map((each) => [each, value(depth + 1)]) }),
            () => Array.from({ length: random(20) }, () => random(2 ** random(32)) - random(300)),
          )();
    for (let round = 0; round < 500; round++) {
      const items = Array.from({ length: random(6) }, () => value(0));
      const packed = pack(list(), list().fromExact(items));
      assert.equal(canonicalTagged(exact(list(), packed)), canonicalTagged(sorted(items) as Tagged));
      assert.deepEqual(findings(list(), packed), []);
      read(list(), packed);
    }
  });
});

/** Sets and dicts in canonical order, as they are read. */
function sorted(tagged: Tagged): Tagged {
  if (Array.isArray(tagged)) return tagged.map(sorted);
  if (tagged === null || typeof tagged !== 'object') return tagged;
  const order = (a: Tagged, b: Tagged) =>
    Buffer.compare(Buffer.from(canonicalTagged(a)), Buffer.from(canonicalTagged(b)));
  const [tag = '', inner = null] = Object.entries(tagged)[0] ?? [];
  if (tag === '$set') return { $set: (sorted(inner) as Tagged[]).sort(order) };
  if (tag === '$dict') {
    return { $dict: (sorted(inner) as [Tagged, Tagged][]).sort((a, b) => order(a[0], b[0])) };
  }
  return { [tag]: sorted(inner) };
}

/** Checked by the compiler alone. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const inferred: [
  Same<MemberRead<ReturnType<typeof list<typeof text>>>, readonly string[]>,
  Same<MemberRead<ReturnType<typeof list<undefined>>>, readonly unknown[]>,
  Same<
    MemberRead<ReturnType<typeof tuple<readonly [typeof float64, typeof text]>>>,
    readonly [number, string]
  >,
  Same<MemberRead<ReturnType<typeof set<typeof int64>>>, ReadonlySet<bigint>>,
  Same<MemberRead<ReturnType<typeof dict<typeof text, typeof uint8>>>, ReadonlyMap<string, number>>,
  Same<MemberRead<ReturnType<typeof listView<typeof text>>>, ListView<string>>,
  Same<MemberWrite<typeof text>, string>,
] = [true, true, true, true, true, true, true];
assert.ok(inferred.every(Boolean));
