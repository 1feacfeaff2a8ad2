/** Finding all rows of a key, in the order of the table. */
import { InvalidTypeError } from '../errors.js';
import { native, type RowsSearch } from '../native/index.js';
import { Budget } from '../types/budget.js';
import { valuesEqual } from '../types/equality.js';
import { hasUnreliableHash, stableHash } from '../types/stable-hash.js';
import type { IdTable } from './id-table.js';
import { listOf, type ManyKeys, ManySearch } from './many-keys.js';

export interface RowSearch {
  /** The first row; -1 where the key is absent, as anything is that cannot be a key. */
  first(key: unknown): number;
  /** The first row of each key, -1 where it is absent. */
  firstMany(keys: ManyKeys<unknown>): Float64Array;
  /** What `valueAt` makes of each row. */
  collect<T>(key: unknown, valueAt: (row: number) => T): T[];
  /** The same for many keys. */
  collectMany<T>(keys: ManyKeys<unknown>, valueAt: (row: number) => T): T[][];
  count(key: unknown): number;
  /** The rows, found as they are asked for. */
  walk(key: unknown): Generator<number, void, undefined>;
}

/** Nothing is opened or allocated before the first search. */
export function rowSearchOf(table: IdTable): RowSearch {
  return table.kind.keys === 'object' ? new ObjectRowSearch(table) : new NativeRowSearch(table);
}

/** Rows that one call of native code finds. */
const batch = 128;

class NativeRowSearch implements RowSearch {
  readonly #table: IdTable;
  #found = new Float64Array(0);
  #search: RowsSearch | undefined;
  readonly #many: ManySearch;

  constructor(table: IdTable) {
    this.#table = table;
    this.#many = new ManySearch(table, table.searchSpec('row'), (key) => this.first(key));
  }

  first(key: unknown): number {
    return this.#fill(key, 0) === 0 ? -1 : (this.#found[0] as number);
  }

  firstMany(keys: ManyKeys<unknown>): Float64Array {
    return this.#many.find(keys);
  }

  collectMany<T>(keys: ManyKeys<unknown>, valueAt: (row: number) => T): T[][] {
    const list = listOf(keys);
    return Array.from(this.#many.find(list), (row, index) =>
      row < 0 ? [] : this.#collectFrom(list[index], row, valueAt),
    );
  }

  collect<T>(key: unknown, valueAt: (row: number) => T): T[] {
    return this.#collectFrom(key, 0, valueAt);
  }

  /** @param first a row that no row with the key is before */
  #collectFrom<T>(key: unknown, first: number, valueAt: (row: number) => T): T[] {
    const values: T[] = [];
    for (let start = first; start >= 0; ) {
      const count = this.#fill(key, start);
      start = this.#next(count);
      for (let index = 0; index < count; index++) values.push(valueAt(this.#found[index] as number));
    }
    return values;
  }

  count(key: unknown): number {
    let total = 0;
    for (let start = 0; start >= 0; ) {
      const count = this.#fill(key, start);
      start = this.#next(count);
      total += count;
    }
    return total;
  }

  *walk(key: unknown): Generator<number, void, undefined> {
    for (let start = 0; start >= 0; ) {
      const count = this.#fill(key, start);
      start = this.#next(count);
      // Others may search before the next row is asked for.
      yield* this.#found.slice(0, count);
    }
  }

  #fill(key: unknown, start: number): number {
    this.#search ??= this.#makeSearch();
    return this.#search(key, start);
  }

  /** Where to go on after so many rows were found; -1 where there are no more. */
  #next(count: number): number {
    return count < batch ? -1 : (this.#found[batch - 1] as number) + 1;
  }

  #makeSearch(): RowsSearch {
    this.#found = new Float64Array(batch);
    const spec = { ...this.#table.searchSpec('rows'), found: this.#found };
    return native.createSearch(this.#table.region.handle, spec);
  }
}

/** Native code finds the rows with the hash of a key; whether they have the key is for Python's equality to say. */
class ObjectRowSearch implements RowSearch {
  readonly #table: IdTable;
  readonly #hashes: NativeRowSearch;

  constructor(table: IdTable) {
    this.#table = table;
    this.#hashes = new NativeRowSearch(table);
  }

  first(key: unknown): number {
    const hash = reliableHash(key);
    if (hash === undefined) return this.#firstOf(key);
    const row = this.#hashes.first(hash);
    // Nearly always; only other keys of the same hash take the longer way.
    if (row < 0 || this.#has(row, key, this.#budget())) return row;
    return this.#firstOf(key);
  }

  #firstOf(key: unknown): number {
    for (const row of this.walk(key)) return row;
    return -1;
  }

  firstMany(keys: ManyKeys<unknown>): Float64Array {
    return Float64Array.from(listOf(keys), (key) => this.first(key));
  }

  collect<T>(key: unknown, valueAt: (row: number) => T): T[] {
    return Array.from(this.walk(key), valueAt);
  }

  collectMany<T>(keys: ManyKeys<unknown>, valueAt: (row: number) => T): T[][] {
    return Array.from(listOf(keys), (key) => this.collect(key, valueAt));
  }

  count(key: unknown): number {
    let count = 0;
    for (const _ of this.walk(key)) count++;
    return count;
  }

  *walk(key: unknown): Generator<number, void, undefined> {
    const hash = reliableHash(key);
    const budget = this.#budget();
    for (const row of hash === undefined ? this.#allRows() : this.#hashes.walk(hash)) {
      if (this.#has(row, key, budget)) yield row;
    }
  }

  #has(row: number, key: unknown, budget: Budget): boolean {
    return valuesEqual(this.#table.objectKey(row, budget), key);
  }

  /** What all keys that one search reads are paid from. */
  #budget(): Budget {
    const { region } = this.#table;
    return new Budget(region, region.limits.maxVisits);
  }

  *#allRows(): Generator<number, void, undefined> {
    for (let row = 0; row < this.#table.rowCount; row++) yield row;
  }
}

/** No row has this in its first column. */
const noHash = -1;

/**
 * The hash of a key, or what no row has for something that cannot be a key. `undefined` for keys with sets of several
 * members: these have a hash that only their writer knew, and may be in any row.
 */
function reliableHash(key: unknown): bigint | typeof noHash | undefined {
  try {
    return hasUnreliableHash(key) ? undefined : stableHash(key);
  } catch (error) {
    if (error instanceof InvalidTypeError) return noHash;
    throw error;
  }
}
