import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { compareCodePoints } from '#src/code-points.js';
import { InvalidTypeError, OutOfRangeError } from '#src/errors.js';
import { canonicalTagged, taggedDict, taggedSet } from '#src/exact/canonical.js';
import {
  fromTaggedBytes,
  fromTaggedFloat,
  fromTaggedInt,
  isTaggedInt,
  parseTagged,
  pythonRepr,
  stringifyTagged,
  type Tagged,
  taggedBytes,
  taggedFloat,
  taggedInt,
  untag,
  writeTagged,
} from '#src/exact/tagged.js';
import { userDataFromTagged, userDataToTagged } from '#src/exact/user-data.js';
import { float } from '#src/types/float.js';
import { tuple } from '#src/types/tuple.js';
import { fixtureJson } from './support/fixtures.js';
import { randomNumbers } from './support/random.js';

describe('floats as Python prints them', () => {
  const known: [number, string][] = [
    [0, '0.0'],
    [-0, '-0.0'],
    [3, '3.0'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [123456.789, '123456.789'],
    [1e15, '1000000000000000.0'],
    [2 ** 53, '9007199254740992.0'],
    [1e16, '1e+16'],
    [1.5e300, '1.5e+300'],
    [1e-4, '0.0001'],
    [1.25e-4, '0.000125'],
    [1e-5, '1e-05'],
    [1e-7, '1e-07'],
    [-1.25e-10, '-1.25e-10'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
  ];
  for (const [value, text] of known) test(text, () => assert.equal(pythonRepr(value), text));

  test('every double is read back from its text', () => {
    const random = randomNumbers(1);
    const view = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < 20_000; i++) {
      view.setUint32(0, random(2 ** 32));
      view.setUint32(4, random(2 ** 32));
      const value = view.getFloat64(0);
      if (Number.isFinite(value)) assert.ok(Object.is(Number(pythonRepr(value)), value), String(value));
    }
  });
});

describe('tagged values', () => {
  test('integers', () => {
    assert.equal(taggedInt(5), 5);
    assert.equal(taggedInt(-5n), -5);
    assert.ok(Object.is(taggedInt(-0), 0));
    assert.equal(taggedInt(2n ** 53n - 1n), 2 ** 53 - 1);
    assert.deepEqual(taggedInt(2n ** 53n), { $int: '9007199254740992' });
    assert.throws(() => taggedInt(0.5), OutOfRangeError);
    assert.equal(fromTaggedInt(7), 7);
    assert.equal(fromTaggedInt({ $int: '-7' }), -7);
    assert.equal(fromTaggedInt({ $int: '18446744073709551615' }), 2n ** 64n - 1n);
    assert.ok(
      isTaggedInt(3) && isTaggedInt({ $int: '3' }) && !isTaggedInt(3.5) && !isTaggedInt({ $float: '3.0' }),
    );
    const refused: Tagged[] = [1.5, 'x', '7', null, true, [1], { $int: 5 }, { $int: '0x10' }, 2 ** 60];
    for (const wrong of [...refused, { $float: '1.0' }]) {
      assert.throws(() => fromTaggedInt(wrong), InvalidTypeError);
    }
    assert.throws(() => fromTaggedInt(2 ** 60), /write \{"\$int"/);
  });

  test('floats', () => {
    assert.equal(taggedFloat(1.5), 1.5);
    for (const value of [3, -0, 1e300, Infinity, -Infinity, NaN]) {
      assert.ok(Object.is(fromTaggedFloat(taggedFloat(value)), value));
      assert.deepEqual(taggedFloat(value), { $float: pythonRepr(value) });
    }
    assert.equal(fromTaggedFloat(2), 2);
    for (const wrong of [
      '1.5',
      null,
      false,
      { $float: 1.5 },
      { $float: '' },
      { $float: '1_0' },
      { $float: ' 1' },
      [],
    ]) {
      assert.throws(() => fromTaggedFloat(wrong), InvalidTypeError);
    }
  });

  test('bytes', () => {
    for (let size = 0; size < 20; size++) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 37 + size) & 255);
      assert.deepEqual(fromTaggedBytes(taggedBytes(bytes)), bytes);
    }
    assert.deepEqual(taggedBytes(new Uint8Array([0, 255, 1]).subarray(1, 2)), { $bytes: '/w==' });
    const refused: Tagged[] = [
      'abc',
      null,
      { $bytes: 5 },
      { $bytes: 'abc' },
      { $bytes: 'a*==' },
      { $bytes: 'a===' },
      { $bytes: 'YQ==', x: 1 },
    ];
    for (const wrong of refused) {
      assert.throws(() => fromTaggedBytes(wrong), InvalidTypeError);
    }
  });

  test('a tag is the only key of its object', () => {
    assert.deepEqual(untag({ $tuple: [1] }, '$tuple'), [1]);
    assert.equal(untag({ $tuple: [1], a: 2 }, '$tuple'), undefined);
    assert.equal(untag({}, 'toString'), undefined);
  });
});

describe('tagged text', () => {
  test('floats are printed as Python prints them, integers as integers', () => {
    assert.equal(
      stringifyTagged([1e-7, 1.5, -0, 10, { $float: '1.5e+300' }]),
      '[1e-07,1.5,0,10,{"$float":"1.5e+300"}]',
    );
    assert.equal(
      stringifyTagged({ 'é"': [null, true, '\n\u001f\u2028'] }),
      '{"é\\"":[null,true,"\\n\\u001f\u2028"]}',
    );
    assert.throws(() => stringifyTagged(Infinity), InvalidTypeError);
  });

  test('large values go out in pieces', () => {
    const value = Array.from({ length: 100_000 }, (_, i) => i + 0.5);
    const pieces: string[] = [];
    writeTagged(value, (piece) => pieces.push(piece));
    assert.ok(pieces.length > 5);
    assert.deepEqual(JSON.parse(pieces.join('')), value);
  });

  test('what is no JSON is said to be none', () => {
    assert.deepEqual(parseTagged(' [1, "x"]\n'), [1, 'x']);
    assert.throws(() => parseTagged('{"a"'), InvalidTypeError);
    assert.throws(() => parseTagged('nope\n'), /"nope\\n" is no JSON/);
  });
});

describe('canonical JSON', () => {
  test('floats are bits, keys are sorted by code point', () => {
    const value: Tagged = {
      '\uffff': 1,
      '😀': { $float: '1.0' },
      a: [0.5, { $float: 'nan' }, { $float: '-0.0' }, -0],
    };
    const bits = ['3fe0000000000000', '7ff8000000000000', '8000000000000000'].map(
      (hex) => `{"$f64":"${hex}"}`,
    );
    const expected = `{"a":[${bits.join(',')},0],"\uffff":1,"😀":{"$f64":"3ff0000000000000"}}`;
    assert.equal(canonicalTagged(value), expected);
  });

  test('sets and dicts are sorted', () => {
    assert.deepEqual(taggedSet([10, 9, '😀', '\uffff', null]), { $set: ['\uffff', '😀', 10, 9, null] });
    assert.deepEqual(
      taggedDict([
        ['b', 1],
        ['a', 2],
        [1, 3],
      ]),
      {
        $dict: [
          ['a', 2],
          ['b', 1],
          [1, 3],
        ],
      },
    );
  });

  test('code points are not UTF-16 units', () => {
    const texts = ['', 'a', 'b', 'ab', '\ud7ff', '\ue000', '\uffff', '😀', '😁', 'a😀', 'a\uffff'];
    for (const a of texts) {
      for (const b of texts) {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        assert.equal(Math.sign(compareCodePoints(a, b)), expected, `${a} ${b}`);
      }
    }
  });

  interface Fixture {
    name: string;
    expected?: {
      items?: Tagged[];
      items_listed?: string;
      sha256_items?: string;
      entries?: Tagged[];
      entries_listed?: string;
      sha256_entries?: string;
    };
  }

  test('the checksums of the fixtures', () => {
    const { fixtures } = fixtureJson<{ fixtures: Fixture[] }>('manifest.json');
    const sha256 = (value: Tagged) => createHash('sha256').update(canonicalTagged(value)).digest('hex');
    let checked = 0;
    for (const { name, expected } of fixtures) {
      if (!expected) continue;
      if (expected.items && expected.items_listed === 'all') {
        assert.equal(sha256(expected.items), expected.sha256_items, name);
        checked++;
      }
      if (expected.entries && expected.entries_listed === 'all') {
        assert.equal(sha256(expected.entries), expected.sha256_entries, name);
        checked++;
      }
    }
    assert.ok(checked > 50, `${checked} checksums`);
  });
});

describe('user data', () => {
  const forms: [Tagged, unknown][] = [
    [
      [null, true, 'x', 7, 1.5],
      [null, true, 'x', 7, 1.5],
    ],
    [{ $float: '3.0' }, float(3)],
    [{ $float: 'inf' }, Infinity],
    [{ $int: '9007199254740993' }, 9007199254740993n],
    [{ $bytes: 'YQ==' }, Uint8Array.of(97)],
    [{ $tuple: [1, { $tuple: [] }] }, tuple(1, tuple())],
    [{ $set: [1, 2] }, new Set([1, 2])],
    [
      {
        $dict: [
          ['a', 1],
          ['b', [2]],
        ],
      },
      Object.assign(Object.create(null), { a: 1, b: [2] }),
    ],
    [
      {
        $dict: [
          ['a', 1],
          [3, 2],
        ],
      },
      new Map<unknown, unknown>([
        ['a', 1],
        [3, 2],
      ]),
    ],
  ];
  for (const [tagged, value] of forms) {
    test(stringifyTagged(tagged), () => {
      assert.deepEqual(userDataFromTagged(tagged), value);
      assert.deepEqual(userDataToTagged(userDataFromTagged(tagged)), tagged);
    });
  }

  const opaque: Tagged[] = [
    { $decimal: '-1.50E+3' },
    { $date: '2020-02-29' },
    { $datetime: '0001-12-31T23:59:59.000001' },
    { $datetime: '2024-05-06T07:08:09.123456-03:30' },
    { $datetime: '2024-05-06T07:08:09.000000+05:45' },
  ];
  for (const tagged of opaque) {
    test(stringifyTagged(tagged), () =>
      assert.deepEqual(userDataToTagged(userDataFromTagged(tagged)), tagged),
    );
  }

  test('what is no user data is refused', () => {
    const wrong: Tagged[] = [
      { a: 1 },
      {},
      { toString: 1 },
      { $ndarray: {} },
      { $tuple: 5 },
      { $dict: [[1]] },
      { $date: '2021-02-29' },
      { $date: '2021-13-01' },
      { $datetime: '2021-01-01T24:00:00' },
      { $decimal: 'x' },
      2 ** 60,
    ];
    for (const tagged of wrong)
      assert.throws(() => userDataFromTagged(tagged), InvalidTypeError, stringifyTagged(tagged));
  });

  test('what contains itself, or more than can be printed, does not hang', () => {
    const list: unknown[] = [1];
    list.push(list);
    assert.deepEqual(userDataToTagged(list), [1, { $opaque: 'a value that contains itself' }]);
    const many: unknown[][] = Array.from({ length: 15 }, () => []);
    for (const item of many) item.push(...many);
    assert.throws(() => userDataToTagged(many), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
  });
});
