/** Cursors: one proxy moved from record to record, so that a scan allocates nothing. */
import { ClosedError, CorruptDataError, describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { type GatherSource, native } from '../native/index.js';
import { RecordProxy, shiftProxy } from '../proxies/record.js';
import type { Region, Window } from '../region.js';
import type { IdTable } from './id-table.js';
import { gatherSourceOf } from './record-columns.js';
import type { RecordSource } from './record-source.js';

/** Before the first record, and where a key has put a cursor. */
const nowhere = -1;
/** How many positions are found at once: at first few, for whoever moves about or stops early, then more every time. */
const firstBatch = 8;
const firstBatchOfRows = 32;
const growth = 8;
const largestBatch = 4096;
/** These records are fetched in advance, and have to stay in the cache until they are read. */
const largestBatchOfRows = 512;
/** A call of native code takes longer than to read so many positions here. */
const largestBatchReadHere = 64;

type Positions = Int32Array | Float64Array;
const noPositions = new Int32Array(0);

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
  readonly #region: Region;
  readonly #table: IdTable | undefined;
  readonly #count: number;
  readonly #source: GatherSource;
  readonly #proxy: R & RecordProxy;
  readonly #step: { done: false; value: R };
  /** The one window of a region of less than 2 GiB. */
  readonly #smallWindow: Window | undefined;

  /** The proxy, while it shows a record. */
  #record: R | undefined;
  /** Number of the record before those of `#positions`. */
  #before = nowhere;
  /** Where the records that come next are: `#next` of `#filled` were shown. In a small window these are offsets in it. */
  #positions: Positions = noPositions;
  #next = 0;
  #filled = 0;
  /** As many as `#filled` in a small window, none in others. */
  #near = 0;

  /** Not for users: `cursor()` of a container makes one. */
  constructor(records: RecordSource, table: IdTable | undefined) {
    const { region } = records;
    const window = region.windowAt(0);
    const isSmall = region.size < 2 ** 31 && window.view.byteLength === region.size;
    this.#records = records;
    this.#region = region;
    this.#table = table;
    this.#count = table === undefined ? records.count : table.rowCount;
    const all = { start: 0, end: this.#count };
    this.#source = gatherSourceOf(records, table === undefined ? all : { ...all, table });
    this.#proxy = records.reader.proxyAt(region, 0) as R & RecordProxy;
    this.#step = { done: false, value: this.#proxy };
    this.#smallWindow = isSmall ? window : undefined;
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
    return this.#before + this.#next;
  }

  /**
   * Moves to the next record, at first to the first one; false where there is none.
   * @throws ClosedError, CorruptDataError; the next step goes on behind a record that cannot be found
   */
  advance(): boolean {
    // Small, so that the engine makes it a part of the loop that calls it.
    const next = this.#next;
    if (next >= this.#near || this.#region.closed) return !this.#endsBefore(this.#before + next + 1);
    this.#next = next + 1;
    shiftProxy(this.#proxy, this.#positions[next] as number);
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
    this.#before = index;
    this.#record = record;
    this.#next = this.#filled = this.#near = 0;
  }

  /**
   * A step to a record of which the place is not known yet, or not in which window: whether there is no record.
   * In one piece, as a function of this length (more than 460 bytes of V8's bytecode) never becomes a part of its callers:
   * what engines take into a loop is limited, and getters of slots are what they take last.
   */
  #endsBefore(index: number): boolean {
    const { region } = this.#records;
    const window = this.#smallWindow;
    const isArray = this.#table === undefined;
    const left = this.#count - index;
    if (left <= 0) {
      // A file that was cut meanwhile has zeros for an index, and had them for records that were shown since it was read.
      const isShown = isArray && this.#filled > 0;
      this.#standAt(this.#count, undefined);
      if (isShown && !region.closed) this.#records.position(this.#count - 1);
      return true;
    }
    if (region.closed) throw new ClosedError();
    if (this.#next === this.#filled) {
      const [first, largest] = isArray ? [firstBatch, largestBatch] : [firstBatchOfRows, largestBatchOfRows];
      // An integer for the engine, too: counts may be doubles, and a field that was one stays one.
      let wanted = Math.min(this.#filled === 0 ? first : this.#filled * growth, largest, left) | 0;
      this.#standAt(index - 1, this.#record);
      let positions = this.#positions;
      if (positions.length < wanted) {
        positions = window === undefined ? new Float64Array(wanted) : new Int32Array(wanted);
        this.#positions = positions;
      }
      for (; ; wanted = (wanted + 1) >> 1) {
        try {
          if (isArray && wanted <= largestBatchReadHere) {
            for (let n = 0; n < wanted; n++) positions[n] = this.#records.position(index + n);
          } else {
            this.#locate(index, wanted === positions.length ? positions : positions.subarray(0, wanted));
          }
          break;
        } catch (error) {
          // The others come before the one that cannot be found.
          if (wanted > 1 && error instanceof CorruptDataError) continue;
          this.#standAt(index, undefined);
          throw error;
        }
      }
      this.#filled = wanted;
      if (window !== undefined) this.#near = wanted;
    }
    const position = this.#positions[this.#next] as number;
    this.#next++;
    this.#record = this.#proxy;
    if (window === undefined) {
      const farWindow = region.windowAt(position);
      RecordProxy.move(this.#proxy, farWindow, position - farWindow.start);
    } else {
      RecordProxy.move(this.#proxy, window, position);
    }
    return false;
  }

  #locate(start: number, target: Positions): void {
    const { region, reader } = this.#records;
    native.gatherPositions(region.handle, this.#source, start, target, reader.layout.fullBytes);
  }

  #positionOf(index: number): number {
    const target = new Float64Array(1);
    this.#locate(index, target);
    return target[0] as number;
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
