/**
 * The item types of arrays, as numpy names them, and how files store those names: as dynamic values (typecode, then the
 * value): a number for common types, a string for others, a list of tuples for structured ones. Only these forms are
 * understood here. See docs/format.md, "Arrays of numpy".
 */
import type { Packer } from '../building/packer.js';
import { CorruptDataError, TooLargeError } from '../errors.js';
import type { Region } from '../region.js';
import { readSafeInteger } from './numbers.js';
import { writeText } from './text.js';

/**
 * The type of an array's items as numpy writes it: byte order (`<`, `>`, or `|` where that means nothing), kind and size in bytes,
 * as in `'<f8'`; for structured items a list of fields: `[['x', '<f4'], ['y', '<f4']]`.
 */
export type DType = string | readonly (readonly [name: string, dtype: DType])[];

/** Item types that files store as a number: their index in here. */
const numberedTypes = ['<u8', '<i8', '<u4', '<i4', '<u2', '<i2', '|u1', '|i1', '<f8', '<f4'] as const;

/** No item type has more fields, nested ones included: a file may name the same nested type over and over. */
const maxFields = 65_536;
/** Nor do they nest deeper; numpy itself gives up sooner than this. */
export const maxNesting = 64;

/** Every dynamic value starts with its typecode, padded to this. */
const headerSize = 8;

const numberReaders: ReadonlyMap<string, (view: DataView, offset: number) => number> = new Map([
  ['b', (view: DataView, offset: number) => view.getInt8(offset + 1)],
  ['B', (view: DataView, offset: number) => view.getUint8(offset + 1)],
  ['h', (view: DataView, offset: number) => view.getInt16(offset + 1, true)],
  ['H', (view: DataView, offset: number) => view.getUint16(offset + 1, true)],
  ['i', (view: DataView, offset: number) => view.getInt32(offset + 1, true)],
  ['I', (view: DataView, offset: number) => view.getUint32(offset + 1, true)],
  ['q', (view: DataView, offset: number) => readSafeInteger(view, offset + 1)],
  ['Q', (view: DataView, offset: number) => readSafeInteger(view, offset + 1)],
]);
/** Bytes that the number with its typecode takes at most. */
const numberSize = 9;

/** Reads the item type at `position`. What the string forms name is not looked at. */
export function readDType(region: Region, position: number): DType {
  const code = codeAt(region, position);
  const readNumber = numberReaders.get(code);
  if (readNumber !== undefined) {
    const number = readNumber(viewAt(region, position, numberSize), 0);
    const dtype = numberedTypes[number];
    if (dtype === undefined)
      throw new CorruptDataError(`an array has the item type number ${number}`, position);
    return dtype;
  }
  return new DTypeReader(region).dtypeAt(position, 0);
}

class DTypeReader {
  readonly #region: Region;
  #fields = 0;

  constructor(region: Region) {
    this.#region = region;
  }

  dtypeAt(position: number, depth: number): DType {
    return isString(codeAt(this.#region, position)) ? this.#text(position) : this.#fieldsAt(position, depth);
  }

  #fieldsAt(position: number, depth: number): DType {
    if (depth >= maxNesting)
      throw new TooLargeError(`the item type of an array nests deeper than ${maxNesting}`);
    const fields = this.#items(position);
    this.#fields += fields.length;
    if (this.#fields > maxFields)
      throw new TooLargeError(`the items of an array have more than ${maxFields} fields`);
    return fields.map((field) => {
      const pair = this.#items(field);
      const [name, dtype] = pair;
      if (name === undefined || dtype === undefined || pair.length !== 2) {
        throw new CorruptDataError('a field of an item type is no pair of name and type', field);
      }
      return [this.#text(name), this.dtypeAt(dtype, depth + 1)] as const;
    });
  }

  #text(position: number): string {
    const code = codeAt(this.#region, position);
    if (isString(code)) return this.#region.readText(position + headerSize);
    throw new CorruptDataError(
      `an item type has a value of typecode ${code} where text is expected`,
      position,
    );
  }

  /** The positions of the items of a dynamic list or tuple. */
  #items(position: number): number[] {
    const code = codeAt(this.#region, position);
    if (!'etEW'.includes(code)) {
      throw new CorruptDataError(
        `an item type has a value of typecode ${code} where a list is expected`,
        position,
      );
    }
    return pointersAt(this.#region, position + headerSize);
  }
}

function isString(code: string): boolean {
  return code === 'u' || code === 's';
}

function codeAt(region: Region, position: number): string {
  return String.fromCharCode(region.bytesAt(position, 1, 'an item type')[0] as number);
}

function viewAt(region: Region, position: number, length: number): DataView {
  // a number at the very end of the region may be shorter than the longest
  const bytes = region.bytesAt(position, Math.min(length, region.size - position), 'an item type');
  const padded = bytes.length < length ? new Uint8Array(length) : bytes;
  if (padded !== bytes) padded.set(bytes);
  return new DataView(padded.buffer, padded.byteOffset, length);
}

/** The targets of a list of pointers, which are relative to the list. */
function pointersAt(region: Region, position: number): number[] {
  const header = region.bytesAt(position, headerSize, 'the fields of an item type');
  const code = String.fromCharCode(header[0] as number);
  const view = new DataView(header.buffer, header.byteOffset, headerSize);
  const length = view.getUint32(0, true) >>> 8;
  const size = code === 'T' ? 4 : 8;
  // an empty list is one of numbers
  if (length === 0 && view.getUint32(4, true) === 0) return [];
  if (!'tT'.includes(code)) {
    throw new CorruptDataError(
      `an item type has a list of typecode ${code} where pointers are expected`,
      position,
    );
  }
  if (length > maxFields || view.getUint32(4, true) !== 0) {
    throw new TooLargeError(`the items of an array have more than ${maxFields} fields`);
  }
  const bytes = region.bytesAt(position + headerSize, length * size, 'the fields of an item type');
  const pointers = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = (offset: number) =>
    size === 4 ? pointers.getInt32(offset, true) : readSafeInteger(pointers, offset);
  return Array.from({ length }, (_, index) => position + read(index * size));
}

/** Appends an item type. Structured ones must have been checked. */
export function writeDType(packer: Packer, dtype: DType): void {
  const number =
    typeof dtype === 'string' ? numberedTypes.indexOf(dtype as (typeof numberedTypes)[number]) : -1;
  if (number < 0) {
    writeDynamic(packer, dtype);
    return;
  }
  writeHeader(packer, 'b');
  packer.bytes[packer.length - headerSize + 1] = number;
}

/** @param value a text, or a list (of tuples) of such */
function writeDynamic(packer: Packer, value: DType | readonly [string, DType], code = 'e'): void {
  if (typeof value === 'string') {
    writeHeader(packer, 'u');
    writeText(packer, value);
    return;
  }
  writeHeader(packer, code);
  const list = packer.length;
  const size = headerSize + value.length * 4;
  packer.reserve(size);
  packer.bytes.fill(0, list, list + size);
  packer.bytes[list] = 'T'.charCodeAt(0);
  packer.view.setUint32(list + 1, value.length, true);
  packer.length += size;
  const itemCode = code === 'e' ? 't' : 'e';
  value.forEach((item, index) => {
    packer.view.setInt32(list + headerSize + index * 4, packer.length - list, true);
    writeDynamic(packer, item, itemCode);
  });
}

function writeHeader(packer: Packer, code: string): void {
  packer.reserve(headerSize);
  packer.bytes.fill(0, packer.length, packer.length + headerSize);
  packer.bytes[packer.length] = code.charCodeAt(0);
  packer.length += headerSize;
}
