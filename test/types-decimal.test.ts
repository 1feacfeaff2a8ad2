import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CorruptDataError } from 'sharedbuffers';
import { decimal } from '#src/types/decimal.js';
import { Decimal, type DecimalLike } from '#src/types/decimal-value.js';
import {
  assertSurvivesDamage,
  exactValue,
  findingsOf,
  packValue,
  readValue,
  roundTrip,
} from './support/values.js';

describe('Decimal', () => {
  // each with what Python's str(Decimal(…)) gives
  const texts: [given: DecimalLike, text: string][] = [
    ['38.872874', '38.872874'],
    ['-0', '-0'],
    ['0.000', '0.000'],
    ['-0.000', '-0.000'],
    ['0e3', '0E+3'],
    ['1E+1000', '1E+1000'],
    ['-1.5E-3000', '-1.5E-3000'],
    ['00012.500', '12.500'],
    ['0.000001', '0.000001'],
    ['0.0000001', '1E-7'],
    ['0.00000012', '1.2E-7'],
    ['123e-9', '1.23E-7'],
    ['123e-8', '0.00000123'],
    ['1e0', '1'],
    ['12e1', '1.2E+2'],
    ['.5', '0.5'],
    ['5.', '5'],
    [' +1_000.25 ', '1000.25'],
    ['1e0000000000000000000000000000005', '1E+5'],
    ['9.99E+999999999999999999', '9.99E+999999999999999999'],
    ['1E-1999999999999999997', '1E-1999999999999999997'],
    [0.1, '0.1'],
    [-0, '-0'],
    [17, '17'],
    [1e21, '1E+21'],
    [1.5e-9, '1.5E-9'],
    [123456789012345678901234567890n, '123456789012345678901234567890'],
    [-5n, '-5'],
  ];
  for (const [given, text] of texts) {
    it(`prints ${text}`, () => {
      assert.equal(String(Decimal.from(given)), text);
      assert.equal(String(roundTrip(decimal, given)), text);
      assert.deepEqual(exactValue(decimal, packValue(decimal, given)), { $decimal: text });
      assert.equal(JSON.stringify(decimal.fromExact({ $decimal: text })), `"${text}"`);
    });
  }

  it('refuses what is no finite number', () => {
    const wrong = ['', '.', 'NaN', 'Infinity', '1e', 'e5', '1.2.3', '0x10', '--1', '1e999999999999999999999'];
    for (const text of wrong) {
      assert.throws(() => Decimal.from(text), { code: 'ERR_SHAREDBUFFERS_OUT_OF_RANGE' }, text);
    }
    assert.throws(() => Decimal.from(Number.NaN), RangeError);
    assert.throws(() => Decimal.from(Number.POSITIVE_INFINITY), RangeError);
    assert.throws(() => Decimal.from(true as never), { code: 'ERR_SHAREDBUFFERS_INVALID_TYPE' });
    assert.throws(() => Decimal.from('1E+1000000000000000000'), RangeError);
    assert.throws(() => Decimal.from('1E-1999999999999999998'), RangeError);
    assert.throws(() => new Decimal(1, '1a', 0), TypeError);
    assert.throws(() => new Decimal(0 as 1, '1', 0), TypeError);
    assert.throws(() => new Decimal(1, '1', 0.5), TypeError);
  });

  it('compares by value, exactly', () => {
    const ordered = [
      '-1E+50',
      '-20',
      '-3',
      '-2.5',
      '-1E-30',
      '0',
      '1E-30',
      '0.1',
      '0.10000000000000000001',
      '7',
      '70',
    ];
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        assert.equal(Math.sign(Decimal.from(a).compare(Decimal.from(b))), Math.sign(i - j), `${a} and ${b}`);
      }
    }
    assert.ok(Decimal.from('1.50').equals(Decimal.from('1.5')));
    assert.ok(Decimal.from('-0').equals(Decimal.from('0E+7')));
    assert.ok(Decimal.from('15e-1').equals(Decimal.from(1.5)));
    assert.ok(!Decimal.from('-1.5').equals(Decimal.from('1.5')));
  });

  it('is a frozen value of sign, digits and exponent', () => {
    const { sign, digits, exponent } = Decimal.from('-12.50');
    assert.deepEqual([sign, digits, exponent], [-1, '1250', -2n]);
    assert.ok(Object.isFrozen(Decimal.from(1)));
    assert.equal(Decimal.from('12.5').toNumber(), 12.5);
    assert.ok(Decimal.from('2') < Decimal.from('10'));
  });
});

describe('stored decimals', () => {
  const headerOf = (code: string, length: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, code.charCodeAt(0) + length * 256, true);
    return bytes;
  };
  const stored = (exponent: bigint, ...list: ArrayLike<number>[]) =>
    new Uint8Array([
      ...new Uint8Array(new BigInt64Array([exponent << 1n]).buffer),
      ...list.flatMap((x) => [...Array.from(x)]),
    ]);

  it('has the bytes that Python writes', () => {
    assert.equal(Buffer.from(packValue(decimal, -1)).toString('hex'), '01000000000000004201000001');
    assert.equal(Buffer.from(packValue(decimal, '1.5')).toString('hex'), 'feffffffffffffff420200000105');
  });

  it('reads digits of any integer width, leading zeros and no digits', () => {
    assert.equal(String(readValue(decimal, stored(-1n, headerOf('b', 2), [1, 5]))), '1.5');
    assert.equal(String(readValue(decimal, stored(0n, headerOf('H', 2), [7, 0, 5, 0]))), '75');
    assert.equal(String(readValue(decimal, stored(0n, headerOf('i', 1), [7, 0, 0, 0]))), '7');
    assert.equal(
      String(readValue(decimal, stored(0n, headerOf('q', 1), [0, 0, 0, 0], [7, 0, 0, 0, 0, 0, 0, 0]))),
      '7',
    );
    assert.equal(String(readValue(decimal, stored(2n, headerOf('B', 4), [0, 0, 3, 0]))), '3.0E+3');
    assert.equal(String(readValue(decimal, stored(5n, headerOf('B', 0)))), '0E+5');
    const veryLong = [2, 0, 0, 0, 0, 0, 0, 0, 4, 2];
    assert.equal(String(readValue(decimal, stored(0n, headerOf('B', 0xffffff), veryLong))), '42');
  });

  it('refuses what is no decimal', () => {
    const corrupt = [
      stored(0n, headerOf('B', 2), [1, 10]),
      stored(0n, headerOf('b', 1), [0xff]),
      stored(0n, headerOf('T', 0), [0, 0, 0, 0]),
      stored(0n, headerOf('d', 1), [0, 0, 0, 0], new Uint8Array(8)),
      stored(0n, headerOf('B', 3), [1, 2]),
      stored(0n, headerOf('q', 0xffffff), [255, 255, 255, 255]),
      stored(0n, headerOf('B', 0xffffff), [255, 255, 255, 255, 255, 255, 255, 255]),
      stored(10n ** 18n, headerOf('B', 1), [1]),
    ];
    for (const bytes of corrupt) {
      assert.throws(() => readValue(decimal, bytes), CorruptDataError);
      assert.equal(findingsOf(decimal, bytes).length, 1);
    }
  });

  it('keeps a thousand digits, and refuses more than a list can have', () => {
    const digits = '1234567890'.repeat(100);
    assert.equal(roundTrip(decimal, `${digits}.5`).toString(), `${digits}.5`);
    assert.throws(() => packValue(decimal, '1'.repeat(0xffffff)), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
  });

  it('survives damaged bytes', () => assertSurvivesDamage(decimal, packValue(decimal, '123.4')));
});
