/**
 * Where records are written: a growing buffer whose first byte has a known position, so that pointers come out right
 * wherever a sink puts the bytes. A record that fails to pack is rolled back and leaves no trace.
 */
import { constants } from 'node:buffer';
import { TooLargeError } from '../errors.js';

const smallestCapacity = 1024;

export class Packer {
  /** What has been packed lies in `[0, length)`. */
  bytes: Buffer;
  view: DataView;
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
    this.bytes = Buffer.alloc(Math.max(capacity, smallestCapacity));
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
      this.bytes.fill(0, this.length, this.length + padding);
      this.length += padding;
    }
  }

  /** Takes everything packed so far away, for a sink; later records follow it. */
  take(): Buffer {
    const taken = Buffer.from(this.bytes.subarray(0, this.length));
    this.discardTaken();
    return taken;
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
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.view = viewOf(grown);
  }
}

/**
 * What the record being packed has stored already, so that the same value is stored once. Values are found by how
 * they are stored and by identity (texts by content): a text and bytes of the same content are two.
 */
export class SharedValues {
  readonly #byStorage = new Map<unknown, Map<unknown, number>>();
  #used = false;

  /** @param storage what decides the stored form: one key for each form */
  find(storage: unknown, value: unknown): number | undefined {
    return this.#used ? this.#byStorage.get(storage)?.get(value) : undefined;
  }

  add(storage: unknown, value: unknown, position: number): void {
    let positions = this.#byStorage.get(storage);
    if (positions === undefined) {
      positions = new Map();
      this.#byStorage.set(storage, positions);
    }
    positions.set(value, position);
    this.#used = true;
  }

  clear(): void {
    if (!this.#used) return;
    for (const positions of this.#byStorage.values()) positions.clear();
    this.#used = false;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
