/** The bytes of a zip file with stored entries, around their data. The same entries give the same bytes. */
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { paddingTo } from './sections.js';
import {
  centralHeader,
  end64Locator,
  end64Record,
  endRecord,
  extraHeaderBytes,
  extraIds,
  flagBits,
  localHeader,
  putSize,
  saturated16,
  saturated32,
} from './zip-format.js';

export interface ZipMember {
  /** As UTF-8. */
  readonly name: Uint8Array;
  /** Position of the local header. */
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
}

/** The data of entries begins at multiples of this many bytes: whatever the records in them ask for, within reason. */
export const dataAlignment = 64;

const zip64ExtraBytes = extraHeaderBytes + 16;
const smallestPadding = extraHeaderBytes + 2;
const versionPlain = 10;
const versionZip64 = 45;
/** Made on Unix, as a file that everybody may read: some tools take files without permissions at their word. */
const madeOnUnix = 3 << 8;
const fileAttributes = 0o100644 * 2 ** 16;
/** 1 January 1980: the time of building is no part of what was built. */
const date = 0x21;
const longestName = 0xffff;

/**
 * A name as it is stored.
 * @throws InvalidTypeError, OutOfRangeError for what would be no file, or one elsewhere, where somebody unpacks it
 */
export function encodeName(name: unknown): Uint8Array {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed()) {
    throw new InvalidTypeError(`expected the name of a bundle's entry, found ${describe(name)}`);
  }
  const isUnsafe =
    name.includes('\0') ||
    name.includes('\\') ||
    name.split('/').some((part) => part === '' || part === '.' || part === '..');
  if (isUnsafe) {
    throw new InvalidTypeError(
      `an entry cannot be called ${describe(name)}: names are relative paths with "/" between their parts`,
    );
  }
  const bytes = Buffer.from(name, 'utf8');
  if (bytes.length <= longestName) return bytes;
  throw new OutOfRangeError(
    `the name ${describe(name)} has ${bytes.length} bytes, at most ${longestName} fit`,
  );
}

/** How many bytes a local header takes: its data then begins at a multiple of `dataAlignment`. */
export function localHeaderBytes({ name, offset }: Pick<ZipMember, 'name' | 'offset'>): number {
  const least = localHeader.bytes + name.length + zip64ExtraBytes + smallestPadding;
  return least + paddingTo(dataAlignment, offset + least);
}

/** As long as the header of any size would be, so that it can be written before the size is known. */
export function writeLocalHeader(member: ZipMember): Uint8Array {
  const { name, size, crc } = member;
  const isLarge = size >= saturated32;
  const bytes = new Uint8Array(localHeaderBytes(member));
  const view = new DataView(bytes.buffer);
  const extraOffset = localHeader.bytes + name.length;
  const shown = isLarge ? saturated32 : size;
  view.setUint32(0, localHeader.signature, true);
  view.setUint16(localHeader.version, isLarge ? versionZip64 : versionPlain, true);
  view.setUint16(localHeader.flags, flagsOf(name), true);
  view.setUint16(localHeader.date, date, true);
  view.setUint32(localHeader.crc, crc, true);
  view.setUint32(localHeader.compressedSize, shown, true);
  view.setUint32(localHeader.size, shown, true);
  view.setUint16(localHeader.nameLength, name.length, true);
  view.setUint16(localHeader.extraLength, bytes.length - extraOffset, true);
  bytes.set(name, localHeader.bytes);
  const padding = isLarge ? putZip64(view, extraOffset, [size, size]) : extraOffset;
  view.setUint16(padding, extraIds.alignment, true);
  view.setUint16(padding + 2, bytes.length - padding - extraHeaderBytes, true);
  view.setUint16(padding + extraHeaderBytes, dataAlignment, true);
  return bytes;
}

/** What the central directory says of a member. */
export function writeCentralHeader({ name, offset, size, crc }: ZipMember): Uint8Array {
  const large = [...(size >= saturated32 ? [size, size] : []), ...(offset >= saturated32 ? [offset] : [])];
  const extraBytes = large.length === 0 ? 0 : extraHeaderBytes + large.length * 8;
  const bytes = new Uint8Array(centralHeader.bytes + name.length + extraBytes);
  const view = new DataView(bytes.buffer);
  const version = large.length === 0 ? versionPlain : versionZip64;
  view.setUint32(0, centralHeader.signature, true);
  view.setUint16(centralHeader.madeBy, madeOnUnix | version, true);
  view.setUint16(centralHeader.version, version, true);
  view.setUint16(centralHeader.flags, flagsOf(name), true);
  view.setUint16(centralHeader.date, date, true);
  view.setUint32(centralHeader.crc, crc, true);
  view.setUint32(centralHeader.compressedSize, Math.min(size, saturated32), true);
  view.setUint32(centralHeader.size, Math.min(size, saturated32), true);
  view.setUint16(centralHeader.nameLength, name.length, true);
  view.setUint16(centralHeader.extraLength, extraBytes, true);
  view.setUint32(centralHeader.attributes, fileAttributes, true);
  view.setUint32(centralHeader.offset, Math.min(offset, saturated32), true);
  bytes.set(name, centralHeader.bytes);
  if (large.length > 0) putZip64(view, centralHeader.bytes + name.length, large);
  return bytes;
}

/** What follows the central directory. */
export function writeEnd(count: number, directoryOffset: number, directorySize: number): Uint8Array {
  const isLarge = count >= saturated16 || directoryOffset >= saturated32 || directorySize >= saturated32;
  const zip64Bytes = isLarge ? end64Record.bytes + end64Locator.bytes : 0;
  const view = new DataView(new ArrayBuffer(zip64Bytes + endRecord.bytes));
  if (isLarge) putEnd64(view, count, directoryOffset, directorySize);
  const shownCount = Math.min(count, saturated16);
  view.setUint32(zip64Bytes, endRecord.signature, true);
  view.setUint16(zip64Bytes + endRecord.countHere, shownCount, true);
  view.setUint16(zip64Bytes + endRecord.count, shownCount, true);
  view.setUint32(zip64Bytes + endRecord.directorySize, Math.min(directorySize, saturated32), true);
  view.setUint32(zip64Bytes + endRecord.directoryOffset, Math.min(directoryOffset, saturated32), true);
  return new Uint8Array(view.buffer);
}

function putEnd64(view: DataView, count: number, directoryOffset: number, directorySize: number): void {
  view.setUint32(0, end64Record.signature, true);
  putSize(view, end64Record.recordSize, end64Record.bytes - end64Record.madeBy);
  view.setUint16(end64Record.madeBy, madeOnUnix | versionZip64, true);
  view.setUint16(end64Record.version, versionZip64, true);
  putSize(view, end64Record.countHere, count);
  putSize(view, end64Record.count, count);
  putSize(view, end64Record.directorySize, directorySize);
  putSize(view, end64Record.directoryOffset, directoryOffset);
  const locator = end64Record.bytes;
  view.setUint32(locator, end64Locator.signature, true);
  putSize(view, locator + end64Locator.recordOffset, directoryOffset + directorySize);
  view.setUint32(locator + end64Locator.disks, 1, true);
}

/** Answers where the extra field ends. */
function putZip64(view: DataView, offset: number, values: readonly number[]): number {
  view.setUint16(offset, extraIds.zip64, true);
  view.setUint16(offset + 2, values.length * 8, true);
  let at = offset + extraHeaderBytes;
  for (const value of values) {
    putSize(view, at, value);
    at += 8;
  }
  return at;
}

/** Names are said to be UTF-8 where that makes a difference. */
function flagsOf(name: Uint8Array): number {
  return name.some((byte) => byte >= 0x80) ? flagBits.utf8 : 0;
}
