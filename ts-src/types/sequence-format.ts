/**
 * How sequences are stored: a code and a length, then integers or floats of one width, or pointers to dynamic values.
 * See docs/format.md, "Sequences".
 */
import { CorruptDataError, SharedBuffersError, TooLargeError } from '../errors.js';
import { type Region, readError } from '../region.js';
import { readSafeInteger } from './numbers.js';
import { hasShortHeader, item, itemSizes, showCode } from './typecodes.js';

export interface StoredSequence {
  /** Where the sequence starts; pointers in it are relative to that. */
  readonly position: number;
  readonly code: number;
  readonly length: number;
  readonly itemSize: number;
  /** Where the first item is. */
  readonly data: number;
}

/** What integers become: a number where that is safe, else a bigint; always a number; always a bigint. */
export type IntegerMode = 'either' | 'number' | 'bigint';

/** A pointer that no value can have: it would point into the header. It stands for None. */
export const nonePointer = 1;
/** What `pointerAt` answers for None. */
export const noneItem = -1;
/** The length that says that the real one follows, where lengths have 24 bits. */
export const veryLong = 0xffffff;

/** @throws CorruptDataError where that is no sequence, or one that leaves the region */
export function sequenceAt(region: Region, position: number): StoredSequence {
  region.requireRange(position, 4, 'the header of a sequence');
  const { view, start } = region.windowAt(position);
  const code = view.getUint8(position - start);
  const itemSize = itemSizes[code] as number;
  if (itemSize === 0)
    throw new CorruptDataError(`a sequence has the unknown code ${showCode(code)}`, position);
  let length = view.getUint32(position - start, true) >>> 8;
  let data = position + 4;
  if (hasShortHeader[code] === 0) {
    region.requireRange(position, 8, 'the header of a sequence');
    length += view.getUint32(position - start + 4, true) * 2 ** 24;
    data = position + 8;
  } else if (length === veryLong) {
    length = region.readSize(data, 'the length of a sequence');
    data = position + 12;
  }
  if (length * itemSize > region.size - data) {
    throw new CorruptDataError(
      `a sequence of ${length} items does not fit into the ${region.size} bytes that are there`,
      position,
    );
  }
  return { position, code, length, itemSize, data };
}

export function isPointerCode(code: number): boolean {
  return code === item.pointer32 || code === item.pointer64;
}

export function isFloatCode(code: number): boolean {
  return code === item.float64 || code === item.float32;
}

/** The position that an item points to, or `noneItem`. */
export function pointerAt(region: Region, sequence: StoredSequence, index: number): number {
  const at = sequence.data + index * sequence.itemSize;
  const { view, start } = region.windowAt(at);
  const pointer =
    sequence.code === item.pointer32 ? view.getInt32(at - start, true) : readSafeInteger(view, at - start);
  if (pointer === nonePointer) return noneItem;
  const target = sequence.position + pointer;
  if (!(target >= 0 && target < region.size)) throw region.outside(target);
  return target;
}

/** One item of a sequence of numbers. */
export function numberAt(
  region: Region,
  sequence: StoredSequence,
  index: number,
  mode: IntegerMode,
): number | bigint {
  const at = sequence.data + index * sequence.itemSize;
  const { view, start } = region.windowAt(at);
  return numberOfCode(view, at - start, sequence.code, mode);
}

/** A number of a code that sequences and dynamic values share. */
export function numberOfCode(
  view: DataView,
  offset: number,
  code: number,
  mode: IntegerMode,
): number | bigint {
  switch (code) {
    case item.float64:
      return view.getFloat64(offset, true);
    case item.float32:
      return view.getFloat32(offset, true);
    case item.int64:
      return wideInteger(readSafeInteger(view, offset), view, offset, mode, true);
    case item.uint64:
      return wideInteger(readSafeUnsigned(view, offset), view, offset, mode, false);
    default: {
      const value = narrowInteger(view, offset, code);
      return mode === 'bigint' ? BigInt(value) : value;
    }
  }
}

function narrowInteger(view: DataView, offset: number, code: number): number {
  switch (code) {
    case item.uint8:
      return view.getUint8(offset);
    case item.int8:
      return view.getInt8(offset);
    case item.uint16:
      return view.getUint16(offset, true);
    case item.int16:
      return view.getInt16(offset, true);
    case item.uint32:
      return view.getUint32(offset, true);
    default:
      return view.getInt32(offset, true);
  }
}

function readSafeUnsigned(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

function wideInteger(
  approximate: number,
  view: DataView,
  offset: number,
  mode: IntegerMode,
  signed: boolean,
): number | bigint {
  if (mode !== 'bigint' && Number.isSafeInteger(approximate)) return approximate;
  const exact = signed ? view.getBigInt64(offset, true) : view.getBigUint64(offset, true);
  if (mode !== 'number') return exact;
  throw new SharedBuffersError(
    'ERR_SHAREDBUFFERS_UNSAFE_INTEGER',
    `${exact} is beyond what a number holds exactly (2^53); declare the members as t.int64 to read bigints`,
  );
}

/** Appends the items `[from, to)` of a sequence of numbers to an array. */
export function readNumbers(
  region: Region,
  sequence: StoredSequence,
  mode: IntegerMode,
  out: unknown[],
  from = 0,
  to = sequence.length,
): void {
  const { code, itemSize } = sequence;
  const first = sequence.data + from * itemSize;
  const window = region.windowAt(first);
  const { view } = window;
  const start = first - window.start;
  const end = start + (to - from) * itemSize;
  if (end > view.byteLength) {
    throw new TooLargeError(`a sequence has ${end - start} bytes, more than this runtime can see at once`);
  }
  try {
    if (mode !== 'bigint' || isFloatCode(code)) pushNumbers(view, code, itemSize, mode, start, end, out);
    else for (let at = start; at < end; at += itemSize) out.push(numberOfCode(view, at, code, mode));
  } catch (error) {
    throw readError(error, window, first);
  }
}

/** One loop for each width that is common, so that each stays free of decisions. */
function pushNumbers(
  view: DataView,
  code: number,
  size: number,
  mode: IntegerMode,
  start: number,
  end: number,
  out: unknown[],
): void {
  switch (code) {
    case item.uint8:
      for (let at = start; at < end; at++) out.push(view.getUint8(at));
      break;
    case item.uint16:
      for (let at = start; at < end; at += 2) out.push(view.getUint16(at, true));
      break;
    case item.int32:
      for (let at = start; at < end; at += 4) out.push(view.getInt32(at, true));
      break;
    case item.uint32:
      for (let at = start; at < end; at += 4) out.push(view.getUint32(at, true));
      break;
    case item.float32:
      for (let at = start; at < end; at += 4) out.push(view.getFloat32(at, true));
      break;
    case item.float64:
      for (let at = start; at < end; at += 8) out.push(view.getFloat64(at, true));
      break;
    default:
      for (let at = start; at < end; at += size) out.push(numberOfCode(view, at, code, mode));
  }
}

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

const typedArrayClasses = new Map<number, new (buffer: ArrayBuffer) => TypedArray>([
  [item.int8, Int8Array],
  [item.uint8, Uint8Array],
  [item.int16, Int16Array],
  [item.uint16, Uint16Array],
  [item.int32, Int32Array],
  [item.uint32, Uint32Array],
  [item.float32, Float32Array],
  [item.float64, Float64Array],
  [item.int64, BigInt64Array],
  [item.uint64, BigUint64Array],
]);

/** The items `[from, to)` of a sequence of numbers as a typed array of their stored width; `undefined` for others. */
export function readTypedArray(
  region: Region,
  { code, data, itemSize }: StoredSequence,
  from: number,
  to: number,
): TypedArray | undefined {
  const TypedArrayClass = typedArrayClasses.get(code);
  if (TypedArrayClass === undefined) return undefined;
  const bytes = region.bytesAt(data + from * itemSize, (to - from) * itemSize, 'a sequence');
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return new TypedArrayClass(copy.buffer);
}

/** A copy of a typed array, of the plain class for its items. */
export function copyTypedArray(array: TypedArray, code: number): TypedArray {
  const copy = new Uint8Array(array.byteLength);
  copy.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return new (typedArrayClasses.get(code) as new (buffer: ArrayBuffer) => TypedArray)(copy.buffer);
}

const codesOfTypedArrays: Readonly<Record<string, number>> = {
  Int8Array: item.int8,
  Uint8Array: item.uint8,
  Uint8ClampedArray: item.uint8,
  Int16Array: item.int16,
  Uint16Array: item.uint16,
  Int32Array: item.int32,
  Uint32Array: item.uint32,
  Float32Array: item.float32,
  Float64Array: item.float64,
  BigInt64Array: item.int64,
  BigUint64Array: item.uint64,
};

/** The item code that keeps the width of a typed array; `undefined` for what is none, or of an unknown kind. */
export function codeOfTypedArray(value: unknown): number | undefined {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return undefined;
  return codesOfTypedArrays[(value as TypedArray)[Symbol.toStringTag]];
}

/** Room for the header of a dynamic value of variable size, padding included. */
export const typecodeSize = 8;
