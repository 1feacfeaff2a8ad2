/**
 * Where records are written: a growing buffer whose first byte has a known position, so that pointers come out right
 * wherever a sink puts the bytes. A record that fails to pack is rolled back and leaves no trace.
 */
import { constants } from 'node:buffer';
import { TooLargeError } from '../errors.js';

const smallestCapacity = 1024;

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
  /** How many records the one being packed lies within. */
  depth = 0;
  /** Values of pointer slots that wait for their record's fixed fields; used as a stack. */
  readonly pending: unknown[] = [];
  readonly shared = new SharedValues();

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
    const padding = (alignment - ((this.position - this.origin) % alignment)) % alignment;
    if (padding > 0) {
      this.reserve(padding);
      for (let count = 0; count < padding; count++) this.view.setUint8(this.length++, 0);
    }
  }

  /** Encodes text as UTF-8 from `offset` on, into room that was reserved; answers the number of bytes. */
  encode(text: string, offset: number): number {
    return this.#buffer.write(text, offset);
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

  /** Back to where a failed record started. */
  rollback(length: number): void {
    this.length = length;
    this.depth = 0;
    this.pending.length = 0;
    this.shared.clear();
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

/** Up to here looking at each value in turn is faster than a map. */
const listedValues = 12;

/**
 * What the record being packed has stored already, so that the same value is stored once. Values are found by how
 * they are stored and by identity (texts by content): a text and bytes of the same content are two.
 */
export class SharedValues {
  readonly #storages: unknown[] = [];
  readonly #values: unknown[] = [];
  readonly #positions: number[] = [];
  #count = 0;
  /** All values beyond the listed ones, in records that hold many. */
  #byStorage: Map<unknown, Map<unknown, number>> | undefined;

  /** @param storage what decides the stored form: one key for each form */
  find(storage: unknown, value: unknown): number | undefined {
    for (let index = 0; index < this.#count; index++) {
      if (this.#values[index] === value && this.#storages[index] === storage) return this.#positions[index];
    }
    return this.#byStorage?.get(storage)?.get(value);
  }

  add(storage: unknown, value: unknown, position: number): void {
    if (this.#count < listedValues) {
      this.#storages[this.#count] = storage;
      this.#values[this.#count] = value;
      this.#positions[this.#count] = position;
      this.#count++;
      return;
    }
    this.#byStorage ??= new Map();
    let positions = this.#byStorage.get(storage);
    if (positions === undefined) {
      positions = new Map();
      this.#byStorage.set(storage, positions);
    }
    positions.set(value, position);
  }

  /** The values stay referred to until others take their places, which keeps this free of work. */
  clear(): void {
    this.#count = 0;
    this.#byStorage = undefined;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
