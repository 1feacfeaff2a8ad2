/** Integers, floats and booleans: fixed-size values that lie within their record, little-endian, unaligned. */
import { describe, InvalidTypeError, OutOfRangeError, SharedBuffersError } from '../errors.js';
import { fromTaggedFloat, fromTaggedInt, type Tagged, taggedFloat, taggedInt } from '../exact/tagged.js';
import { Float } from './float.js';
import { type ColumnKind, type InlineType, OptionalSlot } from './slot-type.js';

/** A fixed-size slot type that users name, with its `optional()` form. */
export interface NumberType<Read, Write = Read, Column = unknown> extends InlineType<Read, Write, Column> {
  optional(): OptionalSlot<this>;
}

type Reader<T> = (view: DataView, offset: number) => T;
type Writer<T> = (view: DataView, offset: number, value: T) => void;

interface NumberTypeParts<Read, Write> {
  name: string;
  stored: string;
  size: number;
  columnKind: ColumnKind;
  read: Reader<Read>;
  write: Writer<Write>;
  readExact: Reader<Tagged>;
  fromExact: (tagged: Tagged) => Write;
}

function numberType<Read, Write, Column>(
  parts: NumberTypeParts<Read, Write>,
): NumberType<Read, Write, Column> {
  return {
    inline: true,
    name: parts.name,
    size: parts.size,
    columnKind: parts.columnKind,
    storedType: () => parts.stored,
    read: parts.read,
    write: parts.write,
    readExact: parts.readExact,
    fromExact: parts.fromExact,
    verify() {},
    optional() {
      return new OptionalSlot(this);
    },
  };
}

/** Integers of up to 32 bits: every stored pattern is a `number`. */
function smallInteger<Column>(
  name: ColumnKind & string,
  stored: string,
  [min, max]: readonly [number, number],
  read: Reader<number>,
  store: Writer<number>,
): NumberType<number, number, Column> {
  const size = Math.log2(max - min + 1) / 8;
  const fits = (value: number) => Number.isInteger(value) && value >= min && value <= max;
  return numberType({
    name,
    stored,
    size,
    columnKind: name,
    read,
    write(view, offset, value) {
      if (!fits(value)) throw integerError(name, min, max, value);
      store(view, offset, value);
    },
    readExact: read,
    fromExact: (tagged) => Number(fromTaggedInt(tagged)),
  });
}

function integerError(name: string, min: number | bigint, max: number | bigint, value: unknown): Error {
  const found = `${describe(value)}${numberAdvice(min, value)}`;
  const message = `expected an integer from ${min} to ${max} (${name}), found ${found}`;
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return isNumber ? new OutOfRangeError(message) : new InvalidTypeError(message);
}

/** @param min a bigint where bigints are taken */
function numberAdvice(min: number | bigint, value: unknown): string {
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return '; a text is none, Number(text) is';
  if (typeof min === 'number') return typeof value === 'bigint' ? '; give a number' : '';
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded ? ', which a number does not hold exactly; give a bigint' : '';
}

const int64Range = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const uint64Range = [0n, 2n ** 64n - 1n] as const;

/** Writes a 64-bit integer given as bigint or safe integer; `number`s go without a bigint in between. */
function wideWriter(name: string, [min, max]: readonly [bigint, bigint]): Writer<number | bigint> {
  const negative = min < 0n;
  return (view, offset, value) => {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) || (!negative && value < 0)) throw integerError(name, min, max, value);
      writeSafeInteger(view, offset, value);
    } else {
      if (typeof value !== 'bigint' || value < min || value > max) throw integerError(name, min, max, value);
      view.setBigUint64(offset, BigInt.asUintN(64, value), true);
    }
  };
}

/** Stores a safe integer in 64 bits, two's complement. */
export function writeSafeInteger(view: DataView, offset: number, value: number): void {
  const low = value >>> 0;
  view.setUint32(offset, low, true);
  view.setInt32(offset + 4, low === value ? 0 : Math.floor(value / 2 ** 32), true);
}

/** Reads a signed 64-bit integer; exact up to 2^53, beyond that rounded. */
export function readSafeInteger(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

const readInt64: Reader<bigint> = (view, offset) => view.getBigInt64(offset, true);
const readUint64: Reader<bigint> = (view, offset) => view.getBigUint64(offset, true);

/** Whole numbers from -128 to 127. */
export const int8 = smallInteger<Int8Array>(
  'int8',
  'byte',
  [-(2 ** 7), 2 ** 7 - 1],
  (view, offset) => view.getInt8(offset),
  (view, offset, value) => view.setInt8(offset, value),
);

/** Whole numbers from 0 to 255. */
export const uint8 = smallInteger<Uint8Array>(
  'uint8',
  'ubyte',
  [0, 2 ** 8 - 1],
  (view, offset) => view.getUint8(offset),
  (view, offset, value) => view.setUint8(offset, value),
);

/** Whole numbers from -32,768 to 32,767. */
export const int16 = smallInteger<Int16Array>(
  'int16',
  'short',
  [-(2 ** 15), 2 ** 15 - 1],
  (view, offset) => view.getInt16(offset, true),
  (view, offset, value) => view.setInt16(offset, value, true),
);

/** Whole numbers from 0 to 65,535. */
export const uint16 = smallInteger<Uint16Array>(
  'uint16',
  'ushort',
  [0, 2 ** 16 - 1],
  (view, offset) => view.getUint16(offset, true),
  (view, offset, value) => view.setUint16(offset, value, true),
);

/** Whole numbers from -2^31 to 2^31 - 1. */
export const int32 = smallInteger<Int32Array>(
  'int32',
  'int32',
  [-(2 ** 31), 2 ** 31 - 1],
  (view, offset) => view.getInt32(offset, true),
  (view, offset, value) => view.setInt32(offset, value, true),
);

/** Whole numbers from 0 to 2^32 - 1. */
export const uint32 = smallInteger<Uint32Array>(
  'uint32',
  'uint32',
  [0, 2 ** 32 - 1],
  (view, offset) => view.getUint32(offset, true),
  (view, offset, value) => view.setUint32(offset, value, true),
);

/** Whole numbers from -2^63 to 2^63 - 1, read as bigint. */
export const int64 = numberType<bigint, number | bigint, BigInt64Array>({
  name: 'int64',
  stored: 'int64',
  size: 8,
  columnKind: 'int64',
  read: readInt64,
  write: wideWriter('int64', int64Range),
  readExact: (view, offset) => taggedInt(readInt64(view, offset)),
  fromExact: fromTaggedInt,
});

/** Whole numbers from 0 to 2^64 - 1, read as bigint. */
export const uint64 = numberType<bigint, number | bigint, BigUint64Array>({
  name: 'uint64',
  stored: 'uint64',
  size: 8,
  columnKind: 'uint64',
  read: readUint64,
  write: wideWriter('uint64', uint64Range),
  readExact: (view, offset) => taggedInt(readUint64(view, offset)),
  fromExact: fromTaggedInt,
});

/** Python's `int`: 64 bits in the file, a `number` here; what no `number` can hold exactly is an error. */
export const int = numberType<number, number | bigint, Float64Array>({
  name: 'int',
  stored: 'int',
  size: 8,
  columnKind: 'int',
  read(view, offset) {
    const value = readSafeInteger(view, offset);
    if (!Number.isSafeInteger(value)) throw unsafeInteger(readInt64(view, offset));
    return value;
  },
  write: wideWriter('int', int64Range),
  readExact: (view, offset) => taggedInt(readInt64(view, offset)),
  fromExact: fromTaggedInt,
});

export function unsafeInteger(value: bigint): Error {
  return new SharedBuffersError(
    'ERR_SHAREDBUFFERS_UNSAFE_INTEGER',
    `${value} is beyond what a number holds exactly (2^53); declare the slot as t.int64 to read a bigint`,
  );
}

/** `t.int` of schemas that come from a file or from JSON: `number` when safe, else `bigint`. */
export const anyInt = numberType<number | bigint, number | bigint, Float64Array>({
  name: 'int',
  stored: 'int',
  size: 8,
  columnKind: 'int',
  read(view, offset) {
    const value = readSafeInteger(view, offset);
    return Number.isSafeInteger(value) ? value : readInt64(view, offset);
  },
  write: int.write,
  readExact: int.readExact,
  fromExact: fromTaggedInt,
});

function numberOf(name: string, value: unknown): number {
  if (typeof value === 'number') return value;
  if (value instanceof Float) return value.value;
  throw new InvalidTypeError(`expected a number (${name}), found ${describe(value)}`);
}

const largestFloat32 = 3.4028234663852886e38;

/** Rounded to 32 bits when packed; what would round to infinity is refused. */
export const float32 = numberType<number, number | Float, Float32Array>({
  name: 'float32',
  stored: 'float32',
  size: 4,
  columnKind: 'float32',
  read: (view, offset) => view.getFloat32(offset, true),
  write(view, offset, value) {
    const number = numberOf('float32', value);
    if (Number.isFinite(number) && !Number.isFinite(Math.fround(number))) {
      throw new OutOfRangeError(
        `expected a number from -${largestFloat32} to ${largestFloat32} (float32), found ${describe(number)}`,
      );
    }
    view.setFloat32(offset, number, true);
  },
  readExact: (view, offset) => taggedFloat(view.getFloat32(offset, true)),
  fromExact: fromTaggedFloat,
});

/** @param stored Python has two names for one format, and schemas keep the one they were declared with */
function doubleType(name: string, stored: string): NumberType<number, number | Float, Float64Array> {
  return numberType<number, number | Float, Float64Array>({
    name,
    stored,
    size: 8,
    columnKind: 'float64',
    read: (view, offset) => view.getFloat64(offset, true),
    write: (view, offset, value) => view.setFloat64(offset, numberOf(name, value), true),
    readExact: (view, offset) => taggedFloat(view.getFloat64(offset, true)),
    fromExact: fromTaggedFloat,
  });
}

/** Numbers, as JavaScript has them. */
export const float64 = doubleType('float64', 'float64');

/** Python's `float`: stored as `float64` is. */
export const pythonFloat = doubleType('float', 'float');

/** One byte; any value but 0 reads as true. */
export const bool = numberType<boolean, boolean, Uint8Array>({
  name: 'bool',
  stored: 'bool',
  size: 1,
  columnKind: 'bool',
  read: (view, offset) => view.getUint8(offset) !== 0,
  write(view, offset, value) {
    if (typeof value !== 'boolean')
      throw new InvalidTypeError(`expected a boolean (bool), found ${describe(value)}`);
    view.setUint8(offset, value ? 1 : 0);
  },
  readExact: (view, offset) => view.getUint8(offset) !== 0,
  fromExact(tagged) {
    if (typeof tagged === 'boolean') return tagged;
    throw new InvalidTypeError(`expected true or false (bool), found ${JSON.stringify(tagged)}`);
  },
});
