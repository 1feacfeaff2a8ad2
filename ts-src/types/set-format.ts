/**
 * How sets are stored: small integers as a bitmap, numbers as a sorted sequence, anything else as pointers that are
 * sorted by the stable hash of what they point to. See docs/format.md, "Sets".
 */
import type { Packer } from '../building/packer.js';
import { CorruptDataError, describe, InvalidTypeError, SharedBuffersError } from '../errors.js';
import type { Region } from '../region.js';
import { valuesEqual } from './equality.js';
import { Float } from './float.js';
import type { Member } from './members.js';
import { copyTypedArray, type StoredSequence, sequenceAt, type TypedArray } from './sequence-format.js';
import { appendFloats, appendPointers, appendTypedArray, writeTypecode } from './sequence-output.js';
import {
  appendScannedIntegers,
  codeForTypedArray,
  formOf,
  type Places,
  scannedRange,
  writeMembers,
} from './sequence-writing.js';
import { stableHash } from './stable-hash.js';
import { item } from './typecodes.js';

/** The bits of a small set of small integers. */
export interface Bitmap {
  readonly bits: Uint8Array;
  readonly count: number;
}

export type StoredSet =
  | { readonly bitmap: Bitmap; readonly sequence?: never }
  | { readonly sequence: StoredSequence; readonly bitmap?: never };

/** @throws CorruptDataError where that is no set, or one that leaves the region */
export function setAt(region: Region, position: number): StoredSet {
  region.requireRange(position, 1, 'a set');
  const { view, start } = region.windowAt(position);
  const code = view.getUint8(position - start);
  if (code === item.bitmap56) return { bitmap: bitmapAt(region, position, 7) };
  if (code === item.bitmap120) return { bitmap: bitmapAt(region, position, 15) };
  return { sequence: sequenceAt(region, position) };
}

function bitmapAt(region: Region, position: number, size: number): Bitmap {
  const bits = region.bytesAt(position + 1, size, 'the bitmap of a set');
  let count = 0;
  for (const byte of bits) for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return { bits, count };
}

/** The members of a bitmap, ascending. */
export function bitmapMembers({ bits }: Bitmap): number[] {
  const members: number[] = [];
  for (let member = 0; member < bits.length * 8; member++) {
    if (((bits[member >>> 3] as number) & (1 << (member & 7))) !== 0) members.push(member);
  }
  return members;
}

function appendBitmap(
  packer: Packer,
  typecode: number,
  members: ArrayLike<number | bigint>,
  max: number,
): number {
  const { position } = packer;
  const isSmall = max < 56;
  const size = isSmall ? 8 : 16;
  writeTypecode(packer, typecode);
  packer.reserve(size);
  const { bytes, length } = packer;
  bytes.fill(0, length, length + size);
  bytes[length] = isSmall ? item.bitmap56 : item.bitmap120;
  for (let index = 0; index < members.length; index++) {
    const member = Number(members[index]);
    const at = length + 1 + (member >>> 3);
    bytes[at] = (bytes[at] as number) | (1 << (member & 7));
  }
  packer.length = length + size;
  return position;
}

function fitsBitmap(min: number | bigint, max: number | bigint): boolean {
  return min >= 0 && max < 120;
}

/** Appends a set; answers the position to point to. */
export function appendSet(
  packer: Packer,
  typecode: number,
  values: unknown[],
  places: Places & { readonly uniform: Member },
  isView: boolean,
): number {
  const member = places.uniform;
  switch (formOf(values, member)) {
    case 'integers': {
      const [min, max] = scannedRange();
      const sorted = requireDistinct((values as (number | bigint)[]).sort(ascending));
      if (fitsBitmap(min, max)) return appendBitmap(packer, typecode, sorted, Number(max));
      return appendScannedIntegers(packer, typecode, sorted, isView);
    }
    case 'floats': {
      const floats = values.map((value) =>
        member.isSingle ? Math.fround(numberOf(value)) : numberOf(value),
      );
      const code = member.isSingle ? item.float32 : item.float64;
      return appendFloats(packer, typecode, requireDistinct(floats.sort(ascending)), code);
    }
    default:
      return appendPointers(packer, typecode, writeMembers(packer, sortByHash(values, member), places));
  }
}

function numberOf(value: unknown): number {
  return value instanceof Float ? value.value : (value as number);
}

/** Numbers in their order, NaN last. */
function ascending(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function sortByHash(values: readonly unknown[], member: Member): unknown[] {
  const hashed = values.map((value) => {
    const key = member.asKey(value);
    return { key, hash: stableHash(key) };
  });
  hashed.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
  requireDistinctKeys(hashed, 'members');
  return hashed.map(({ key }) => key);
}

/** Refuses keys that are one to whoever looks them up; they are sorted by hash. */
export function requireDistinctKeys(
  hashed: readonly { readonly key: unknown; readonly hash: bigint }[],
  what: 'keys' | 'members',
): void {
  for (let index = 1; index < hashed.length; index++) {
    const { key, hash } = hashed[index] as { key: unknown; hash: bigint };
    for (let other = index - 1; other >= 0 && hashed[other]?.hash === hash; other--) {
      if (valuesEqual(hashed[other]?.key, key)) throw duplicate(hashed[other]?.key, key, what);
    }
  }
}

function requireDistinct<T extends number | bigint>(sorted: T[]): T[] {
  for (let index = 1; index < sorted.length; index++) {
    const value = sorted[index] as T;
    const before = sorted[index - 1] as T;
    // biome-ignore lint/suspicious/noDoubleEquals: numbers and bigints are compared by what they are worth
    if (value == before) throw duplicate(before, value, 'members');
  }
  return sorted;
}

function duplicate(a: unknown, b: unknown, what: 'keys' | 'members'): Error {
  return new SharedBuffersError(
    'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
    `the ${what} ${describe(a)} and ${describe(b)} are equal, as numbers and booleans of one value are`,
  );
}

/** Appends the distinct items of a typed array as a set, of their width where no bitmap holds them. */
export function appendTypedSet(packer: Packer, typecode: number, array: TypedArray, member: Member): number {
  const code = codeForTypedArray(array, member);
  const sorted = copyTypedArray(array, code).sort();
  const distinct = sorted.filter(
    (value: number | bigint, index: number) => index === 0 || value !== sorted[index - 1],
  );
  const min = distinct[0] ?? 0;
  const max = distinct[distinct.length - 1] ?? 0;
  const isInteger = code !== item.float32 && code !== item.float64;
  if (isInteger && fitsBitmap(min, max)) return appendBitmap(packer, typecode, distinct, Number(max));
  return appendTypedArray(packer, typecode, distinct, code);
}

/** @throws CorruptDataError where the members of a numeric set are out of order, or one is there twice */
export function requireAscending(numbers: readonly (number | bigint)[], position: number): void {
  for (let index = 1; index < numbers.length; index++) {
    if (ascending(numbers[index - 1] as number, numbers[index] as number) < 0) continue;
    throw new CorruptDataError(`the members of a set are out of order from number ${index} on`, position);
  }
}

/**
 * The hash of a member or a key that was read.
 * @throws CorruptDataError where it is something that cannot be one
 */
export function storedHash(value: unknown, position: number): bigint {
  try {
    return stableHash(value);
  } catch (error) {
    if (!(error instanceof InvalidTypeError)) throw error;
    throw new CorruptDataError(`${describe(value)} cannot be a member of a set or a key of a dict`, position);
  }
}
