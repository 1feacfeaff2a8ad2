/**
 * Finding the entries of a zip file in place. Nothing is believed that does not fit into the region; nothing is
 * unpacked: entries are data that can be mapped, or refused by name.
 */
import { CorruptDataError, describe, UnsupportedError } from '../errors.js';
import type { Region } from '../region.js';
import {
  centralHeader,
  end64Locator,
  end64Record,
  endRecord,
  extraHeaderBytes,
  extraIds,
  flagBits,
  localHeader,
  longestComment,
  methodName,
  saturated16,
  saturated32,
  stored,
  takeSize,
} from './zip-format.js';

export interface ZipEntry {
  readonly name: string;
  /** As it is stored. */
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly size: number;
  readonly compressedSize: number;
  /** Position of the local header in the region. */
  readonly headerOffset: number;
}

export interface ZipDirectory {
  /** In the order of the directory; of entries with one name the last, which replaced the others. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Where the directory begins, and entries end. */
  readonly offset: number;
}

interface DirectoryPlace {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
  /** Bytes before the archive, as self-extracting ones have them: offsets count from behind these. */
  readonly before: number;
}

/** @throws CorruptDataError, UnsupportedError */
export function readDirectory(region: Region): ZipDirectory {
  const place = findDirectory(region);
  const bytes = region.headerBytes(place.offset, place.size, 'the directory of a zip file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Map<string, ZipEntry>();
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    const { entry, end } = readEntry(view, at, place);
    at = end;
    entries.delete(entry.name);
    // What ends with a slash is a folder.
    if (!entry.name.endsWith('/')) entries.set(entry.name, entry);
  }
  if (count !== place.count) {
    throw new CorruptDataError(
      `the directory of a zip file has ${count} entries where ${place.count} were announced`,
      place.offset,
    );
  }
  return { entries, offset: place.offset };
}

/**
 * Position of the data of an entry, which has `entry.size` bytes there.
 * @throws UnsupportedError where it is compressed or encrypted, CorruptDataError
 */
export function dataOffsetOf(region: Region, { offset: limit }: ZipDirectory, entry: ZipEntry): number {
  const refusal = refusalOf(entry);
  if (refusal !== undefined) {
    throw new UnsupportedError(
      `the entry ${describe(entry.name)} of the bundle is ${refusal}; only entries that are stored as they are ` +
        'can be mapped: make the archive with `zip -0`, or with Bundle.build',
    );
  }
  const { headerOffset, nameBytes, size } = entry;
  const what = `the header of the entry ${describe(entry.name)}`;
  const bytes = region.headerBytes(headerOffset, localHeader.bytes, what);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nameLength = view.getUint16(localHeader.nameLength, true);
  const extraLength = view.getUint16(localHeader.extraLength, true);
  const name = region.headerBytes(headerOffset + localHeader.bytes, nameLength, what);
  if (view.getUint32(0, true) !== localHeader.signature || Buffer.compare(name, nameBytes) !== 0) {
    throw new CorruptDataError(`${what} is not where the directory of the zip file says`, headerOffset);
  }
  const offset = headerOffset + localHeader.bytes + nameLength + extraLength;
  if (entry.compressedSize === size && offset + size <= limit) return offset;
  throw new CorruptDataError(
    `the entry ${describe(entry.name)} of ${size} bytes does not fit before the directory of the zip file`,
    headerOffset,
  );
}

/** Why an entry cannot be mapped; `undefined` where it can. */
export function refusalOf({ flags, method }: ZipEntry): string | undefined {
  if ((flags & (flagBits.encrypted | flagBits.strongEncryption)) !== 0) return 'encrypted';
  if ((flags & flagBits.patch) !== 0) return 'patched data';
  return method === stored ? undefined : `compressed (${methodName(method)})`;
}

function findDirectory(region: Region): DirectoryPlace {
  const end = findEnd(region);
  const bytes = region.headerBytes(end, endRecord.bytes, 'the end of a zip file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const large = findDirectory64(region, end);
  const here = large ?? {
    end,
    oneDisk:
      view.getUint16(endRecord.disk, true) === 0 && view.getUint16(endRecord.directoryDisk, true) === 0,
    countHere: view.getUint16(endRecord.countHere, true),
    count: view.getUint16(endRecord.count, true),
    size: view.getUint32(endRecord.directorySize, true),
    offset: view.getUint32(endRecord.directoryOffset, true),
  };
  if (large === undefined && (here.offset === saturated32 || here.count === saturated16)) {
    throw new CorruptDataError('the end of a zip file refers to a zip64 record, which is not there', end);
  }
  if (!here.oneDisk || here.countHere !== here.count) {
    throw new UnsupportedError('the zip file is one of several parts; only whole archives can be mapped');
  }
  const offset = here.end - here.size;
  const before = offset - here.offset;
  if (!(before >= 0 && here.size >= here.count * centralHeader.bytes)) {
    throw new CorruptDataError(
      `the directory of a zip file, ${here.size} bytes from ${here.offset} on, does not fit before its end`,
      end,
    );
  }
  return { offset, size: here.size, count: here.count, before };
}

/** Position of the last record that can be the end: the comment behind it reaches to the end of the file. */
function findEnd(region: Region): number {
  const length = Math.min(region.size, endRecord.bytes + longestComment);
  const start = region.size - length;
  const bytes = region.headerBytes(start, length, 'the end of a zip file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = length - endRecord.bytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== endRecord.signature) continue;
    if (at + endRecord.bytes + view.getUint16(endRecord.commentLength + at, true) === length)
      return start + at;
  }
  throw new CorruptDataError('this is no zip file, or its end is missing: there is no directory', start);
}

/** What the zip64 records before the end say; `undefined` where there are none. */
function findDirectory64(region: Region, end: number) {
  const locator = end - end64Locator.bytes;
  if (locator < end64Record.bytes) return undefined;
  const bytes = region.headerBytes(locator, end64Locator.bytes, 'the locator of a zip64 record');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== end64Locator.signature) return undefined;
  // Where something stands before the archive, the offset is too small; the record is then just before its locator.
  const position = takeSize(view, end64Locator.recordOffset);
  const candidates = [position, locator - end64Record.bytes];
  for (const at of candidates) {
    if (at + end64Record.bytes > locator) continue;
    const record = region.headerBytes(at, end64Record.bytes, 'a zip64 record');
    const fields = new DataView(record.buffer, record.byteOffset, record.byteLength);
    if (fields.getUint32(0, true) !== end64Record.signature) continue;
    return {
      end: at,
      oneDisk:
        fields.getUint32(end64Record.disk, true) === 0 &&
        fields.getUint32(end64Record.directoryDisk, true) === 0 &&
        view.getUint32(end64Locator.disk, true) === 0,
      countHere: takeSize(fields, end64Record.countHere),
      count: takeSize(fields, end64Record.count),
      size: takeSize(fields, end64Record.directorySize),
      offset: takeSize(fields, end64Record.directoryOffset),
    };
  }
  throw new CorruptDataError('the zip64 record of a zip file is not where its locator says', locator);
}

function readEntry(view: DataView, at: number, place: DirectoryPlace): { entry: ZipEntry; end: number } {
  const position = place.offset + at;
  const isHeader =
    at + centralHeader.bytes <= view.byteLength && view.getUint32(at, true) === centralHeader.signature;
  if (!isHeader) throw new CorruptDataError('the directory of a zip file has no entry here', position);
  const nameStart = at + centralHeader.bytes;
  const extraStart = nameStart + view.getUint16(at + centralHeader.nameLength, true);
  const extraEnd = extraStart + view.getUint16(at + centralHeader.extraLength, true);
  const end = extraEnd + view.getUint16(at + centralHeader.commentLength, true);
  if (end > view.byteLength) {
    throw new CorruptDataError('an entry leaves the directory of a zip file', position);
  }
  const flags = view.getUint16(at + centralHeader.flags, true);
  const nameBytes = new Uint8Array(view.buffer, view.byteOffset + nameStart, extraStart - nameStart);
  const large = new Zip64Values(view, extraStart, extraEnd, position);
  const size = large.take(view.getUint32(at + centralHeader.size, true));
  const compressedSize = large.take(view.getUint32(at + centralHeader.compressedSize, true));
  const offset = large.take(view.getUint32(at + centralHeader.offset, true));
  const entry: ZipEntry = {
    name: decodeName(nameBytes, (flags & flagBits.utf8) !== 0, position),
    nameBytes,
    flags,
    method: view.getUint16(at + centralHeader.method, true),
    crc: view.getUint32(at + centralHeader.crc, true),
    size,
    compressedSize,
    headerOffset: place.before + offset,
  };
  return { entry, end };
}

/** The zip64 extra field of an entry: it holds those values, in this order, that are saturated in the header. */
class Zip64Values {
  #at: number;
  #end: number;

  constructor(
    private readonly view: DataView,
    start: number,
    end: number,
    private readonly position: number,
  ) {
    this.#at = end;
    this.#end = end;
    for (let at = start; at + extraHeaderBytes <= end; ) {
      const data = at + extraHeaderBytes;
      const next = data + view.getUint16(at + 2, true);
      if (next > end) throw new CorruptDataError('an extra field leaves its entry in a zip file', position);
      if (view.getUint16(at, true) === extraIds.zip64) {
        this.#at = data;
        this.#end = next;
        return;
      }
      at = next;
    }
  }

  take(shown: number): number {
    if (shown !== saturated32) return shown;
    if (this.#at + 8 > this.#end) {
      throw new CorruptDataError('an entry of a zip file lacks its zip64 sizes', this.position);
    }
    const value = takeSize(this.view, this.#at);
    this.#at += 8;
    if (Number.isSafeInteger(value)) return value;
    throw new CorruptDataError(`an entry of a zip file claims ${value} bytes`, this.position);
  }
}

/** The upper half of code page 437, which names are in that do not say that they are UTF-8. */
const codePage437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀' +
  'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeName(bytes: Uint8Array, isUtf8: boolean, position: number): string {
  if (!isUtf8) {
    return Array.from(bytes, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : (codePage437[byte - 0x80] as string),
    ).join('');
  }
  try {
    return utf8.decode(bytes);
  } catch {
    throw new CorruptDataError('the name of an entry of a zip file is not UTF-8', position);
  }
}
