/**
 * Values that are equal, by the bytes they are packed to, are stored once: the option `dedupe`.
 *
 * Two kinds of values are looked at. Records, and those nested in them, by their header and fields with pointers
 * replaced by the positions they point to: where what they point to is shared, so are they. Any other value of a slot
 * by all of its bytes, with what it holds; these must not point to anything before them.
 */
import { readSafeInteger } from '../types/numbers.js';
import type { AnySlotType } from '../types/slot-type.js';
import type { Packer } from './packer.js';
import { RecentBytes } from './recent-bytes.js';

export class EqualValues {
  readonly #recent: RecentBytes;
  /** Numbers of the ways in which values are stored: what is stored otherwise is never the same. */
  readonly #kinds = new Map<unknown, number>();
  readonly #kindsByType = new Map<AnySlotType, number>();
  #scratch = Buffer.alloc(1024);

  /** @param memory how many bytes it may use, about */
  constructor(memory: number) {
    this.#recent = new RecentBytes(memory);
  }

  /** Writes the value of a slot that is no record, or finds one that is stored; answers its position. */
  write<T>(
    packer: Packer,
    type: AnySlotType & { write(packer: Packer, value: T): number },
    value: T,
  ): number {
    const { shared, length, position: start } = packer;
    const outerLowest = shared.lowest;
    const { count } = shared;
    shared.lowest = Number.POSITIVE_INFINITY;
    // What the value holds is part of it.
    packer.equal = undefined;
    let position: number;
    try {
      position = type.write(packer, value);
    } finally {
      packer.equal = this;
    }
    const standsAlone = shared.lowest >= start;
    shared.lowest = Math.min(shared.lowest, outerLowest);
    if (packer.length === length || !standsAlone) return position;
    const kind = this.#kindOf(type);
    const before = this.#recent.findOrAdd(kind, position - start, packer.bytes, length, packer.length, start);
    if (before === undefined) return position;
    packer.length = length;
    shared.move(count, start, before - start);
    return position - start + before;
  }

  /**
   * The position of a record that is stored and like the one just written, if there is one.
   * @param start where in the packer it begins
   * @param size of its header and fields
   * @param firstPending where its pointers begin among the packer's pending values
   */
  findRecord(
    packer: Packer,
    schema: object,
    start: number,
    size: number,
    firstPending: number,
  ): number | undefined {
    if (this.#scratch.length < size) this.#scratch = Buffer.alloc(size * 2);
    const scratch = this.#scratch;
    for (let offset = 0; offset < size; offset++) scratch[offset] = packer.bytes[start + offset] as number;
    const position = packer.base + start;
    for (let index = firstPending + 2; index < packer.pendingCount; index += 3) {
      const field = packer.pending[index] as number;
      const target = position + readSafeInteger(packer.view, field);
      scratch.writeDoubleLE(target, field - start);
    }
    return this.#recent.findOrAdd(this.#kindNumber(schema), 0, scratch, 0, size, position);
  }

  /** The record is stored: what it holds may be referred to by those to come. */
  commit(): void {
    this.#recent.commit();
  }

  /** Forgets what the record that failed has stored. */
  rollback(): void {
    this.#recent.rollback();
  }

  #kindOf(type: AnySlotType): number {
    let kind = this.#kindsByType.get(type);
    if (kind === undefined) {
      const stored = type.storedType();
      kind = this.#kindNumber(typeof stored === 'string' ? stored : type);
      this.#kindsByType.set(type, kind);
    }
    return kind;
  }

  #kindNumber(kind: unknown): number {
    let number = this.#kinds.get(kind);
    if (number === undefined) {
      number = this.#kinds.size + 1;
      this.#kinds.set(kind, number);
    }
    return number;
  }
}
