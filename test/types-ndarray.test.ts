import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CorruptDataError, Schema, UnsupportedError } from 'sharedbuffers';
import type { Tagged } from '#src/exact/tagged.js';
import { Region } from '#src/region.js';
import { NdArray, type NdData } from '#src/types/nd-array.js';
import { ndarray } from '#src/types/ndarray.js';
import type { DType } from '#src/types/ndarray-dtype.js';
import type { NdItem } from '#src/types/ndarray-items.js';
import { assertTagged } from './support/content.js';
import { fixtureBytes } from './support/fixtures.js';
import { fixtures } from './support/manifest.js';
import {
  assertSurvivesDamage,
  exactValue,
  findingsOf,
  packValue,
  readValue,
  roundTrip,
} from './support/values.js';

type StructContent = { $struct: string; fields: Record<string, Tagged> };

const objects = ['obj-ndarray-dtypes', 'obj-ndarray-shapes', 'obj-ndarray-structured'];

describe('arrays of the Python library', () => {
  for (const { name, file, schema, expected } of fixtures.filter(({ name }) => objects.includes(name))) {
    it(`reads ${name}, and packs the same content`, () => {
      const slots = Object.fromEntries((schema?.slots ?? []).map(([slot]) => [slot, ndarray.optional()]));
      const Arrays = new Schema('Arrays', slots);
      const { fields } = expected as StructContent;
      const read = Arrays.unpackFrom(fixtureBytes(file)) as Record<string, NdArray>;
      const again = Arrays.unpackFrom(Arrays.pack(read as never)) as Record<string, NdArray>;
      for (const [slot, content] of Object.entries(fields)) {
        const packed = packValue(ndarray, read[slot] as NdArray);
        assertTagged(exactValue(ndarray, packed), content, slot);
        assertTagged(exactValue(ndarray, packValue(ndarray, ndarray.fromExact(content))), content, slot);
        assert.deepEqual(again[slot]?.toArray(), read[slot]?.toArray());
      }
    });
  }

  for (const name of ['val-ndarray', 'val-ndarray-i1']) {
    it(`packs ${name} byte for byte`, () => {
      const bytes = new Uint8Array(fixtureBytes(`${name}.bin`));
      const packed = packValue(ndarray, readValue(ndarray, bytes));
      // the padding of numbers is garbage in Python's files
      assert.deepEqual(packed.slice(0, 18), bytes.slice(0, 18));
      assert.deepEqual(packed.slice(24), bytes.slice(24));
    });
  }
});

const typed: [dtype: string, data: NdData][] = [
  ['<u8', new BigUint64Array([0n, 2n ** 64n - 1n])],
  ['<i8', new BigInt64Array([-(2n ** 63n), 5n])],
  ['<u4', new Uint32Array([1, 2 ** 32 - 1])],
  ['<i4', new Int32Array([-1, 2])],
  ['<u2', new Uint16Array([1, 65535])],
  ['<i2', new Int16Array([-1, 2])],
  ['|u1', new Uint8Array([1, 255])],
  ['|i1', new Int8Array([-1, 2])],
  ['<f8', new Float64Array([1.5, Number.NaN])],
  ['<f4', new Float32Array([1.5, -0])],
];

describe('typed arrays', () => {
  for (const [dtype, data] of typed) {
    it(`stores ${dtype} and reads it in place`, () => {
      const packed = packValue(ndarray, data);
      const read = readValue(ndarray, packed);
      assert.equal(read.dtype, dtype);
      assert.deepEqual(read.shape, [2]);
      assert.deepEqual(read.data, data);
      assert.equal(read.isView, true);
      assert.equal(read.data.buffer, packed.buffer);
      assert.deepEqual([read.get(0), read.get(1)], [data[0], data[1]]);
      assert.deepEqual(read.toArray(), Array.from<number | bigint>(data));
    });
  }

  it('copies what is not aligned', () => {
    const packed = packValue(ndarray, new Float64Array([1, 2]));
    const shifted = new Uint8Array(packed.length + 1);
    shifted.set(packed, 1);
    const read = readValue(ndarray, shifted, 1);
    assert.equal(read.isView, false);
    assert.deepEqual(read.data, new Float64Array([1, 2]));
  });

  it('takes clamped ones, parts of buffers and none at all', () => {
    assert.deepEqual(roundTrip(ndarray, new Uint8ClampedArray([1, 2])).data, new Uint8Array([1, 2]));
    assert.deepEqual(roundTrip(ndarray, new Int16Array([1, 2, 3]).subarray(1)).data, new Int16Array([2, 3]));
    const none = roundTrip(ndarray, new Float32Array());
    assert.deepEqual([none.shape, none.size, none.toArray(), none.data], [[0], 0, [], new Float32Array()]);
  });

  it('refuses everything else', () => {
    for (const wrong of [[1, 2], new ArrayBuffer(8), new DataView(new ArrayBuffer(8)), 'x', null, {}]) {
      assert.throws(() => packValue(ndarray, wrong as never), { code: 'ERR_SHAREDBUFFERS_INVALID_TYPE' });
    }
  });
});

describe('shapes', () => {
  it('keeps any number of dimensions', () => {
    const shapes = [
      [],
      [1],
      [2, 3],
      [3, 1, 2],
      [1, 1, 1, 1],
      [0],
      [0, 5],
      [300, 2],
      [1, 70_000],
      new Array(64).fill(1),
    ];
    for (const shape of shapes) {
      const count = shape.reduce((size, length) => size * length, 1);
      const read = roundTrip(ndarray, new NdArray(new Int16Array(count).fill(7), { shape }));
      assert.deepEqual(read.shape, shape);
      assert.equal(read.isView, true);
      assert.equal(read.size, count);
    }
  });

  it('reads items by their indexes', () => {
    const array = roundTrip(ndarray, new NdArray(new Int8Array([0, 1, 2, 3, 4, 5]), { shape: [2, 3] }));
    assert.deepEqual(array.strides, [3, 1]);
    assert.equal(array.get(1, 2), 5);
    assert.deepEqual(array.toArray(), [
      [0, 1, 2],
      [3, 4, 5],
    ]);
    assert.deepEqual([...array.values()], [0, 1, 2, 3, 4, 5]);
    for (const indexes of [[2, 0], [0, 3], [-1, 0], [0], [0, 0, 0], [0.5, 0]]) {
      assert.throws(() => array.get(...indexes), { code: 'ERR_SHAREDBUFFERS_OUT_OF_RANGE' });
    }
    assert.equal(roundTrip(ndarray, new NdArray(new Float64Array([2.5]), { shape: [] })).toArray(), 2.5);
  });

  it('become nested arrays in JSON', () => {
    const json = (data: NdData, shape: number[]) =>
      JSON.stringify(roundTrip(ndarray, new NdArray(data, { shape })));
    assert.equal(json(new BigInt64Array([1n, 2n ** 60n]), [2, 1]), '[[1],["1152921504606846976"]]');
    assert.equal(json(new Float64Array([1.5, Number.NaN]), [2]), '[1.5,null]');
    const items = NdArray.from(
      [{ a: new Uint8Array([1]), b: 2n }],
      [
        ['a', '|S1'],
        ['b', '<i8'],
      ],
    );
    assert.equal(JSON.stringify(items), '[{"a":"AQ==","b":2}]');
  });

  it('refuses shapes that do not fit', () => {
    const data = new Int8Array(6);
    for (const shape of [
      [5],
      [2, 2],
      [-2, -3],
      [2.5],
      [Number.NaN],
      new Array(65).fill(1),
      'x',
      [2 ** 53, 0, 2 ** 60],
    ]) {
      assert.throws(() => new NdArray(data, { shape: shape as number[] }), RangeError);
    }
    assert.throws(() => new NdArray(new Uint8Array(6), { dtype: '<i4' }), RangeError);
    assert.throws(() => new NdArray(new Int16Array(6), { dtype: '<i4' }), TypeError);
  });

  it('does not build nested arrays out of nothing', () => {
    const array = new NdArray(new Int8Array(), { shape: [2 ** 50, 0] });
    assert.throws(() => array.toArray(), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
  });
});

describe('other item types', () => {
  const item = (dtype: DType, value: NdItem) => roundTrip(ndarray, NdArray.from([value], dtype)).get(0);

  it('reads and writes what has no typed array', () => {
    const values: [dtype: string, value: NdItem][] = [
      ['|b1', true],
      ['>i2', -2],
      ['>u8', 2n ** 63n],
      ['>f4', 0.5],
      ['<f2', -1.5],
      ['<c8', { re: 1, im: -2 }],
      ['>c16', { re: 0.1, im: Number.NEGATIVE_INFINITY }],
      ['|S4', new Uint8Array([65, 0, 66])],
      ['<U3', 'é😀'],
      ['>U1', '😀'],
      ['|V2', new Uint8Array([0, 1])],
      ['<f16', new Uint8Array(16).fill(3)],
    ];
    for (const [dtype, value] of values) {
      assert.deepEqual(item(dtype, value), value, dtype);
      assert.equal(roundTrip(ndarray, NdArray.from([value], dtype)).dtype, dtype);
    }
  });

  it('strips what numpy strips', () => {
    assert.deepEqual(item('|S4', new Uint8Array([65, 0, 0, 0])), new Uint8Array([65]));
    assert.equal(item('<U3', 'a\0\0'), 'a');
  });

  it('rounds to 16 bits as IEEE 754 does', () => {
    const cases = [
      [0, 0],
      [65504, 65504],
      [65519, 65504],
      [2 ** -24, 2 ** -24],
      [2 ** -25, 0],
      [3 * 2 ** -25, 2 ** -23],
      [2 ** -14 - 2 ** -26, 2 ** -14],
      [1 + 2 ** -11, 1],
      [1 + 3 * 2 ** -11, 1 + 2 ** -9],
      [2 - 2 ** -12, 2],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      [Number.NaN, Number.NaN],
    ] as const;
    for (const [given, rounded] of cases) {
      assert.equal(item('<f2', given), rounded);
      assert.equal(item('>f2', -given), -rounded);
    }
  });

  it('reads all 16-bit floats and writes them back', () => {
    const all = new Uint16Array(2 ** 16).map((_, bits) => bits);
    const array = new NdArray(new Uint8Array(all.buffer), { dtype: '<f2' });
    const again = new Uint16Array(NdArray.from(array.values(), '<f2').data.slice().buffer as ArrayBuffer);
    const isNaN16 = (bits: number) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    assert.ok(again.every((bits, index) => bits === index || isNaN16(index)));
    assert.equal(array.get(0x3555), 0.333251953125);
  });

  it('refuses items that do not fit', () => {
    const wrong: [dtype: DType, value: unknown, code: string][] = [
      ['<i2', 32768, 'OUT_OF_RANGE'],
      ['<u8', -1, 'OUT_OF_RANGE'],
      ['<i4', 1.5, 'INVALID_TYPE'],
      ['<f4', 1e39, 'OUT_OF_RANGE'],
      ['<f2', 65520, 'OUT_OF_RANGE'],
      ['<f8', '1', 'INVALID_TYPE'],
      ['|b1', 1, 'INVALID_TYPE'],
      ['|S2', new Uint8Array(3), 'OUT_OF_RANGE'],
      ['|V2', new Uint8Array(1), 'OUT_OF_RANGE'],
      ['<U2', 'abc', 'OUT_OF_RANGE'],
      ['<c8', null, 'INVALID_TYPE'],
      [[['x', '<i2']], 5, 'INVALID_TYPE'],
      [[['x', '<i2']], {}, 'INVALID_TYPE'],
    ];
    for (const [dtype, value, code] of wrong) {
      assert.throws(
        () => NdArray.from([value as NdItem], dtype),
        { code: `ERR_SHAREDBUFFERS_${code}` },
        String(dtype),
      );
    }
  });

  it('refuses types that cannot be read', () => {
    for (const dtype of ['|O8', '<M8[ns]', '<m8', '|S0', '', '<i3', '<f8 ', '<U9999999999', []]) {
      assert.throws(() => new NdArray(new Uint8Array(), { dtype }), UnsupportedError);
    }
  });

  it('spells types as numpy does', () => {
    const spelled = (dtype: DType) => new NdArray(new Uint8Array(), { dtype }).dtype;
    assert.equal(spelled('i4'), '<i4');
    assert.equal(spelled('=f8'), '<f8');
    assert.equal(spelled('<u1'), '|u1');
    assert.equal(spelled('<S3'), '|S3');
    assert.deepEqual(spelled([['a', 'b1']]), [['a', '|b1']]);
  });
});

describe('structured items', () => {
  const dtype: DType = [
    ['id', '<i4'],
    [
      'place',
      [
        ['x', '<f8'],
        ['y', '>f4'],
      ],
    ],
    ['name', '<U2'],
  ];
  const items = [
    { id: 1, place: { x: 0.5, y: 1.5 }, name: 'ab' },
    { id: -1, place: { x: 1, y: 2 }, name: '' },
  ];

  it('reads them as objects', () => {
    const read = roundTrip(ndarray, NdArray.from(items, dtype, [2, 1]));
    assert.deepEqual(read.dtype, dtype);
    assert.deepEqual(read.get(1, 0), items[1]);
    assert.deepEqual(read.toArray(), [[items[0]], [items[1]]]);
    assert.equal(read.itemSize, 24);
    assert.deepEqual(read.strides, [24, 24]);
  });

  it('keeps any field name apart from the prototype', () => {
    const read = roundTrip(
      ndarray,
      NdArray.from([Object.fromEntries([['__proto__', 5]])], [['__proto__', '<i2']]),
    );
    assert.deepEqual(Object.entries(read.get(0) as object), [['__proto__', 5]]);
  });

  it('reads types of old files: numbers and bytes of other codes, lists of 64-bit pointers', () => {
    const text = (value: string) => [0x73, 0, 0, 0, 0, 0, 0, 0, value.length, 0, ...Buffer.from(value)];
    const header = (code: string) => [code.charCodeAt(0), 0, 0, 0, 0, 0, 0, 0];
    const u64 = (value: number) => [...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)];
    const pair = [
      ...header('t'),
      0x74,
      2,
      0,
      0,
      0,
      0,
      0,
      0,
      ...u64(24),
      ...u64(35),
      ...text('f'),
      ...text('<u2'),
    ];
    const fields = [...header('e'), 0x74, 1, 0, 0, 0, 0, 0, 0, ...u64(16), ...pair];
    const data = [...u64(2), 7, 0];
    const bytes = new Uint8Array([...u64(16), ...u64(16 + fields.length), ...fields, ...data]);
    assert.deepEqual(readValue(ndarray, bytes).toArray(), [{ f: 7 }]);
    const numbered = new Uint8Array([
      ...u64(16),
      ...u64(32),
      0x71,
      5,
      ...new Array(14).fill(0),
      ...u64(2),
      255,
      255,
    ]);
    assert.deepEqual(readValue(ndarray, numbered).toArray(), [-1]);
  });

  it('gives up on types that nest without end', () => {
    const bytes = packValue(ndarray, NdArray.from([{ a: { b: 1 } }], [['a', [['b', '|u1']]]]));
    // the inner type is made to point at the outer one
    const view = new DataView(bytes.buffer);
    const pairList = 16 + 8 + 12 + 8;
    assert.equal(bytes[pairList], 'T'.charCodeAt(0));
    view.setInt32(pairList + 12, 16 - pairList, true);
    assert.throws(() => readValue(ndarray, bytes), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
    assert.match(findingsOf(ndarray, bytes).join(), /nests deeper than 64/);
  });

  it('gives up on types with more fields than there can be', () => {
    // forty levels of lists whose two fields are the same next level: 2 ** 40 fields in a few bytes
    const levels = 40;
    const bytes = new Uint8Array(40 + levels * 64 + 64);
    const view = new DataView(bytes.buffer);
    const nameAt = 32;
    const end = 48 + levels * 64;
    view.setUint8(0, 32 + 16);
    bytes.set([0x75, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x61], nameAt);
    for (let level = 0; level < levels; level++) {
      const list = 48 + level * 64;
      bytes.set([0x65, 0, 0, 0, 0, 0, 0, 0, 0x54, 2, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 24, 0, 0, 0], list);
      bytes.set([0x74, 0, 0, 0, 0, 0, 0, 0, 0x54, 2, 0, 0, 0, 0, 0, 0], list + 32);
      view.setInt32(list + 48, nameAt - (list + 40), true);
      view.setInt32(list + 52, list + 64 - (list + 40), true);
    }
    bytes.set(bytes.subarray(nameAt, nameAt + 11), end);
    assert.throws(() => readValue(ndarray, bytes), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
  });
});

describe('damaged arrays', () => {
  it('are reported', () => {
    const packed = packValue(ndarray, new NdArray(new Int32Array(6), { shape: [2, 3] }));
    const damaged = (offset: number, value: number) => {
      const bytes = packed.slice();
      bytes[offset] = value;
      return bytes;
    };
    assert.throws(() => readValue(ndarray, damaged(0, 0xff)), CorruptDataError);
    assert.throws(() => readValue(ndarray, damaged(8, 0xff)), CorruptDataError);
    assert.throws(() => readValue(ndarray, damaged(21, 4)), CorruptDataError);
    assert.throws(() => readValue(ndarray, damaged(25, 10)), CorruptDataError);
    assert.throws(() => readValue(ndarray, damaged(32, 23)), CorruptDataError);
    assert.deepEqual(findingsOf(ndarray, packed), []);
  });

  it('survive in every byte', () => {
    assertSurvivesDamage(ndarray, packValue(ndarray, NdArray.from(['ab', 'c'], '<U2', [2, 1])));
    assertSurvivesDamage(
      ndarray,
      packValue(
        ndarray,
        NdArray.from(
          [{ a: 1, b: 2 }],
          [
            ['a', '<i2'],
            ['b', '>f8'],
          ],
        ),
      ),
    );
  });

  it('say that their container was closed', () => {
    const array = new NdArray(new Uint8Array(structuredClone(new ArrayBuffer(4))));
    structuredClone(array.data.buffer, { transfer: [array.data.buffer as ArrayBuffer] });
    assert.throws(() => array.get(0), { code: 'ERR_SHAREDBUFFERS_CLOSED' });
  });
});

it('aligns the data, wherever the array starts', () => {
  const Shifted = new Schema('Shifted', { a: ndarray, b: ndarray }, { alignment: 8 });
  const packed = Shifted.pack({
    a: new NdArray(new Uint8Array(3), { dtype: '|V3' }),
    b: new Float64Array([1]),
  });
  const { a, b } = Shifted.unpackFrom(packed);
  assert.ok(a.isView && b.isView);
  assert.equal(Region.fromBytes(packed).size, packed.length);
});
