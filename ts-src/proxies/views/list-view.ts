/** Lists and tuples that are read in place. */
import { OutOfRangeError } from '../../errors.js';
import type { Region } from '../../region.js';
import { budgetFor, budgetForItem, operate, Walk } from '../../types/budget.js';
import {
  isListLike,
  isTupleLike,
  listBrand,
  sequencesEqual,
  tupleBrand,
  valuesEqual,
} from '../../types/equality.js';
import {
  isPointerCode,
  readTypedArray,
  type StoredSequence,
  type TypedArray,
} from '../../types/sequence-format.js';
import { itemAt, readItems } from '../../types/sequence-reading.js';
import type { Places } from '../../types/sequence-writing.js';
import { Tuple } from '../../types/tuple.js';
import { toJsonValue } from '../values.js';
import { showAs } from './show.js';

/** What views of lists and of tuples have in common. */
abstract class SequenceView<T> implements Iterable<T> {
  readonly #region: Region;
  readonly #sequence: StoredSequence;
  readonly #places: Places;
  /** The first item of the sequence that belongs to the view. */
  readonly #first: number;
  /** The number of items. */
  readonly length: number;

  constructor(region: Region, sequence: StoredSequence, places: Places, first = 0, length = sequence.length) {
    this.#region = region;
    this.#sequence = sequence;
    this.#places = places;
    this.#first = first;
    this.length = length;
  }

  /** The item at an index; counted from the end where negative; `undefined` where there is none. */
  at(index: number): T | undefined {
    const whole = Math.trunc(index) || 0;
    const wanted = whole < 0 ? whole + this.length : whole;
    return wanted >= 0 && wanted < this.length ? this.#item(wanted) : undefined;
  }

  #item(index: number, budget = budgetForItem(this.#region)): T {
    return itemAt(this.#region, this.#sequence, this.#first + index, this.#places, 0, budget) as T;
  }

  /** The items, each read when it is its turn. */
  *values(): ArrayIterator<T> {
    const walk = new Walk(this.#region);
    for (let index = 0; index < this.length; index++) {
      yield this.#item(index, walk.next());
    }
    return undefined;
  }

  /** `values()`. */
  [Symbol.iterator](): ArrayIterator<T> {
    return this.values();
  }

  /** Calls a function with each item and its index. */
  forEach(callback: (item: T, index: number, view: this) => void, thisArg?: unknown): void {
    let index = 0;
    for (const item of this) callback.call(thisArg, item, index++, this);
  }

  /** The index of the first item that equals a value; texts, bytes and tuples are compared by content. -1 if none. */
  indexOf(value: unknown, fromIndex = 0): number {
    const from = Math.trunc(fromIndex) || 0;
    return operate(() => {
      for (let index = from < 0 ? Math.max(from + this.length, 0) : from; index < this.length; index++) {
        if (valuesEqual(this.#item(index), value)) return index;
      }
      return -1;
    });
  }

  /** Whether an item equals a value; as with arrays, NaN is found. */
  includes(value: unknown): boolean {
    if (!Number.isNaN(value)) return this.indexOf(value) >= 0;
    return operate(() => {
      for (const item of this) if (Number.isNaN(item)) return true;
      return false;
    });
  }

  /** The part from `start` to before `end`, in place too; counted from the end where negative. */
  slice(start = 0, end = this.length): this {
    const from = this.#clamp(start);
    const length = Math.max(this.#clamp(end) - from, 0);
    const View = this.constructor as new (...args: ConstructorParameters<typeof ListView<T>>) => this;
    return new View(this.#region, this.#sequence, this.#places, this.#first + from, length);
  }

  #clamp(index: number): number {
    const whole = Math.trunc(index) || 0;
    return whole < 0 ? Math.max(whole + this.length, 0) : Math.min(whole, this.length);
  }

  /** Decodes all items into an array of their own. */
  toArray(): T[] {
    const items: T[] = [];
    this.copyTo(items);
    return items;
  }

  /** @internal */
  protected copyTo(items: T[]): void {
    const budget = budgetFor(this.#region);
    budget.take(this.length);
    const end = this.#first + this.length;
    readItems(this.#region, this.#sequence, this.#places, 0, budget, items, this.#first, end);
  }

  /**
   * Numbers as a typed array of their own, of the width in which they are stored.
   * @throws OutOfRangeError where the items are no numbers
   */
  toTypedArray(): TypedArray {
    const end = this.#first + this.length;
    const array = readTypedArray(this.#region, this.#sequence, this.#first, end);
    if (array !== undefined) return array;
    throw new OutOfRangeError('toTypedArray: the items are not stored as numbers of one type; use toArray()');
  }

  /** Whether the items are stored as numbers of one type, so that there is a typed array of them. */
  get isNumeric(): boolean {
    return !isPointerCode(this.#sequence.code);
  }

  /** The items as an array of JSON values. */
  toJSON(): unknown {
    return operate(() => toJsonValue(this.toArray(), 0));
  }
}

/** A list that is read in place: what is asked for is decoded, nothing else. */
export class ListView<T = unknown> extends SequenceView<T> {
  /** @internal */
  get [listBrand](): true {
    return true;
  }

  /** Whether the other is a list with equal items. */
  equals(other: Iterable<unknown> & { readonly length: number }): boolean {
    return isListLike(other) && operate(() => sequencesEqual(this, other));
  }
}

type ItemsOf<T> = T extends readonly (infer Item)[] ? Item : unknown;

/** A tuple that is read in place. */
export class TupleView<T = readonly unknown[]> extends SequenceView<ItemsOf<T>> {
  /** @internal */
  get [tupleBrand](): true {
    return true;
  }

  /** Whether the other is a tuple with equal items. */
  equals(other: Iterable<unknown> & { readonly length: number }): boolean {
    return isTupleLike(other) && operate(() => sequencesEqual(this, other));
  }

  /** Decodes all items into a tuple of their own. */
  override toArray(): ItemsOf<T>[] {
    const items = new Tuple<ItemsOf<T>>();
    this.copyTo(items);
    return items;
  }
}

showAs(ListView, 'ListView', (view) => view.toArray());
showAs(TupleView, 'TupleView', (view) => Array.from(view));

/** Whether a value is a view of a list or of a tuple. */
export function isSequenceView(value: unknown): value is ListView {
  return value instanceof SequenceView;
}
