/** Decimals: exponent and sign in 64 bits, then a list of the digits. See docs/format.md, "Decimals". */
import type { Packer } from '../building/packer.js';
import { CorruptDataError, InvalidTypeError, TooLargeError } from '../errors.js';
import { describeTagged, untag } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { Decimal, type DecimalLike } from './decimal-value.js';
import { type IntList, intListAt, longListLength } from './int-list.js';
import { type ValueType, valueType } from './pointer.js';
import { registerRtti } from './rtti.js';

const codeOfZero = 0x30;

function read(region: Region, position: number): Decimal {
  region.requireRange(position, 8, 'a decimal');
  const { view, start } = region.windowAt(position);
  const stored = view.getBigInt64(position - start, true);
  const digits = digitsOf(intListAt(region, position + 8, 'the digits of a decimal'), position + 8);
  try {
    return new Decimal(stored & 1n ? -1 : 1, digits, stored >> 1n);
  } catch (error) {
    throw new CorruptDataError((error as Error).message, position);
  }
}

function digitsOf(list: IntList, position: number): string {
  if (list.length === 0) return '0';
  if (list.length >= longListLength) throw new TooLargeError(`a decimal has ${list.length} digits`);
  const text = Buffer.alloc(list.length);
  for (let index = 0; index < list.length; index++) {
    const digit = list.at(index);
    if (!(digit >= 0 && digit <= 9)) {
      throw new CorruptDataError(`a decimal has ${digit} where a digit is expected`, position);
    }
    text[index] = codeOfZero + digit;
  }
  return text.toString('latin1');
}

function append(packer: Packer, value: DecimalLike): void {
  const { sign, digits, exponent } = Decimal.from(value);
  if (digits.length >= longListLength) {
    throw new TooLargeError(
      `a decimal can have up to ${longListLength - 1} digits, found one of ${digits.length}`,
    );
  }
  packer.reserve(12 + digits.length);
  const { view, bytes, length } = packer;
  view.setBigInt64(length, (exponent << 1n) | (sign < 0 ? 1n : 0n), true);
  view.setUint32(length + 8, 'B'.charCodeAt(0) + digits.length * 2 ** 8, true);
  for (let index = 0; index < digits.length; index++) {
    bytes[length + 12 + index] = digits.charCodeAt(index) - codeOfZero;
  }
  packer.length = length + 12 + digits.length;
}

/** Decimal numbers of any size, exact. Numbers are taken by their shortest text: 0.1 is 0.1. */
export const decimal: ValueType<Decimal, DecimalLike> = valueType({
  name: 'decimal',
  stored: 'mapped_decimal',
  read,
  append,
  readExact: (region, position) => ({ $decimal: read(region, position).toString() }),
  fromExact(tagged) {
    const text = untag(tagged, '$decimal');
    if (typeof text === 'string') return Decimal.from(text);
    throw new InvalidTypeError(`a decimal is expected, {"$decimal": "1.50"}, not ${describeTagged(tagged)}`);
  },
  isLarge: true,
});

registerRtti({ code: 'F', type: decimal, accepts: (value) => value instanceof Decimal });
