/** Cursors: one proxy moved from record to record, so that a scan allocates nothing. */
import { ClosedError, CorruptDataError, describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { type GatherSource, native } from '../native/index.js';
import { RecordProxy } from '../proxies/record.js';
import { readError, type Window } from '../region.js';
import type { IdTable } from './id-table.js';
import { gatherSourceOf } from './record-columns.js';
import { arrayHeaderBytes, type RecordSource } from './record-source.js';

/** Before the first record, and where a key has put a cursor. */
const nowhere = -1;
/** Positions that are asked for at once: at first few, for whoever stops early; then as many as stay in the cache meanwhile. */
const firstBatch = 32;
const largestBatch = 1024;

/**
 * One proxy that is moved along the records of an array, or along those of the rows of a mapping. Whoever keeps a record
 * must take a copy (`toObject`), or the record of its index: the proxy shows another one after the next step.
 *
 *     for (const city of cities.cursor()) sum += city.population;
 *
 *     const cursor = cities.cursor();
 *     while (cursor.advance()) sum += cursor.record.population;
 */
export class Cursor<R = object> implements IterableIterator<R, undefined, unknown> {
  readonly #records: RecordSource;
  readonly #table: IdTable | undefined;
  readonly #count: number;
  readonly #source: GatherSource;
  readonly #proxy: R & RecordProxy;
  readonly #step: { done: false; value: R };
  /** The one window of a region of less than 2 GiB. */
  readonly #smallWindow: Window | undefined;

  /** Of an array in such a window, whose index is read in place: how many records, where they are, and what its positions are. */
  readonly #directCount: number;
  readonly #view: DataView;
  readonly #indexOffset: number;
  readonly #arrayOffset: number;
  readonly #lowest: number;
  readonly #end: number;

  #index = nowhere;
  /** The proxy, while it shows a record. */
  #record: R | undefined;
  /** Positions of the records that come next; `#next` is the place of the first of these, up to `#filled`. */
  #positions = new Float64Array(0);
  #next = 0;
  #filled = 0;

  /** Not for users: `cursor()` of a container makes one. */
  constructor(records: RecordSource, table: IdTable | undefined) {
    const { region } = records;
    const window = region.windowAt(0);
    const isSmall = region.size < 2 ** 31 && window.view.byteLength === region.size;
    this.#records = records;
    this.#table = table;
    this.#count = table === undefined ? records.count : table.rowCount;
    const all = { start: 0, end: this.#count };
    this.#source = gatherSourceOf(records, table === undefined ? all : { ...all, table });
    this.#proxy = records.reader.proxyAt(region, 0) as R & RecordProxy;
    this.#step = { done: false, value: this.#proxy };
    this.#smallWindow = isSmall ? window : undefined;
    this.#directCount = isSmall && table === undefined ? this.#count : 0;
    this.#view = window.view;
    this.#indexOffset = records.indexOffset;
    this.#arrayOffset = records.offset;
    this.#lowest = records.offset + arrayHeaderBytes;
    this.#end = records.end;
  }

  /**
   * The proxy, at the record where the cursor stands.
   * @throws OutOfRangeError where it stands at none: before the first step and behind the last record
   */
  get record(): R {
    const record = this.#record;
    if (record === undefined) throw standsNowhere();
    return record;
  }

  /**
   * Number of the record in its array, or of the row in the id table of its mapping; -1 before the first one and where a
   * key has put the cursor, the number of all behind the last.
   */
  get index(): number {
    return this.#index;
  }

  /**
   * Moves to the next record, at first to the first one; false where there is none.
   * @throws ClosedError, CorruptDataError; the next step goes on behind a record that cannot be found
   */
  advance(): boolean {
    // Small, so that the engine makes it a part of the loop that calls it.
    const index = this.#index + 1;
    if (index >= this.#directCount) return this.#advanceFar(index);
    this.#index = index;
    this.#aim(this.#offsetOf(index));
    return true;
  }

  /**
   * Moves to the record of a number (of a mapping: of a row); `advance` goes on from there. `undefined`, and the cursor
   * stays where it is, where there is none.
   */
  moveTo(index: number): R | undefined {
    if (!(Number.isInteger(index) && index >= 0 && index < this.#count)) return undefined;
    const position = this.#positionOf(index);
    return this.#place(this.#records.region.windowAt(position), position, index);
  }

  /** Iterating begins with the first record every time, and moves the cursor. */
  [Symbol.iterator](): this {
    this.#standAt(nowhere, undefined);
    return this;
  }

  /** A step of the iteration: the proxy moved on, in a result that is the same object every time. */
  next(): IteratorResult<R, undefined> {
    return this.advance() ? this.#step : { done: true, value: undefined };
  }

  /**
   * Moves a cursor to the record at a position in the region of `records`: those that it goes along, or others that
   * are read alike, as after a file was replaced.
   * @throws InvalidTypeError where that is no cursor over such records
   */
  static place<R>(cursor: Cursor<R>, records: RecordSource, position: number, number = nowhere): R {
    const isCursor = typeof cursor === 'object' && cursor !== null && #records in cursor;
    if (!isCursor || cursor.#records.reader !== records.reader) {
      throw new InvalidTypeError(
        `expected a cursor over records of ${records.schema.name} that are stored as these are, found ${describe(cursor)}`,
      );
    }
    const isOwn = cursor.#table === undefined && cursor.#records === records;
    return cursor.#place(records.region.windowAt(position), position, isOwn ? number : nowhere);
  }

  #place(window: Window, position: number, index: number): R {
    RecordProxy.move(this.#proxy, window, position - window.start);
    this.#standAt(index, this.#proxy);
    return this.#proxy;
  }

  /** Forgets which records come next. */
  #standAt(index: number, record: R | undefined): void {
    this.#index = index;
    this.#record = record;
    this.#next = this.#filled = 0;
  }

  /** Shows the record at an offset in the small window. */
  #aim(offset: number): void {
    RecordProxy.move(this.#proxy, this.#smallWindow as Window, offset);
    this.#record = this.#proxy;
  }

  /** Where the index has a record of the array. */
  #offsetOf(index: number): number {
    const at = this.#indexOffset + index * 8;
    let high = 1;
    let offset = 0;
    try {
      offset = this.#arrayOffset + this.#view.getUint32(at, true);
      high = this.#view.getUint32(at + 4, true);
    } catch (error) {
      throw readError(error, this.#smallWindow as Window, at);
    }
    if (high === 0 && offset >= this.#lowest && offset < this.#end) return offset;
    this.#record = undefined;
    // Says what is wrong.
    return this.#records.position(index);
  }

  /** A step in a region of several windows, or in the order of a table. */
  #advanceFar(index: number): boolean {
    if (index >= this.#count) {
      this.#standAt(this.#count, undefined);
      return false;
    }
    const { region } = this.#records;
    if (region.closed) throw new ClosedError();
    if (this.#next === this.#filled) this.#refill(index);
    const position = this.#positions[this.#next++] as number;
    this.#index = index;
    if (this.#smallWindow !== undefined) {
      // An integer for the engine, which would otherwise keep a double in a box of its own.
      this.#aim(position | 0);
    } else {
      const window = region.windowAt(position);
      RecordProxy.move(this.#proxy, window, position - window.start);
      this.#record = this.#proxy;
    }
    return true;
  }

  #locate(start: number, target: Float64Array): void {
    const { region, reader } = this.#records;
    native.gatherPositions(region.handle, this.#source, start, target, reader.layout.fullBytes);
  }

  #positionOf(index: number): number {
    const target = new Float64Array(1);
    this.#locate(index, target);
    return target[0] as number;
  }

  /** Has the positions of the records from `start` on found. */
  #refill(start: number): void {
    if (this.#positions.length === 0) this.#positions = new Float64Array(Math.min(largestBatch, this.#count));
    const wanted = Math.min(this.#count - start, this.#filled === 0 ? firstBatch : largestBatch);
    this.#next = 0;
    this.#filled = this.#find(start, wanted);
  }

  /** Finds the positions of `wanted` records; of one alone where one of them cannot be found: others come before it. */
  #find(start: number, wanted: number): number {
    const positions = this.#positions;
    try {
      this.#locate(start, wanted === positions.length ? positions : positions.subarray(0, wanted));
      return wanted;
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
    }
    try {
      this.#locate(start, positions.subarray(0, 1));
      return 1;
    } catch (error) {
      this.#standAt(start, undefined);
      throw error;
    }
  }
}

function standsNowhere(): Error {
  return new OutOfRangeError('the cursor stands at no record; move it with advance() or moveTo() first');
}

/**
 * The first cursor over some records stays as long as they do: when the last one is collected, the engine forgets what it
 * has compiled for cursors.
 */
const kept = new WeakMap<RecordSource, Cursor<unknown>>();

function keepFirst<R>(records: RecordSource, cursor: Cursor<R>): Cursor<R> {
  if (!kept.has(records)) kept.set(records, cursor);
  return cursor;
}

/** A cursor over the records of an array. */
export function cursorOverRecords<R>(records: RecordSource): Cursor<R> {
  return keepFirst(records, new Cursor<R>(records, undefined));
}

/** A cursor over the records of the rows of an id table. */
export function cursorOverRows<R>(table: IdTable, records: RecordSource): Cursor<R> {
  return keepFirst(records, new Cursor<R>(records, table));
}

/**
 * Moves a cursor to the record at a position; answers its proxy.
 * @param index the number of the record in its array, where it is known
 * @throws InvalidTypeError where that is no cursor over such records
 */
export function moveCursor<R>(cursor: Cursor<R>, records: RecordSource, position: number, index?: number): R {
  return Cursor.place(cursor, records, position, index);
}
