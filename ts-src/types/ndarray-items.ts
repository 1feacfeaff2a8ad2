/** Single items of arrays: reading and writing them by numpy's name of their type. */
import {
  CorruptDataError,
  describe,
  InvalidTypeError,
  OutOfRangeError,
  UnsupportedError,
} from '../errors.js';
import {
  describeTagged,
  fromTaggedBytes,
  fromTaggedFloat,
  fromTaggedInt,
  type Tagged,
  taggedBytes,
  taggedFloat,
  taggedInt,
  untag,
} from '../exact/tagged.js';
import { readFloat16, writeFloat16 } from './float16.js';
import { type DType, maxNesting } from './ndarray-dtype.js';

/** An item of kind `c`. */
export interface Complex {
  /** The real part. */
  readonly re: number;
  /** The imaginary part. */
  readonly im: number;
}

/**
 * An item of an array, by the kind of its type: `f` and integers of up to 32 bits are numbers, 64-bit integers bigints, `b`
 * booleans, `c` {@link Complex}, `U` text and `S` bytes without the zeros at their end, `V` bytes, structured ones objects.
 */
export type NdItem =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | Complex
  | { readonly [field: string]: NdItem };

/** How items of one type are read and written. */
export interface ItemCodec<Item extends NdItem = NdItem> {
  /** The type as numpy spells it. */
  readonly dtype: DType;
  /** Bytes of one item. */
  readonly size: number;
  /** @throws CorruptDataError where the bytes are no such item, which only some types have */
  read(view: DataView, offset: number): Item;
  /** @throws InvalidTypeError, OutOfRangeError */
  write(view: DataView, offset: number, item: NdItem): void;
  toTagged(item: Item): Tagged;
  fromTagged(tagged: Tagged): NdItem;
}

/** A codec but for the name of its type. */
type Items<Item extends NdItem> = Omit<ItemCodec<Item>, 'dtype'>;
type AnyItems = { [Key in keyof Items<NdItem>]: unknown };

const codecs = new Map<string, ItemCodec>();
const maxCodecs = 1000;

/**
 * The codec for a type; checks the type.
 * @throws UnsupportedError for types that have no items here: objects, `datetime64`, items of no bytes
 */
export function itemCodec(dtype: DType, depth = 0): ItemCodec {
  if (typeof dtype !== 'string') return recordCodec(dtype, depth) as unknown as ItemCodec;
  let codec = codecs.get(dtype);
  if (codec === undefined) {
    codec = simpleCodec(dtype);
    if (codecs.size < maxCodecs) codecs.set(dtype, codec);
  }
  return codec;
}

const typeName = /^([<>|=]?)([biufcSUV])(\d{1,10})$/;
const largestItem = 2 ** 31 - 1;

function simpleCodec(dtype: string): ItemCodec {
  const [, order, kind = '', digits] = typeName.exec(dtype) ?? [];
  const little = order !== '>';
  const size = Number(digits) * (kind === 'U' ? 4 : 1);
  const items = size > 0 && size <= largestItem ? itemsOf(kind, size, little) : undefined;
  if (items === undefined) throw unsupported(dtype);
  const ordered = size > 1 && !'SV'.includes(kind);
  const name = `${ordered ? (little ? '<' : '>') : '|'}${kind}${Number(digits)}`;
  return { ...(items as Items<NdItem>), dtype: name };
}

function itemsOf(kind: string, size: number, little: boolean): AnyItems | undefined {
  if (kind === 'S') return bytesItems(size, true);
  if (kind === 'V') return bytesItems(size, false);
  if (kind === 'U') return textItems(size, little);
  if (kind === 'c') return complexItems(size, little);
  return numberItems(little)[`${kind}${size}`] ?? (kind === 'f' ? wideFloat(size) : undefined);
}

function unsupported(dtype: string): Error {
  return new UnsupportedError(`arrays of the item type ${describe(dtype)} cannot be read or written`);
}

/** Long doubles have no counterpart here; their bytes are kept. */
function wideFloat(size: number): Items<Uint8Array> | undefined {
  return size === 12 || size === 16 ? bytesItems(size, false) : undefined;
}

function numberItems(little: boolean): Record<string, Items<number> | Items<bigint> | Items<boolean>> {
  return {
    b1: boolItems,
    i1: smallInts(
      1,
      true,
      (v, o) => v.getInt8(o),
      (v, o, n) => v.setInt8(o, n),
    ),
    u1: smallInts(
      1,
      false,
      (v, o) => v.getUint8(o),
      (v, o, n) => v.setUint8(o, n),
    ),
    i2: smallInts(
      2,
      true,
      (v, o) => v.getInt16(o, little),
      (v, o, n) => v.setInt16(o, n, little),
    ),
    u2: smallInts(
      2,
      false,
      (v, o) => v.getUint16(o, little),
      (v, o, n) => v.setUint16(o, n, little),
    ),
    i4: smallInts(
      4,
      true,
      (v, o) => v.getInt32(o, little),
      (v, o, n) => v.setInt32(o, n, little),
    ),
    u4: smallInts(
      4,
      false,
      (v, o) => v.getUint32(o, little),
      (v, o, n) => v.setUint32(o, n, little),
    ),
    i8: wideInts(
      true,
      (v, o) => v.getBigInt64(o, little),
      (v, o, n) => v.setBigInt64(o, n, little),
    ),
    u8: wideInts(
      false,
      (v, o) => v.getBigUint64(o, little),
      (v, o, n) => v.setBigUint64(o, n, little),
    ),
    f2: floats(
      2,
      (v, o) => readFloat16(v, o, little),
      (v, o, n) => writeFloat16(v, o, n, little),
    ),
    f4: floats(
      4,
      (v, o) => v.getFloat32(o, little),
      (v, o, n) => v.setFloat32(o, n, little),
    ),
    f8: floats(
      8,
      (v, o) => v.getFloat64(o, little),
      (v, o, n) => v.setFloat64(o, n, little),
    ),
  };
}

type Reader<T> = (view: DataView, offset: number) => T;
type Writer<T> = (view: DataView, offset: number, item: T) => void;

const boolItems: Items<boolean> = {
  size: 1,
  read: (view, offset) => view.getUint8(offset) !== 0,
  write(view, offset, item) {
    if (typeof item !== 'boolean') throw wrongItem('a boolean', item);
    view.setUint8(offset, item ? 1 : 0);
  },
  toTagged: (item) => item,
  fromTagged(tagged) {
    if (typeof tagged === 'boolean') return tagged;
    throw wrongTagged('true or false', tagged);
  },
};

function smallInts(
  size: number,
  signed: boolean,
  read: Reader<number>,
  write: Writer<number>,
): Items<number> {
  const [min, max] = rangeOf(size, signed).map(Number) as [number, number];
  return {
    size,
    read,
    write(view, offset, item) {
      const number = integerItem(item);
      if (number < min || number > max) throw outOfRange(min, max, item);
      write(view, offset, Number(number));
    },
    toTagged: taggedInt,
    fromTagged: fromTaggedInt,
  };
}

function wideInts(signed: boolean, read: Reader<bigint>, write: Writer<bigint>): Items<bigint> {
  const [min, max] = rangeOf(8, signed);
  return {
    size: 8,
    read,
    write(view, offset, item) {
      const number = integerItem(item);
      if (number < min || number > max) throw outOfRange(min, max, item);
      write(view, offset, BigInt(number));
    },
    toTagged: taggedInt,
    fromTagged: fromTaggedInt,
  };
}

function rangeOf(size: number, signed: boolean): [bigint, bigint] {
  const values = 1n << BigInt(size * 8);
  return signed ? [-values / 2n, values / 2n - 1n] : [0n, values - 1n];
}

function integerItem(item: NdItem): number | bigint {
  if (typeof item === 'bigint' || Number.isSafeInteger(item)) return item as number | bigint;
  throw wrongItem('an integer', item);
}

function floats(size: number, read: Reader<number>, write: Writer<number>): Items<number> {
  return {
    size,
    read,
    write(view, offset, item) {
      const number = floatItem(item);
      write(view, offset, number);
      if (Number.isFinite(number) && !Number.isFinite(read(view, offset))) {
        throw new OutOfRangeError(`expected a number that ${size * 8} bits hold, found ${number}`);
      }
    },
    toTagged: taggedFloat,
    fromTagged: fromTaggedFloat,
  };
}

function floatItem(item: unknown): number {
  if (typeof item === 'number') return item;
  throw wrongItem('a number', item);
}

function complexItems(size: number, little: boolean): Items<Complex> | Items<Uint8Array> | undefined {
  if (size === 24 || size === 32) return bytesItems(size, false);
  if (size !== 8 && size !== 16) return undefined;
  const half = size / 2;
  const part = numberItems(little)[`f${half}`] as Items<number>;
  return {
    size,
    read: (view, offset) => ({ re: part.read(view, offset), im: part.read(view, offset + half) }),
    write(view, offset, item) {
      const { re, im } = (item !== null && typeof item === 'object' ? item : { re: item, im: 0 }) as Complex;
      const parts = [floatItem(re), floatItem(im)] as const;
      part.write(view, offset, parts[0]);
      part.write(view, offset + half, parts[1]);
    },
    toTagged: ({ re, im }: Complex) => ({ $complex: [taggedFloat(re), taggedFloat(im)] }),
    fromTagged(tagged) {
      const parts = untag(tagged, '$complex');
      if (!Array.isArray(parts) || parts.length !== 2) throw wrongTagged('{"$complex": [re, im]}', tagged);
      return { re: fromTaggedFloat(parts[0] as Tagged), im: fromTaggedFloat(parts[1] as Tagged) };
    },
  };
}

/** @param trimmed whether the zeros at the end do not count, and shorter items are taken */
function bytesItems(size: number, trimmed: boolean): Items<Uint8Array> {
  return {
    size,
    read(view, offset) {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, size);
      let end = size;
      if (trimmed) while (end > 0 && bytes[end - 1] === 0) end--;
      return bytes.slice(0, end);
    },
    write(view, offset, item) {
      if (!(item instanceof Uint8Array)) throw wrongItem('a Uint8Array', item);
      if (trimmed ? item.length > size : item.length !== size) {
        throw new OutOfRangeError(`expected ${trimmed ? 'up to ' : ''}${size} bytes, found ${item.length}`);
      }
      const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, size);
      bytes.fill(0);
      bytes.set(item);
    },
    toTagged: taggedBytes,
    fromTagged: fromTaggedBytes,
  };
}

function textItems(size: number, little: boolean): Items<string> {
  const length = size / 4;
  return {
    size,
    read(view, offset) {
      let end = length;
      while (end > 0 && view.getUint32(offset + end * 4 - 4, little) === 0) end--;
      let text = '';
      for (let index = 0; index < end; index++) {
        text += characterOf(view.getUint32(offset + index * 4, little));
      }
      return text;
    },
    write(view, offset, item) {
      if (typeof item !== 'string') throw wrongItem('a string', item);
      const characters = Array.from(item, (character) => character.codePointAt(0) as number);
      if (characters.length > length) {
        throw new OutOfRangeError(`expected up to ${length} characters, found ${characters.length}`);
      }
      for (let index = 0; index < length; index++) {
        view.setUint32(offset + index * 4, characters[index] ?? 0, little);
      }
    },
    toTagged: (item) => item,
    fromTagged(tagged) {
      if (typeof tagged === 'string') return tagged;
      throw wrongTagged('a string', tagged);
    },
  };
}

function characterOf(codePoint: number): string {
  if (codePoint <= 0x10ffff) return String.fromCodePoint(codePoint);
  throw new CorruptDataError(`text in an array has ${codePoint} where a character is expected`);
}

type RecordItem = { readonly [field: string]: NdItem };

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly codec: ItemCodec;
}

/** Structured items: fields one after another, without padding. */
function recordCodec(dtype: Exclude<DType, string>, depth: number): ItemCodec<RecordItem> {
  const { fields, size } = layoutOf(dtype, depth);
  return {
    dtype: fields.map(({ name, codec }) => [name, codec.dtype] as const),
    size,
    read: (view, start) =>
      Object.fromEntries(fields.map(({ name, offset, codec }) => [name, codec.read(view, start + offset)])),
    write(view, start, item) {
      if (typeof item !== 'object' || item === null || item instanceof Uint8Array)
        throw wrongItem('an object', item);
      for (const { name, offset, codec } of fields) {
        codec.write(view, start + offset, (item as RecordItem)[name] as NdItem);
      }
    },
    toTagged: (item) => ({ $tuple: fields.map(({ name, codec }) => codec.toTagged(item[name] as NdItem)) }),
    fromTagged(tagged) {
      const items = untag(tagged, '$tuple');
      if (!Array.isArray(items) || items.length !== fields.length) {
        throw wrongTagged(`{"$tuple": […]} of ${fields.length}`, tagged);
      }
      return Object.fromEntries(
        fields.map(({ name, codec }, index) => [name, codec.fromTagged(items[index] as Tagged)]),
      );
    },
  };
}

function layoutOf(dtype: Exclude<DType, string>, depth: number): { fields: Field[]; size: number } {
  if (depth >= maxNesting) throw new UnsupportedError(`an item type nests deeper than ${maxNesting}`);
  const names = new Set(dtype.map(([name]) => name));
  if (names.size !== dtype.length) throw new UnsupportedError('an item type has two fields of one name');
  let size = 0;
  const fields = dtype.map(([name, type]) => {
    const codec = itemCodec(type, depth + 1);
    const field = { name, offset: size, codec };
    size += codec.size;
    return field;
  });
  if (size === 0 || size > largestItem)
    throw new UnsupportedError(`array items of ${size} bytes cannot be read`);
  return { fields, size };
}

function wrongItem(expected: string, found: unknown): Error {
  return new InvalidTypeError(`expected ${expected} for an item of the array, found ${describe(found)}`);
}

function wrongTagged(expected: string, found: Tagged): Error {
  return new InvalidTypeError(
    `${expected} is expected for an item of an array, not ${describeTagged(found)}`,
  );
}

function outOfRange(min: number | bigint, max: number | bigint, found: NdItem): Error {
  return new OutOfRangeError(
    `expected an integer from ${min} to ${max} in the array, found ${describe(found)}`,
  );
}
