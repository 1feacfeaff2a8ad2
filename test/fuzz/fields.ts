/** Where a file has lengths, counts, offsets and pointers, as far as that can be told without reading it as what it is. */
import { native } from '#src/native/index.js';

export interface Field {
  readonly at: number;
  /** Bytes, of a little-endian number. */
  readonly width: number;
}

/** What holds more numbers is looked at here and there. */
const mostFields = 4096;

/**
 * Numbers that can be meant as places or sizes in the file: those that are neither 0 nor beyond its size, at multiples
 * of two bytes, with the headers and the last eight bytes, which are such in most kinds of files.
 */
export function findFields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  const stride = 2 * Math.ceil(bytes.length / (mostFields * 2));
  for (let at = 0; at + 2 <= bytes.length; at += stride) {
    const width = widthOfField(view, at);
    if (width > 0) fields.push({ at, width });
  }
  const header: Field[] = [];
  for (let at = 0; at + 8 <= Math.min(bytes.length, 64); at += 8) header.push({ at, width: 8 });
  if (bytes.length >= 8) header.push({ at: bytes.length - 8, width: 8 });
  // As often as all others together: a change to a header changes everything.
  const times = Math.max(1, Math.floor(fields.length / (header.length * 2 || 1)));
  for (let count = 0; count < times; count++) fields.push(...header);
  return fields;
}

function widthOfField(view: DataView, at: number): number {
  const size = view.byteLength;
  if (at + 8 <= size) {
    const signed = view.getBigInt64(at, true);
    if (signed !== 0n && signed >= -BigInt(size) && signed <= BigInt(size)) return 8;
  }
  if (at + 4 <= size) {
    const signed = view.getInt32(at, true);
    if (signed !== 0 && signed >= -size && signed <= size) return 4;
    // A code and a length of 24 bits.
    const length = view.getUint32(at, true) >>> 8;
    if (length !== 0 && length <= size) return 4;
  }
  const short = view.getUint16(at, true);
  return short !== 0 && short <= size ? 2 : 0;
}

export interface SectionPlace {
  /** Position of the body. */
  readonly start: number;
  /** Position of the descriptor, which follows the body. */
  readonly descriptor: number;
}

const descriptorBytes = 64;
const magic = Buffer.from('SBNsect1', 'latin1');

/** The sections that this library added, wherever they are. */
export function findSections(bytes: Uint8Array): SectionPlace[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places: SectionPlace[] = [];
  for (let at = buffer.indexOf(magic); at >= 0; at = buffer.indexOf(magic, at + 1)) {
    if (at + descriptorBytes > bytes.length) break;
    const size = Number(buffer.readBigUInt64LE(at + 16));
    if (size <= at) places.push({ start: at - size, descriptor: at });
  }
  return places;
}

/** Makes the checksums of all sections right, of body and descriptor. */
export function sealSections(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { start, descriptor } of findSections(bytes)) {
    const length = Number(view.getBigUint64(descriptor + 24, true));
    if (length <= descriptor - start) {
      view.setBigUint64(descriptor + 40, native.hash64(bytes.subarray(start, start + length)), true);
    }
    view.setBigUint64(descriptor + 56, native.hash64(bytes.subarray(descriptor, descriptor + 56)), true);
  }
}
