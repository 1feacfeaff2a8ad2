/**
 * Looking up many keys at once: they cross to native code together, and memory is waited for once a group of keys, not
 * once a key.
 */
import { describe, InvalidTypeError } from '../errors.js';
import { type BatchSearch, native, type SearchSpec } from '../native/index.js';
import type { IdTable } from './id-table.js';

/** Keys to look up together: an array, anything iterable, or a typed array of numbers. */
export type ManyKeys<K> = Iterable<K> | ArrayLike<K>;

/** What stands for what can be no key, and is the answer for every absent one. */
const absent = -1;

/** How many keys, and how much text, cross at once. */
const keysAtOnce = 4096;
const unitsAtOnce = 2 ** 20;

type List = ArrayLike<unknown>;

export class ManySearch {
  readonly #table: IdTable;
  readonly #spec: SearchSpec;
  readonly #single: (key: unknown) => number;
  readonly #limit: number;
  #batch: BatchSearch | undefined;
  #lengths: Uint32Array | undefined;

  /**
   * @param spec what is answered: rows, values or positions
   * @param single answers the same for one key, -1 where it is absent; throws for a value that no double holds
   * @param limit what answers are below; one that is not is left to `single`, which says what is wrong with it
   */
  constructor(
    table: IdTable,
    spec: SearchSpec,
    single: (key: unknown) => number,
    limit = Number.POSITIVE_INFINITY,
  ) {
    this.#table = table;
    this.#spec = spec;
    this.#single = single;
    this.#limit = limit;
  }

  /** An answer for each key, -1 where it is absent. */
  find(keys: ManyKeys<unknown>): Float64Array {
    const list = listOf(keys);
    const answers = new Float64Array(list.length);
    switch (this.#table.kind.keys) {
      case 'object':
        for (let index = 0; index < list.length; index++) answers[index] = this.#single(list[index]);
        return answers;
      case 'numeric':
        this.#findNumbers(list, answers);
        break;
      case 'string':
      case 'approx':
        this.#findTexts(list, answers);
    }
    for (let index = 0; index < answers.length; index++) {
      if (!((answers[index] as number) < this.#limit)) answers[index] = this.#single(list[index]);
    }
    return answers;
  }

  get #search(): BatchSearch {
    this.#batch ??= native.createBatchSearch(this.#table.region.handle, this.#spec);
    return this.#batch;
  }

  #findNumbers(list: List, answers: Float64Array): void {
    if (list instanceof Float64Array || list instanceof BigUint64Array) {
      this.#search(list, undefined, answers);
      return;
    }
    if (ArrayBuffer.isView(list) && !(list instanceof BigInt64Array)) {
      this.#search(new Float64Array(list as unknown as ArrayLike<number>), undefined, answers);
      return;
    }
    const doubles = new Float64Array(list.length);
    const others: number[] = [];
    for (let index = 0; index < list.length; index++) {
      const key = list[index];
      if (typeof key === 'number') doubles[index] = key;
      else {
        doubles[index] = absent;
        others.push(index);
      }
    }
    this.#search(doubles, undefined, answers);
    for (const index of others) answers[index] = Number.NaN;
  }

  #findTexts(list: List, answers: Float64Array): void {
    this.#lengths ??= new Uint32Array(keysAtOnce);
    const lengths = this.#lengths;
    for (let start = 0; start < list.length; ) {
      const texts: string[] = [];
      const others: number[] = [];
      let units = 0;
      for (
        let index = start;
        index < list.length && texts.length < keysAtOnce && units < unitsAtOnce;
        index++
      ) {
        let key = list[index];
        // Bytes, hashes, and texts of a size that makes it no matter how they cross.
        if (typeof key !== 'string' || key.length > unitsAtOnce) {
          others.push(index);
          key = '';
        }
        lengths[texts.length] = (key as string).length;
        units += (key as string).length;
        texts.push(key as string);
      }
      const end = start + texts.length;
      this.#search(texts.join(''), lengths.subarray(0, texts.length), answers.subarray(start, end));
      for (const index of others) answers[index] = Number.NaN;
      start = end;
    }
  }
}

/** The keys by number. */
export function listOf(keys: ManyKeys<unknown>): List {
  if (Array.isArray(keys) || (ArrayBuffer.isView(keys) && !(keys instanceof DataView))) return keys as List;
  const iterable = typeof keys === 'object' && keys !== null && (Symbol.iterator in keys || 'length' in keys);
  if (!iterable)
    throw new InvalidTypeError(`expected an array of keys, or an iterable, found ${describe(keys)}`);
  return Array.from(keys);
}
