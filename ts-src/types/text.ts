/** Text and bytes: length-prefixed, LZ4-compressed where it pays. See docs/format.md, "Strings". */
import type { Packer } from '../building/packer.js';
import { describe, InvalidTypeError } from '../errors.js';
import { fromTaggedBytes, type Tagged, taggedBytes } from '../exact/tagged.js';
import { native } from '../native/index.js';
import type { Region } from '../region.js';
import { budgetOfCheck } from './budget.js';
import { type Findings, OptionalSlot, type PointerType, reportFinding } from './slot-type.js';

/** Lengths from here on do not fit into the 15 bits of the short header. */
const longLength = 0x7fff;
const compressedFlag = 0x8000;
/** Longer values are tried for compression, as the Python library does. */
const compressibleLength = 512;
const shortHeaderSize = 2;
const longHeaderSize = 10;

export interface StringType<Read, Write> extends PointerType<Read, Write> {
  optional(): OptionalSlot<this>;
}

/** UTF-8 text. Lone surrogates, which UTF-8 cannot hold, are refused when packed. */
export const text: StringType<string, string> = {
  inline: false,
  size: 8,
  name: 'text',
  columnKind: 'text',
  storedType: () => 'mapped_unicode',
  read: (region, position) => region.readText(position),
  write: writeSharedText,
  readExact: (region, position) => region.readText(position),
  fromExact(tagged: Tagged) {
    if (typeof tagged === 'string') return tagged;
    throw new InvalidTypeError(`expected a string (text), found ${JSON.stringify(tagged)}`);
  },
  verify: (region, position, _depth, findings) => verifyWith(region.readText, region, position, findings),
  optional() {
    return new OptionalSlot(this);
  },
};

/** Bytes; reading answers a copy. */
export const bytes: StringType<Uint8Array, Uint8Array> = {
  inline: false,
  size: 8,
  name: 'bytes',
  columnKind: 'bytes',
  storedType: () => 'mapped_bytes',
  read: (region, position) => region.readBytes(position),
  write(packer, value) {
    if (!(value instanceof Uint8Array)) {
      const advice = typeof value === 'string' ? '; text goes into slots of t.text' : '';
      throw new InvalidTypeError(`expected a Uint8Array (bytes), found ${describe(value)}${advice}`);
    }
    const before = packer.shared.find(bytes, value);
    if (before !== undefined) return before;
    const position = writeBytes(packer, value);
    packer.shared.add(bytes, value, position);
    return position;
  },
  readExact: (region, position) => taggedBytes(region.readBytes(position)),
  fromExact: fromTaggedBytes,
  verify: (region, position, _depth, findings) => verifyWith(region.readBytes, region, position, findings),
  optional() {
    return new OptionalSlot(this);
  },
};

/** Whether a string takes so long to read that it is to be done once, however many point to it. */
function isLong(region: Region, position: number): boolean {
  region.requireRange(position, shortHeaderSize, 'the length of a string');
  const { view, start } = region.windowAt(position);
  const header = view.getUint16(position - start, true);
  return (header & compressedFlag) !== 0 || (header & longLength) >= compressibleLength;
}

function verifyWith(
  read: (this: Region, position: number) => string | Uint8Array,
  region: Region,
  position: number,
  findings: Findings,
): void {
  try {
    if (isLong(region, position) && !findings.firstVisit(read, position)) return;
    // A few bytes can stand for many, and be pointed to by many.
    budgetOfCheck(region, findings).takeUnits(read.call(region, position).length);
  } catch (error) {
    reportFinding(error, position, findings);
  }
}

/** Appends a string, unless the record has stored it already. */
export function writeSharedText(packer: Packer, value: unknown): number {
  const { shared } = packer;
  const before = shared.findText(text, value);
  if (before !== undefined) return before;
  const position = writeText(packer, value as string);
  shared.add(text, value, position);
  return position;
}

/** Appends a string, straight into the packer where it is too short to be compressed. */
export function writeText(packer: Packer, value: string): number {
  if (typeof value !== 'string')
    throw new InvalidTypeError(`expected a string (text), found ${describe(value)}`);
  if (value.length * 3 > compressibleLength) return writeLongText(packer, value);
  packer.reserve(shortHeaderSize + value.length * 3);
  const { position, view, length } = packer;
  const written = packer.encode(value, length + shortHeaderSize);
  // UTF-16 length and UTF-8 length agree for ASCII alone, which needs no further look.
  if (written !== value.length && !value.isWellFormed()) throw loneSurrogate(value);
  view.setUint16(length, written, true);
  packer.length = length + shortHeaderSize + written;
  return position;
}

function writeLongText(packer: Packer, value: string): number {
  if (!value.isWellFormed()) throw loneSurrogate(value);
  return writeBytes(packer, Buffer.from(value, 'utf8'));
}

function loneSurrogate(value: string): Error {
  return new InvalidTypeError(
    `expected well-formed text, found a lone surrogate in ${describe(value)}; use toWellFormed() or t.bytes`,
  );
}

/** Appends bytes with their header, compressed by the rule of the Python library: if that saves a third. */
export function writeBytes(packer: Packer, value: Uint8Array): number {
  const compressed = value.length > compressibleLength ? native.compress(value) : undefined;
  const stored = compressed ?? value;
  const flag = compressed === undefined ? 0 : compressedFlag;
  const long = stored.length >= longLength;
  const headerSize = long ? longHeaderSize : shortHeaderSize;
  packer.reserve(headerSize + stored.length);
  const { position, view, length } = packer;
  view.setUint16(length, (long ? longLength : stored.length) | flag, true);
  if (long) {
    view.setUint32(length + 2, stored.length % 2 ** 32, true);
    view.setUint32(length + 6, Math.floor(stored.length / 2 ** 32), true);
  }
  packer.bytes.set(stored, length + headerSize);
  packer.length = length + headerSize + stored.length;
  return position;
}
