/**
 * Where records are written: a growing buffer whose first byte has a known position, so that pointers come out right
 * wherever a sink puts the bytes. A record that fails to pack is rolled back and leaves no trace.
 */
import { constants } from 'node:buffer';
import { TooLargeError } from '../errors.js';
import type { StructSchema } from '../types/struct.js';
import type { EqualValues } from './equal-values.js';
import { SharedValues } from './shared-values.js';

const smallestCapacity = 1024;
/** Up to here text is encoded faster by a loop than by a call of the runtime, which takes as long as 25 turns. */
const loopedLength = 24;

export { SharedValues };

export class Packer {
  /** What has been packed lies in `[0, length)`. */
  bytes: Uint8Array;
  view: DataView;
  /** See `keepFront`; `undefined` where nothing is kept, or where it is used up. */
  #front: number | undefined;
  #frontSize = 0;
  /** The same bytes, as what encodes text. */
  #buffer: Buffer;
  /** Offset in `bytes` of the next byte to write. */
  length = 0;
  /** Position of `bytes[0]` in the structure that is being written. */
  base = 0;
  /** Position that alignment counts from: the start of the outermost record. */
  origin = 0;
  /** Schemas of the records that were stored with their typecodes. */
  readonly structs = new Set<StructSchema>();
  /** How many records the one being packed lies within. */
  depth = 0;
  /**
   * Pointer slots that wait for their record's fixed fields: of each the value, the slot, the offset of the field. Used
   * as a stack of `pendingCount`; setting the length of an array would cost more.
   */
  readonly pending: unknown[] = [];
  pendingCount = 0;
  shared = new SharedValues();
  /** Finds equal values, where these are to be stored once. */
  equal: EqualValues | undefined;

  constructor(capacity = 64 * 1024) {
    this.#buffer = Buffer.alloc(Math.max(capacity, smallestCapacity));
    this.bytes = this.#buffer;
    this.view = viewOf(this.bytes);
  }

  /** Position of the next byte to write. */
  get position(): number {
    return this.base + this.length;
  }

  /** Makes room for `count` more bytes; `bytes` and `view` may be others afterwards. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed > this.bytes.length) this.#grow(needed);
  }

  /** Pads with zeros until the position is a multiple of `alignment`, counted from the outermost record. */
  align(alignment: number): void {
    const padding = this.paddingTo(alignment, 0);
    if (padding === 0) return;
    this.reserve(padding);
    const { bytes, length } = this;
    const end = length + padding;
    for (let offset = length; offset < end; offset++) bytes[offset] = 0;
    this.length = end;
  }

  /** How many bytes bring what is `ahead` bytes after the position to a multiple of `alignment`; see `align`. */
  paddingTo(alignment: number, ahead: number): number {
    const distance = this.length + (this.base - this.origin) + ahead;
    // Division takes long. Bits beyond the 32nd do not matter to a power of two.
    if ((alignment & (alignment - 1)) === 0) return -distance & (alignment - 1);
    return (alignment - (distance % alignment)) % alignment;
  }

  /** Encodes text as UTF-8 from `offset` on, into room that was reserved; answers the number of bytes. */
  encode(text: string, offset: number): number {
    const { length } = text;
    if (length > loopedLength) return this.#buffer.write(text, offset);
    const { bytes } = this;
    let at = offset;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x80) {
        bytes[at++] = code;
      } else if (code < 0x800) {
        bytes[at++] = 0xc0 | (code >> 6);
        bytes[at++] = 0x80 | (code & 0x3f);
      } else if (code < 0xd800 || code > 0xdfff) {
        bytes[at++] = 0xe0 | (code >> 12);
        bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
        bytes[at++] = 0x80 | (code & 0x3f);
      } else {
        return this.#buffer.write(text, offset);
      }
    }
    return at - offset;
  }

  /**
   * Keeps the first `size` bytes for the own bytes of the outermost value, which otherwise follow what they point to;
   * 0 finds out how many these are, as `frontSize`.
   */
  keepFront(size: number): void {
    this.reserve(size);
    this.bytes.fill(0, this.length, this.length + size);
    this.length += size;
    this.#front = size;
  }

  /** How many own bytes the outermost value has, once it is written. */
  get frontSize(): number {
    return this.#frontSize;
  }

  /** Called where all that a value points to is stored and its own bytes begin; answers what `endOwn` needs. */
  beginOwn(): number {
    const mark = this.length;
    if (this.#front !== undefined && this.#front > 0 && this.depth === 1) this.length = 0;
    return mark;
  }

  /** Called where the own bytes of a value end. */
  endOwn(mark: number): void {
    if (this.#front === undefined || this.depth !== 1) return;
    const size = this.length - (this.#front > 0 ? 0 : mark);
    if (this.#front > 0) this.length = Math.max(mark, size);
    this.#frontSize = size;
    this.#front = undefined;
  }

  /** Goes on at the start of the buffer, after a sink has copied what was packed. */
  discardTaken(): void {
    this.base += this.length;
    this.length = 0;
  }

  /** A record is complete. */
  commit(): void {
    this.shared.commit();
    this.equal?.commit();
  }

  /** Back to where a failed record started. */
  rollback(length: number): void {
    this.length = length;
    this.depth = 0;
    this.pendingCount = 0;
    this.shared.clear();
    this.equal?.rollback();
  }

  #grow(needed: number): void {
    const capacity = Math.min(Math.max(needed, this.bytes.length * 2), constants.MAX_LENGTH);
    if (needed > capacity) {
      throw new TooLargeError(
        `one record needs ${needed} bytes, this runtime allows ${constants.MAX_LENGTH}`,
      );
    }
    const grown = Buffer.alloc(capacity);
    grown.set(this.bytes.subarray(0, this.length));
    this.#buffer = grown;
    this.bytes = grown;
    this.view = viewOf(grown);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
