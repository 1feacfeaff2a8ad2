/** Dicts that are read in place. */
import { InvalidTypeError, OutOfRangeError } from '../../errors.js';
import type { Region } from '../../region.js';
import { type Budget, budgetFor, budgetForItem, operate, Walk } from '../../types/budget.js';
import { findRow, keyAt, type StoredDict, valueIndexAt } from '../../types/dict-format.js';
import { dictBrand, dictsEqual, isDictLike } from '../../types/equality.js';
import type { Member } from '../../types/members.js';
import { itemAt } from '../../types/sequence-reading.js';
import type { Places } from '../../types/sequence-writing.js';
import { stableHash } from '../../types/stable-hash.js';
import { toJsonValue } from '../values.js';
import { showAs } from './show.js';

/**
 * A dict that is read in place. `get` searches by the hash of the key and compares by value: texts, bytes, tuples and
 * sets are found by content, and 1, 1n and true are one key, as in Python. Iterates in the order of the hashes.
 */
export class DictView<K = unknown, V = unknown> implements ReadonlyMap<K, V> {
  readonly #region: Region;
  readonly #dict: StoredDict;
  readonly #keys: Member;
  readonly #values: Places;

  constructor(region: Region, dict: StoredDict, keys: Member, values: Places) {
    this.#region = region;
    this.#dict = dict;
    this.#keys = keys;
    this.#values = values;
  }

  /** @internal */
  get [dictBrand](): true {
    return true;
  }

  /** The number of keys. */
  get size(): number {
    return this.#dict.table.rowCount;
  }

  /** The value of a key; `undefined` where the key is absent, as anything is that cannot be a key. */
  get(key: unknown): V | undefined {
    const row = this.#find(key);
    return row < 0 ? undefined : this.#value(row);
  }

  /** Whether a key is there. */
  has(key: unknown): boolean {
    return this.#find(key) >= 0;
  }

  #find(given: unknown): number {
    let key: unknown;
    try {
      key = this.#keys.asKey(given);
      stableHash(key);
    } catch (error) {
      if (error instanceof InvalidTypeError || error instanceof OutOfRangeError) return -1;
      throw error;
    }
    return operate(() => findRow(this.#region, this.#dict.table, key, this.#keys, budgetFor(this.#region)));
  }

  #key(row: number, budget: Budget): K {
    return keyAt(this.#region, this.#dict.table, row, this.#keys, 0, budget) as K;
  }

  #value(row: number, budget = budgetForItem(this.#region)): V {
    const index = valueIndexAt(this.#region, this.#dict, row);
    return itemAt(this.#region, this.#dict.values, index, this.#values, 0, budget) as V;
  }

  *keys(): MapIterator<K> {
    const walk = new Walk(this.#region);
    for (let row = 0; row < this.size; row++) yield this.#key(row, walk.next());
    return undefined;
  }

  *values(): MapIterator<V> {
    const walk = new Walk(this.#region);
    for (let row = 0; row < this.size; row++) {
      yield this.#value(row, walk.next());
    }
    return undefined;
  }

  *entries(): MapIterator<[K, V]> {
    const walk = new Walk(this.#region);
    for (let row = 0; row < this.size; row++) {
      const budget = walk.next();
      yield [this.#key(row, budget), this.#value(row, budget)];
    }
    return undefined;
  }

  /** `entries()`. */
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  /** Calls a function with each value and its key, as `Map` does. */
  forEach(callback: (value: V, key: K, view: this) => void, thisArg?: unknown): void {
    for (const [key, value] of this) callback.call(thisArg, value, key, this);
  }

  /** Whether the other is a dict with equal keys and values. */
  equals(other: ReadonlyMap<unknown, unknown>): boolean {
    return isDictLike(other) && operate(() => dictsEqual(this, other));
  }

  /** An object, or pairs where keys are not all texts. */
  toJSON(): unknown {
    return operate(() => toJsonValue(new Map(this), 0));
  }
}

showAs(DictView, 'DictView', (view) => new Map(view));
