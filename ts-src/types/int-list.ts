/** Lists of small integers within other values: the digits of decimals, the shapes of arrays. */
import type { Packer } from '../building/packer.js';
import { CorruptDataError } from '../errors.js';
import type { Region } from '../region.js';
import { writeSafeInteger } from './numbers.js';

/** The 24-bit length that says that a 64-bit one follows. */
export const longListLength = 0xffffff;

type ItemReader = (view: DataView, offset: number) => number;

interface ItemCode {
  readonly size: number;
  readonly read: ItemReader;
}

/** The item types of integer lists by their typecode. Items beyond 2^53 are rounded; nothing here can be that large. */
const itemCodes: ReadonlyMap<string, ItemCode> = new Map<string, ItemCode>([
  ['B', { size: 1, read: (view, offset) => view.getUint8(offset) }],
  ['b', { size: 1, read: (view, offset) => view.getInt8(offset) }],
  ['H', { size: 2, read: (view, offset) => view.getUint16(offset, true) }],
  ['h', { size: 2, read: (view, offset) => view.getInt16(offset, true) }],
  ['I', { size: 4, read: (view, offset) => view.getUint32(offset, true) }],
  ['i', { size: 4, read: (view, offset) => view.getInt32(offset, true) }],
  ['Q', { size: 8, read: (view, offset) => Number(view.getBigUint64(offset, true)) }],
  ['q', { size: 8, read: (view, offset) => Number(view.getBigInt64(offset, true)) }],
]);

/** A list of integers whose bytes are known to lie within the region. */
export interface IntList {
  readonly length: number;
  at(index: number): number;
}

/**
 * The list of integers at `position`, in place, whatever width its items have.
 * @param what how messages call the list
 */
export function intListAt(region: Region, position: number, what: string): IntList {
  const header = region.bytesAt(position, 4, what);
  const code = String.fromCharCode(header[0] as number);
  const item = itemCodes.get(code);
  if (item === undefined)
    throw new CorruptDataError(`${what} is no list of integers (typecode ${code})`, position);
  let length = (header[1] as number) | ((header[2] as number) << 8) | ((header[3] as number) << 16);
  let start = position + 4;
  if (item.size === 8) {
    // wide items have a length of 56 bits
    const wide = region.bytesAt(position, 8, what);
    length += new DataView(wide.buffer, wide.byteOffset).getUint32(4, true) * 2 ** 24;
    start = position + 8;
  } else if (length === longListLength) {
    length = region.readSize(position + 4, `the length of ${what}`);
    start = position + 12;
  }
  const bytes = region.bytesAt(start, length * item.size, what);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { length, at: (index) => item.read(view, index * item.size) };
}

/** Appends a list of integers from 0 to 2^53 - 1, at most 16 777 214 of them, in the width that Python would choose. */
export function writeIntList(packer: Packer, items: ArrayLike<number>): void {
  let max = 0;
  for (let index = 0; index < items.length; index++) max = Math.max(max, items[index] as number);
  if (max < 2 ** 8) writeItems(packer, items, 'B', 1, (view, offset, item) => view.setUint8(offset, item));
  else if (max < 2 ** 16)
    writeItems(packer, items, 'H', 2, (view, offset, item) => view.setUint16(offset, item, true));
  else if (max < 2 ** 31)
    writeItems(packer, items, 'i', 4, (view, offset, item) => view.setInt32(offset, item, true));
  else if (max < 2 ** 32)
    writeItems(packer, items, 'I', 4, (view, offset, item) => view.setUint32(offset, item, true));
  else writeItems(packer, items, 'q', 8, writeSafeInteger);
}

function writeItems(
  packer: Packer,
  items: ArrayLike<number>,
  code: string,
  itemSize: number,
  write: (view: DataView, offset: number, item: number) => void,
): void {
  const headerSize = itemSize === 8 ? 8 : 4;
  packer.reserve(headerSize + items.length * itemSize);
  const { view, length } = packer;
  // the length fits into 24 bits, so a wide header differs by zeros that follow
  view.setUint32(length, code.charCodeAt(0) + items.length * 2 ** 8, true);
  if (headerSize === 8) view.setUint32(length + 4, 0, true);
  let offset = length + headerSize;
  for (let index = 0; index < items.length; index++) {
    write(view, offset, items[index] as number);
    offset += itemSize;
  }
  packer.length = offset;
}
