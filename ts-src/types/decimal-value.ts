/** The value class of `t.decimal`: decimal numbers of any size, exact. */
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';

/** The powers of ten that the first and the last digit of Python's decimals can count. */
const largestPower = 999_999_999_999_999_999n;
const smallestPower = -1_999_999_999_999_999_997n;

const decimalText = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/;

/** What {@link Decimal.from} takes. */
export type DecimalLike = Decimal | string | number | bigint;

/**
 * A decimal number, `sign * digits * 10 ** exponent`, as Python's: trailing zeros are kept (1.50 is not written 1.5), and
 * there is a -0. Immutable. It holds values; for arithmetic take a library for that, through `toString()`.
 */
export class Decimal {
  /** -1 for negative numbers and -0 */
  readonly sign: 1 | -1;
  /** The decimal digits, without leading zeros; `'0'` for zero. */
  readonly digits: string;
  /** The power of ten that the last digit counts. */
  readonly exponent: bigint;

  /**
   * @param digits decimal digits
   * @throws InvalidTypeError, OutOfRangeError where Python's decimals do not reach
   */
  constructor(sign: 1 | -1, digits: string, exponent: bigint | number) {
    if (sign !== 1 && sign !== -1)
      throw new InvalidTypeError(`expected a sign, 1 or -1, found ${describe(sign)}`);
    if (typeof digits !== 'string' || !/^\d+$/.test(digits)) {
      throw new InvalidTypeError(`expected a string of decimal digits, found ${describe(digits)}`);
    }
    if (typeof exponent !== 'bigint' && !Number.isSafeInteger(exponent)) {
      throw new InvalidTypeError(`expected an integer exponent, found ${describe(exponent)}`);
    }
    this.sign = sign;
    this.digits = digits.startsWith('0') ? digits.replace(/^0+(?=.)/, '') : digits;
    this.exponent = BigInt(exponent);
    if (!inRange(this)) {
      throw new OutOfRangeError(
        `a decimal of ${this.digits.length} digits cannot have the exponent ${exponent}`,
      );
    }
    Object.freeze(this);
  }

  /**
   * A decimal from text as Python takes it (`'1.50'`, `'-2e-7'`; not `NaN` or `Infinity`), from a `bigint`, or from a finite
   * `number`, by the shortest text of it: 0.1 is 0.1. A `Decimal` is answered as it is.
   * @throws InvalidTypeError, OutOfRangeError
   */
  static from(value: DecimalLike): Decimal {
    if (value instanceof Decimal) return value;
    if (typeof value === 'bigint') return parseDecimal(String(value));
    if (typeof value === 'string') return parseDecimal(value);
    if (typeof value !== 'number') {
      throw new InvalidTypeError(
        `expected a Decimal, a numeric string, a number or a bigint (decimal), found ${describe(value)}`,
      );
    }
    if (!Number.isFinite(value)) {
      throw new OutOfRangeError(`expected a finite number (decimal), found ${describe(value)}`);
    }
    return parseDecimal(Object.is(value, -0) ? '-0' : String(value));
  }

  /** Whether it is the same number: 1.50 equals 1.5, and -0 equals 0. */
  equals(other: Decimal): boolean {
    return other instanceof Decimal && this.compare(other) === 0;
  }

  /** Negative, 0 or positive as this is less than, equal to or greater than the other; exact. */
  compare(other: Decimal): number {
    const zero = isZero(this);
    if (zero && isZero(other)) return 0;
    if (zero || isZero(other)) return zero ? -other.sign : this.sign;
    if (this.sign !== other.sign) return this.sign;
    return this.sign > 0 ? compareSizes(this, other) : compareSizes(other, this);
  }

  /** The nearest double: what `Number(text)` gives. */
  toNumber(): number {
    return Number(this.toString());
  }

  /** {@link toNumber}: `<`, `+` and the like see a double. `compare` and `equals` are exact. */
  valueOf(): number {
    return this.toNumber();
  }

  /** As Python prints it: `38.872874`, `0.000`, `1E+1000`, `-1.5E-3000`. */
  toString(): string {
    const { digits, exponent } = this;
    const sign = this.sign < 0 ? '-' : '';
    const before = exponent + BigInt(digits.length);
    if (exponent <= 0n && before > -6n) return sign + withPoint(digits, Number(before));
    const power = before - 1n;
    return `${sign}${withPoint(digits, 1)}${power === 0n ? '' : `E${power < 0n ? '' : '+'}${power}`}`;
  }

  /** The exact digits as text. */
  toJSON(): string {
    return this.toString();
  }

  static {
    Object.defineProperty(Decimal.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Decimal) {
        return `Decimal ${this}`;
      },
    });
  }
}

/** @param before how many of the digits stand before the point; 0 or less puts zeros before them */
function withPoint(digits: string, before: number): string {
  if (before <= 0) return `0.${'0'.repeat(-before)}${digits}`;
  return before >= digits.length ? digits : `${digits.slice(0, before)}.${digits.slice(before)}`;
}

function parseDecimal(text: string): Decimal {
  const [matched, sign, whole = '', fraction = '', power = '0'] =
    decimalText.exec(text.replaceAll('_', '')) ?? [];
  const digits = whole + fraction;
  if (matched === undefined || digits === '') {
    throw new OutOfRangeError(
      `expected a decimal number such as '-12.50' or '1E+9', found ${describe(text)}`,
    );
  }
  // what is longer is out of range, and takes long to turn into a number
  const exponent = power.replace(/^([+-]?)0+(?=\d)/, '$1');
  if (exponent.length > 20) throw new OutOfRangeError(`the exponent of ${describe(text)} is too large`);
  const lastPlace = BigInt(exponent.replace('+', '')) - BigInt(fraction.length);
  return new Decimal(sign === '-' ? -1 : 1, digits, lastPlace);
}

function inRange(decimal: Decimal): boolean {
  const { exponent, digits } = decimal;
  return exponent >= smallestPower && exponent + BigInt(digits.length) - 1n <= largestPower;
}

function isZero(decimal: Decimal): boolean {
  return decimal.digits === '0';
}

/** Compares without the signs; neither is zero. */
function compareSizes(a: Decimal, b: Decimal): number {
  const before = a.exponent + BigInt(a.digits.length) - (b.exponent + BigInt(b.digits.length));
  if (before !== 0n) return before < 0n ? -1 : 1;
  const length = Math.max(a.digits.length, b.digits.length);
  const [left, right] = [a.digits.padEnd(length, '0'), b.digits.padEnd(length, '0')];
  return left === right ? 0 : left < right ? -1 : 1;
}
