/** Writing sequences: integers, floats, typed arrays and pointers, each with its header. */
import type { Packer } from '../building/packer.js';
import { Float } from './float.js';
import { writeSafeInteger } from './numbers.js';
import { noneItem, nonePointer, type TypedArray, typecodeSize, veryLong } from './sequence-format.js';
import { hasShortHeader, item, itemSizes } from './typecodes.js';

/**
 * The narrowest code for integers from `min` to `max`, both with 0 in between, as the Python library chooses it;
 * `undefined` where none holds them all.
 */
export function codeOfRange(min: number | bigint, max: number | bigint): number | undefined {
  if (min >= 0 && max <= 0xff) return item.uint8;
  if (min >= -0x80 && max <= 0x7f) return item.int8;
  if (min >= 0 && max <= 0xffff) return item.uint16;
  if (min >= -0x8000 && max <= 0x7fff) return item.int16;
  if (min >= -(2 ** 31) && max < 2 ** 31) return item.int32;
  if (min >= 0 && max < 2 ** 32) return item.uint32;
  if (min >= -(2n ** 63n) && max < 2n ** 63n) return item.int64;
  return min >= 0 && max < 2n ** 64n ? item.uint64 : undefined;
}

/** Appends the header of a dynamic value; nothing for code 0, where the place says what the value is. */
export function writeTypecode(packer: Packer, code: number): void {
  if (code === 0) return;
  packer.reserve(typecodeSize);
  const { view, length } = packer;
  view.setUint32(length, code, true);
  view.setUint32(length + 4, 0, true);
  packer.length = length + typecodeSize;
}

/**
 * Appends a header and makes room for the items, which start at `packer.length` afterwards. Python's copying types
 * cannot read the very long form, so it is for their lazy ones; see `narrowLimit`.
 */
function writeHeader(packer: Packer, code: number, count: number): number {
  const size = count * (itemSizes[code] as number);
  packer.reserve(16 + size);
  const { view, length } = packer;
  if (hasShortHeader[code] === 0) {
    view.setUint32(length, code + (count % 2 ** 24) * 256, true);
    view.setUint32(length + 4, Math.floor(count / 2 ** 24), true);
    return length + 8;
  }
  view.setUint32(length, code + Math.min(count, veryLong) * 256, true);
  if (count < veryLong) return length + 4;
  writeSafeInteger(view, length + 4, count);
  return length + 12;
}

/** Appends integers that fit the range; answers the position to point to. */
export function appendIntegers(
  packer: Packer,
  typecode: number,
  values: ArrayLike<number | bigint>,
  code: number,
  isLazy: boolean,
): number {
  const { position } = packer;
  const count = values.length;
  const widened = count >= veryLong && !isLazy && hasShortHeader[code] === 1 ? item.int64 : code;
  writeTypecode(packer, typecode);
  const at = writeHeader(packer, widened, count);
  if (itemSizes[widened] === 8) {
    writeWide(packer.view, at, values);
    packer.length = at + count * 8;
  } else {
    packer.length = writeNarrow(packer, at, values, itemSizes[widened] as number);
  }
  return position;
}

function writeWide(view: DataView, start: number, values: ArrayLike<number | bigint>): void {
  for (let index = 0, at = start; index < values.length; index++, at += 8) {
    const value = values[index] as number | bigint;
    if (typeof value === 'number') writeSafeInteger(view, at, value);
    else view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }
}

/** Two's complement makes signed and unsigned integers of one width the same to write. Answers the end. */
function writeNarrow(
  packer: Packer,
  start: number,
  values: ArrayLike<number | bigint>,
  size: number,
): number {
  const { view, bytes } = packer;
  const count = values.length;
  let at = start;
  if (size === 1) for (let index = 0; index < count; index++) bytes[at++] = Number(values[index]);
  else if (size === 2)
    for (let index = 0; index < count; index++, at += 2) view.setInt16(at, Number(values[index]), true);
  else for (let index = 0; index < count; index++, at += 4) view.setInt32(at, Number(values[index]), true);
  return at;
}

/** Appends floats; answers the position to point to. */
export function appendFloats(
  packer: Packer,
  typecode: number,
  values: ArrayLike<number | Float>,
  code: number,
): number {
  const { position } = packer;
  writeTypecode(packer, typecode);
  const size = itemSizes[code] as number;
  let at = writeHeader(packer, code, values.length);
  const { view } = packer;
  for (let index = 0; index < values.length; index++, at += size) {
    const value = values[index] as number | Float;
    const number = value instanceof Float ? value.value : value;
    if (size === 8) view.setFloat64(at, number, true);
    else view.setFloat32(at, number, true);
  }
  packer.length = at;
  return position;
}

/** Appends the items of a typed array as they are; answers the position to point to. */
export function appendTypedArray(packer: Packer, typecode: number, array: TypedArray, code: number): number {
  const { position } = packer;
  writeTypecode(packer, typecode);
  const at = writeHeader(packer, code, array.length);
  packer.bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
  packer.length = at + array.byteLength;
  return position;
}

/**
 * Appends pointers to values that were stored before, `noneItem` for None; answers the position to point to. Since
 * the values come first, all distances are known, and 32 bits are used wherever they are enough.
 */
export function appendPointers(packer: Packer, typecode: number, targets: readonly number[]): number {
  const mark = packer.beginOwn();
  const { position } = packer;
  writeTypecode(packer, typecode);
  const start = packer.position;
  let lowest = start;
  for (const target of targets) if (target !== noneItem && target < lowest) lowest = target;
  const isNarrow = start - lowest <= 2 ** 31;
  const code = isNarrow ? item.pointer32 : item.pointer64;
  let at = writeHeader(packer, code, targets.length);
  const { view } = packer;
  for (const target of targets) {
    const pointer = target === noneItem ? nonePointer : target - start;
    if (isNarrow) view.setInt32(at, pointer, true);
    else writeSafeInteger(view, at, pointer);
    at += isNarrow ? 4 : 8;
  }
  packer.length = at;
  packer.endOwn(mark);
  return position;
}
