/**
 * The records of zip files that reading and writing share (PKWARE's APPNOTE, sections 4.3 and 4.5). Fields are named
 * by their offset in the record.
 */

import type { Region } from '../region.js';

export const localHeader = {
  signature: 0x04034b50,
  bytes: 30,
  version: 4,
  flags: 6,
  method: 8,
  date: 12,
  crc: 14,
  compressedSize: 18,
  size: 22,
  nameLength: 26,
  extraLength: 28,
} as const;

export const centralHeader = {
  signature: 0x02014b50,
  bytes: 46,
  madeBy: 4,
  version: 6,
  flags: 8,
  method: 10,
  date: 14,
  crc: 16,
  compressedSize: 20,
  size: 24,
  nameLength: 28,
  extraLength: 30,
  commentLength: 32,
  disk: 34,
  attributes: 38,
  offset: 42,
} as const;

/** The end of the central directory. */
export const endRecord = {
  signature: 0x06054b50,
  bytes: 22,
  disk: 4,
  directoryDisk: 6,
  countHere: 8,
  count: 10,
  directorySize: 12,
  directoryOffset: 16,
  commentLength: 20,
} as const;

export const end64Record = {
  signature: 0x06064b50,
  bytes: 56,
  recordSize: 4,
  madeBy: 12,
  version: 14,
  disk: 16,
  directoryDisk: 20,
  countHere: 24,
  count: 32,
  directorySize: 40,
  directoryOffset: 48,
} as const;

export const end64Locator = {
  signature: 0x07064b50,
  bytes: 20,
  disk: 4,
  recordOffset: 8,
  disks: 16,
} as const;

/** Fields with this value have their real one in a zip64 extra field or record. */
export const saturated16 = 0xffff;
export const saturated32 = 0xffffffff;

export const extraHeaderBytes = 4;
export const extraIds = {
  zip64: 0x0001,
  /** What Android's zipalign pads with: u16 alignment, then zeros. */
  alignment: 0xd935,
} as const;

export const flagBits = { encrypted: 1, patch: 1 << 5, strongEncryption: 1 << 6, utf8: 1 << 11 } as const;
export const stored = 0;

const methods: Readonly<Record<number, string>> = {
  8: 'deflate',
  9: 'deflate64',
  12: 'bzip2',
  14: 'lzma',
  93: 'zstd',
  95: 'xz',
};

/** What a compression method is called. */
export function methodName(method: number): string {
  return methods[method] ?? `method ${method}`;
}

/** Writes a non-negative safe integer as u64. */
export function putSize(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % 2 ** 32, true);
  view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
}

export function takeSize(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
}

/** The longest comment that an archive can have behind its end record. */
export const longestComment = 0xffff;

/**
 * Whether a region begins as a zip file does, one without entries too. Containers begin with a count, which may look
 * like the first four bytes; but counts of that many billions, or so large a count in so small a file, there are not.
 */
export function isZip(region: Region): boolean {
  if (region.size < endRecord.bytes) return false;
  const bytes = region.headerBytes(0, endRecord.bytes, 'the start of a zip file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const signature = view.getUint32(0, true);
  if (signature === localHeader.signature) return view.getUint16(localHeader.version, true) !== 0;
  return signature === endRecord.signature && region.size <= endRecord.bytes + longestComment;
}
