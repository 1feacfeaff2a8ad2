/** What id mappers and mappings share: the rows of an id table, in whose order they iterate. */
import { Walk } from '../types/budget.js';
import { Container, type Generation } from './container.js';
import type { IdTable } from './id-table.js';
import { countKeys, type KeyForm, keyOfRow, requireStringKeys } from './table-keys.js';

export interface TableGeneration extends Generation {
  readonly table: IdTable;
}

export abstract class Keyed<K, V, G extends TableGeneration> extends Container<G> {
  /** How the keys of this class come out. */
  static readonly keyForm: KeyForm = 'text';

  /** Number of rows of the id table, which is what iteration yields: equal keys count as often as they are there. */
  get size(): number {
    return this.generation.table.rowCount;
  }

  /** The id table, for the parts of this library that look deeper. */
  get table(): IdTable {
    return this.generation.table;
  }

  /** The value of a row. */
  protected abstract valueOfRow(generation: G, row: number): V;

  /** The number of different keys. Looks at every row. */
  countKeys(): number {
    return countKeys(this.generation.table);
  }

  /** The keys, in the order of the table: by number or by hash. */
  *keys(): MapIterator<K> {
    const { table } = this.generation;
    const form = this.#keyForm();
    const walk = new Walk(table.region);
    for (let row = 0; row < table.rowCount; row++) yield keyOfRow(table, row, form, walk.next()) as K;
    return undefined;
  }

  /**
   * The keys of a table of strings as the bytes that are stored, whether they are text or not.
   * @throws InvalidTypeError where keys are no strings
   */
  *keysAsBytes(): MapIterator<Uint8Array> {
    const { table } = this.generation;
    requireStringKeys(table);
    for (let row = 0; row < table.rowCount; row++) yield table.bytesKey(row);
    return undefined;
  }

  /** The values, in step with `keys()`. */
  *values(): MapIterator<V> {
    const { generation } = this;
    for (let row = 0; row < generation.table.rowCount; row++) yield this.valueOfRow(generation, row);
    return undefined;
  }

  /** Pairs of key and value, in step with `keys()`. */
  *entries(): MapIterator<[K, V]> {
    const { generation } = this;
    const { table } = generation;
    const form = this.#keyForm();
    const walk = new Walk(table.region);
    for (let row = 0; row < table.rowCount; row++) {
      yield [keyOfRow(table, row, form, walk.next()) as K, this.valueOfRow(generation, row)];
    }
    return undefined;
  }

  /** `entries()`. */
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  /** Calls a function with each value and its key, as `Map` does. */
  forEach(callback: (value: V, key: K, container: this) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }

  #keyForm(): KeyForm {
    return (this.constructor as typeof Keyed).keyForm;
  }
}
