/** Buffers: a 64-bit length and bytes, never compressed, read in place. See docs/format.md, "Buffers". */
import type { Packer } from '../building/packer.js';
import { describe, InvalidTypeError } from '../errors.js';
import { fromTaggedBytes, taggedBytes } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { writeSafeInteger } from './numbers.js';
import { type ValueType, valueType } from './pointer.js';
import { registerRtti } from './rtti.js';

const lengthSize = 8;

/** The bytes of the buffer at `position`, in place. */
export function readBuffer(region: Region, position: number): Uint8Array {
  const length = region.readSize(position, 'the length of a buffer');
  return region.bytesAt(position + lengthSize, length, 'a buffer');
}

/** Appends bytes with their length. */
export function writeBuffer(packer: Packer, bytes: Uint8Array): void {
  packer.reserve(lengthSize + bytes.length);
  writeSafeInteger(packer.view, packer.length, bytes.length);
  packer.bytes.set(bytes, packer.length + lengthSize);
  packer.length += lengthSize + bytes.length;
}

/**
 * Bytes that are read as a view of the file, without a copy. `structuredClone` and `postMessage` of such a view copy all of
 * the file's memory: send `view.slice()` instead. Views stop working (they have length 0) when the container is closed.
 */
export const buffer: ValueType<Uint8Array, Uint8Array | ArrayBuffer> = valueType({
  name: 'buffer',
  stored: 'proxied_buffer',
  read: readBuffer,
  append(packer, value) {
    const given: unknown = value;
    if (given instanceof Uint8Array) return writeBuffer(packer, given);
    if (given instanceof ArrayBuffer) return writeBuffer(packer, new Uint8Array(given));
    throw new InvalidTypeError(`expected a Uint8Array or an ArrayBuffer (buffer), found ${describe(value)}`);
  },
  readExact: (region, position) => taggedBytes(readBuffer(region, position)),
  fromExact: fromTaggedBytes,
});

registerRtti({ code: 'r', type: buffer, accepts: (value) => value instanceof ArrayBuffer, aligned: true });
