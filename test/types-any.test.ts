import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import {
  float,
  InvalidTypeError,
  OutOfRangeError,
  Schema,
  TooLargeError,
  Tuple,
  t,
  tuple as tupleOf,
  UnsupportedError,
} from 'sharedbuffers';
import type { Tagged } from '#src/exact/tagged.js';
import { DictView } from '#src/proxies/views/dict-view.js';
import { ListView } from '#src/proxies/views/list-view.js';
import { any } from '#src/types/any.js';
import { dict, dictView } from '#src/types/dicts.js';
import { int16, uint8 } from '#src/types/numbers.js';
import { list, listView, tuple } from '#src/types/sequences.js';
import { setView } from '#src/types/sets.js';
import { OptionalSlot } from '#src/types/slot-type.js';
import { LazyMarker } from '#src/types/struct.js';
import { markStruct, registerStruct, structOf, unregisterStruct } from '#src/types/struct-registry.js';
import { bytes, text } from '#src/types/text.js';
import { again, exact, findings, fromHex, pack, read } from './support/collections.js';

const hexOf = (value: unknown) => {
  const packed = pack(any, value);
  return Buffer.from(packed.bytes.subarray(packed.position)).toString('hex');
};

/** The typecode of a value. */
const codeOf = (value: unknown) => {
  const { bytes, position } = pack(any, value);
  return String.fromCharCode(bytes[position] as number);
};

describe('dynamic values', () => {
  it('takes the smallest code for integers, as Python does', () => {
    const codes: [value: number | bigint, code: string][] = [
      [0, 'b'],
      [-128, 'b'],
      [127, 'b'],
      [128, 'B'],
      [255, 'B'],
      [256, 'h'],
      [-129, 'h'],
      [40000, 'H'],
      [65536, 'i'],
      [-(2 ** 31), 'i'],
      [2 ** 31, 'I'],
      [2 ** 32, 'q'],
      [-(2 ** 31) - 1, 'q'],
      [2n ** 63n - 1n, 'q'],
      [-(2n ** 63n), 'q'],
      [2n ** 63n, 'Q'],
      [2n ** 64n - 1n, 'Q'],
    ];
    for (const [value, code] of codes) {
      assert.equal(codeOf(value), code, String(value));
      assert.equal(again(any, value), value);
      assert.deepEqual(findings(any, pack(any, value)), []);
    }
    assert.equal(again(any, 5n), 5);
    assert.throws(() => pack(any, 2n ** 64n), OutOfRangeError);
  });

  it('stores numbers right behind their code, padded with zeros', () => {
    assert.equal(hexOf(1), '6201000000000000');
    assert.equal(hexOf(-1), '62ff000000000000');
    assert.equal(hexOf(300), '682c010000000000');
    assert.equal(hexOf(true), '5401000000000000');
    assert.equal(hexOf(2.5), '64000000000000044000000000000000');
    assert.equal(hexOf('ab'), `7500000000000000${'0200'}6162`);
    assert.equal(hexOf(Buffer.from('ab')), `7300000000000000${'0200'}6162`);
  });

  it('tells integers from floats', () => {
    assert.deepEqual(exact(any, pack(any, 3)), 3);
    assert.deepEqual(exact(any, pack(any, float(3))), { $float: '3.0' });
    assert.deepEqual(exact(any, pack(any, -0)), { $float: '-0.0' });
    assert.deepEqual(exact(any, pack(any, 2 ** 53)), { $float: '9007199254740992.0' });
    assert.deepEqual(exact(any, pack(any, [0.0, float(0), float(-0)])), [
      0,
      { $float: '0.0' },
      { $float: '-0.0' },
    ]);
  });

  it('knows every kind of value', () => {
    const kinds: [value: unknown, code: string][] = [
      [false, 'T'],
      ['text', 'u'],
      [new Uint8Array([1]), 's'],
      [[1], 'e'],
      [tupleOf(1), 't'],
      [new Set([1]), 'Z'],
      [new Map([[1, 2]]), 'm'],
      [{ a: 1 }, 'm'],
      [Object.create(null), 'm'],
      [again(listView(), [1]), 'E'],
      [again(setView(), new Set([1])), 'z'],
      [again(dictView(), { a: 1 }), 'M'],
    ];
    for (const [value, code] of kinds) {
      assert.equal(codeOf(value), code);
      const packed = pack(any, value);
      assert.deepEqual(findings(any, packed), []);
      assert.deepEqual(exact(any, pack(any, read(any, packed))), exact(any, packed));
    }
    assert.ok(again(any, tupleOf(1)) instanceof Tuple);
    assert.ok(again(any, again(listView(), [1])) instanceof ListView);
    assert.ok(again(any, again(dictView(), { a: 1 })) instanceof DictView);
  });

  it('reads what only others write', () => {
    const forms: [bytes: string, value: unknown][] = [
      ['66 0000c03f', 1.5],
      ['49 ffffffff', 2 ** 32 - 1],
      ['71 ffffffffffffffff', -1],
      ['51 ffffffffffffffff', 2n ** 64n - 1n],
      ['51 0100000000000000', 1],
      ['54 02', true],
    ];
    for (const [digits, value] of forms) {
      assert.equal(read(any, { bytes: fromHex(digits), position: 0 }), value);
    }
  });

  it('refuses what cannot be stored', () => {
    class Point {}
    for (const value of [undefined, () => 1, Symbol('s'), new Point(), new WeakMap(), Promise.resolve()]) {
      assert.throws(() => pack(any, value), InvalidTypeError);
    }
    assert.throws(() => pack(any, new Point()), /Schema\.of/);
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    assert.throws(() => pack(any, cycle), TooLargeError);
  });

  it('names unknown codes and where they are', () => {
    const unknown = { bytes: fromHex('ffff 5300000000000000'), position: 2 };
    assert.throws(
      () => read(any, unknown),
      (error: Error) => error instanceof UnsupportedError && /offset 2 .*'S' \(0x53\)/.test(error.message),
    );
    assert.throws(() => exact(any, unknown), UnsupportedError);
    assert.equal(findings(any, unknown).length, 1);
  });

  it('takes back what the tagged form says', () => {
    const tagged: Tagged[] = [
      null,
      [1, { $float: '1.0' }, 2.5, { $int: '9223372036854775808' }],
      { $dict: [[{ $float: '1.0' }, [{ $float: '2.0' }]]] },
      { $set: [{ $tuple: ['a', { $bytes: 'YQ==' }] }] },
      { $tuple: [[], { $set: [] }, { $dict: [] }] },
    ];
    for (const value of tagged) {
      const member = list();
      assert.deepEqual(exact(member, pack(member, member.fromExact([value]))), [value]);
    }
    assert.throws(() => any.fromExact({ $unknown: 1 }), InvalidTypeError);
    assert.throws(() => any.fromExact({ $struct: 'Nobody', fields: {} }), /Nobody/);
    let deep: Tagged = [];
    for (let depth = 0; depth < 5000; depth++) deep = [deep];
    assert.throws(() => any.fromExact(deep), TooLargeError);
  });
});

describe('structs with typecodes', () => {
  const Point = new Schema('Point', { x: t.int16, y: t.int16, label: t.text.optional() });
  const Wide = new Schema('Wide', { a: t.uint8 }, { alignment: 16 });
  const Other = new Schema('Other', { a: t.uint8 });
  afterEach(() => {
    for (const schema of [Point, Wide, Other]) unregisterStruct(schema);
  });

  it('stores records by their code', () => {
    registerStruct(Point, 'S');
    registerStruct(Wide, 0x80);
    const point = markStruct(Point, { x: 1, y: 2 });
    const packed = pack(list(), ['a', point, point, markStruct(Wide, { a: 3 })]);
    const items = read(list(), packed) as { x: number; y: number; a: number }[];
    assert.deepEqual([items[1]?.x, items[2]?.y, items[3]?.a], [1, 2, 3]);
    assert.deepEqual(findings(list(), packed), []);
    assert.deepEqual(exact(list(), packed), [
      'a',
      { $struct: 'Point', fields: { x: 1, y: 2 } },
      { $struct: 'Point', fields: { x: 1, y: 2 } },
      { $struct: 'Wide', fields: { a: 3 } },
    ]);
    assert.deepEqual(exact(list(), pack(list(), items)), exact(list(), packed));
    assert.deepEqual(
      exact(list(), pack(list(), list().fromExact(exact(list(), packed)))),
      exact(list(), packed),
    );
    const [repeated, single] = [[point, point], [point]].map((points) => pack(list(), points).bytes.length);
    assert.ok((repeated as number) - (single as number) <= 8);
  });

  it('takes any object where the members are of a schema', () => {
    registerStruct(Point, 'S');
    const points = list(Point);
    const read = again(points, [{ x: 1, y: 2, label: 'p' }]);
    assert.equal(read[0]?.label, 'p');
    assert.equal(again(dict(text, new OptionalSlot(Point)), { a: null }).get('a'), null);
    assert.equal(again(list(new LazyMarker(() => Point)), [{ x: 1, y: 2 }])[0]?.x, 1);
    assert.throws(() => pack(points, [{ x: 1, y: 1e9 }]), /item 0: Point\.y: expected an integer/);
  });

  it('says what is missing where a schema has no code', () => {
    assert.throws(() => pack(list(Point), [{ x: 1, y: 2 }]), /Point has no typecode.*Point\.register/);
    assert.throws(() => pack(any, markStruct(Point, { x: 1, y: 2 })), /Point\.register/);
    assert.equal(structOf(Point.unpackFrom(Point.pack({ x: 1, y: 2 }))), Point);
  });

  it('refuses codes that are taken', () => {
    registerStruct(Point, 'S');
    registerStruct(Point, 'S');
    assert.throws(() => registerStruct(Other, 'S'), /belongs to Point/);
    assert.throws(() => registerStruct(Point, 'X'), /already/);
    for (const code of ['e', 'Z', '', 'ab', '1', '€', 0x7f, 0x100, (0x80).valueOf() + 0.5, 'd']) {
      assert.throws(() => registerStruct(Other, code), InvalidTypeError, String(code));
    }
  });

  it('lets records hold themselves through collections', () => {
    const Node = new Schema('Node', { v: t.int16, o: any.optional() });
    registerStruct(Node, 'N');
    const node: { v: number; o?: unknown } = { v: 1 };
    node.o = [markStruct(Node, node)];
    const read = Node.unpackFrom(Node.pack(node));
    const [inner] = read.o as { v: number; o: { v: number }[] }[];
    assert.equal(inner?.o[0]?.v, 1);
    unregisterStruct(Node);
  });

  it('resolves t.self among members', () => {
    const children = list(t.self);
    assert.throws(() => pack(children, [{}]), /t\.self/);
    registerStruct(Point, 'S');
    const resolved = children.resolve(() => Point as never);
    assert.notEqual(resolved, children);
    assert.equal((again(resolved, [{ x: 4, y: 5 }])[0] as { y: number }).y, 5);
    assert.equal(list(text).resolve(() => Point as never) instanceof Object, true);
    const nested = dict(text, list(new OptionalSlot(t.self))).resolve(() => Point as never);
    assert.equal(again(nested, { a: [null] }).get('a')?.[0], null);
    const plain = tuple(text, bytes, uint8, int16);
    assert.equal(
      plain.resolve(() => Point as never),
      plain,
    );
  });
});
