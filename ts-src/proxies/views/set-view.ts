/** Sets that are read in place. */
import { InvalidTypeError, OutOfRangeError } from '../../errors.js';
import type { Region } from '../../region.js';
import { budgetForItem, operate, Walk } from '../../types/budget.js';
import { isSetLike, setBrand, setsEqual, valuesEqual } from '../../types/equality.js';
import { Float } from '../../types/float.js';
import type { Member } from '../../types/members.js';
import { isPointerCode, numberAt, type StoredSequence } from '../../types/sequence-format.js';
import { itemAt } from '../../types/sequence-reading.js';
import type { Places } from '../../types/sequence-writing.js';
import { bitmapMembers, type StoredSet, storedHash } from '../../types/set-format.js';
import { hasUnreliableHash, stableHash } from '../../types/stable-hash.js';
import { toJsonValue } from '../values.js';
import { showAs } from './show.js';

/** What the operations on sets take: a set, a map, anything with their methods. */
export interface SetLike<T> {
  /** The number of members. */
  readonly size: number;
  /** Whether a value is a member. */
  has(value: T): boolean;
  /** The members. */
  keys(): Iterator<T>;
}

/**
 * A set that is read in place: `has` searches in what is stored and compares by value, so that texts, bytes, tuples
 * and sets are found by content. It has the operations that sets have since ES2025, on every Node.
 */
export class SetView<T = unknown> implements ReadonlySet<T> {
  readonly #region: Region;
  readonly #stored: StoredSet;
  readonly #places: Places & { readonly uniform: Member };
  /** The number of members. */
  readonly size: number;

  constructor(region: Region, stored: StoredSet, places: Places & { readonly uniform: Member }) {
    this.#region = region;
    this.#stored = stored;
    this.#places = places;
    this.size = stored.bitmap?.count ?? stored.sequence?.length ?? 0;
  }

  /** @internal */
  get [setBrand](): true {
    return true;
  }

  /** Whether a member equals the value; 1, 1n and true are equal. What cannot be in a set is not. */
  has(value: unknown): boolean {
    const { bitmap, sequence } = this.#stored;
    if (bitmap === undefined && isPointerCode(sequence.code))
      return operate(() => this.#hasByHash(sequence, value));
    const number = numberOf(value);
    if (number === undefined) return false;
    if (bitmap === undefined) return this.#hasNumber(sequence, number);
    const small = Number(number);
    if (!Number.isInteger(small) || small < 0 || small >= bitmap.bits.length * 8) return false;
    return ((bitmap.bits[small >>> 3] as number) & (1 << (small & 7))) !== 0;
  }

  #hasNumber(sequence: StoredSequence, value: number | bigint): boolean {
    let low = 0;
    let high = sequence.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const member = numberAt(this.#region, sequence, middle, 'either');
      // biome-ignore lint/suspicious/noDoubleEquals: numbers and bigints are compared by what they are worth
      if (member == value) return true;
      if (member < value) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  #hasByHash(sequence: StoredSequence, value: unknown): boolean {
    const key = this.#keyOf(value);
    if (key === undefined) return false;
    if (hasUnreliableHash(key)) return this.#hasAnywhere(key);
    const hash = stableHash(key);
    let low = 0;
    let high = sequence.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const member = this.#member(sequence, middle);
      if (hasUnreliableHash(member)) return this.#hasAnywhere(key);
      if (storedHash(member, sequence.position) < hash) low = middle + 1;
      else high = middle;
    }
    for (; low < sequence.length; low++) {
      const member = this.#member(sequence, low);
      if (valuesEqual(member, key)) return true;
      if (storedHash(member, sequence.position) !== hash) return false;
    }
    return false;
  }

  /** The value as a key, or `undefined` for what cannot be one. */
  #keyOf(value: unknown): unknown {
    try {
      const key = this.#places.uniform.asKey(value);
      stableHash(key);
      return key;
    } catch (error) {
      if (error instanceof InvalidTypeError || error instanceof OutOfRangeError) return undefined;
      throw error;
    }
  }

  /** Where sets are members, the order of the file may be one that only its writer knew. */
  #hasAnywhere(key: unknown): boolean {
    for (const member of this) if (valuesEqual(member, key)) return true;
    return false;
  }

  #member(sequence: StoredSequence, index: number, budget = budgetForItem(this.#region)): T {
    return itemAt(this.#region, sequence, index, this.#places, 0, budget) as T;
  }

  *values(): SetIterator<T> {
    const { bitmap, sequence } = this.#stored;
    if (bitmap !== undefined) {
      const isBigint = this.#places.uniform.mode === 'bigint';
      for (const member of bitmapMembers(bitmap)) yield (isBigint ? BigInt(member) : member) as T;
    } else {
      const walk = new Walk(this.#region);
      for (let index = 0; index < sequence.length; index++) {
        yield this.#member(sequence, index, walk.next());
      }
    }
    return undefined;
  }

  keys(): SetIterator<T> {
    return this.values();
  }

  *entries(): SetIterator<[T, T]> {
    for (const member of this.values()) yield [member, member];
    return undefined;
  }

  /** The members. */
  [Symbol.iterator](): SetIterator<T> {
    return this.values();
  }

  /** Calls a function with each member, as `Set` does. */
  forEach(callback: (member: T, same: T, view: this) => void, thisArg?: unknown): void {
    for (const member of this.values()) callback.call(thisArg, member, member, this);
  }

  /** The members of this set and of the other. */
  union<U>(other: SetLike<U>): Set<T | U> {
    return operate(() => {
      const result = new Set<T | U>(this);
      for (const member of membersOf(other)) if (!this.has(member)) result.add(member);
      return result;
    });
  }

  /** The members that both sets have. */
  intersection<U>(other: SetLike<U>): Set<T & U> {
    return operate(() => {
      const result = new Set<T & U>();
      for (const member of this) if (other.has(member as unknown as U)) result.add(member as T & U);
      return result;
    });
  }

  /** The members that the other set does not have. */
  difference<U>(other: SetLike<U>): Set<T> {
    return operate(() => {
      const result = new Set<T>();
      for (const member of this) if (!other.has(member as unknown as U)) result.add(member);
      return result;
    });
  }

  /** The members that one of the sets has, but not both. */
  symmetricDifference<U>(other: SetLike<U>): Set<T | U> {
    return operate(() => {
      const result: Set<T | U> = this.difference(other);
      for (const member of membersOf(other)) if (!this.has(member)) result.add(member);
      return result;
    });
  }

  /** Whether the other set has all members of this one. */
  isSubsetOf(other: SetLike<unknown>): boolean {
    return this.size <= other.size && this.#every((member) => other.has(member));
  }

  /** Whether this set has all members of the other. */
  isSupersetOf(other: SetLike<unknown>): boolean {
    if (this.size < other.size) return false;
    return operate(() => {
      for (const member of membersOf(other)) if (!this.has(member)) return false;
      return true;
    });
  }

  /** Whether the sets have no member in common. */
  isDisjointFrom(other: SetLike<unknown>): boolean {
    return this.#every((member) => !other.has(member));
  }

  #every(holds: (member: T) => boolean): boolean {
    return operate(() => {
      for (const member of this) if (!holds(member)) return false;
      return true;
    });
  }

  /** Whether the other is a set with equal members. */
  equals(other: ReadonlySet<unknown>): boolean {
    return isSetLike(other) && operate(() => setsEqual(this, other));
  }

  /** The members as an array of JSON values. */
  toJSON(): unknown {
    return operate(() => toJsonValue([...this], 0));
  }
}

showAs(SetView, 'SetView', (view) => new Set(view));

function numberOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof Float ? value.value : undefined;
}

function membersOf<T>(set: SetLike<T>): Iterable<T> {
  return { [Symbol.iterator]: () => set.keys() };
}
