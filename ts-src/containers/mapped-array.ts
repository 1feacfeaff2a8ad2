/** Typed arrays of records: any number of records of one schema, by number. */
import type { BuildOptions, BuildReport, Entries } from '../building/build.js';
import { describe, InvalidTypeError } from '../errors.js';
import type { Region } from '../region.js';
import type { AnyColumns, ColumnsOf, InputOf, SlotMap } from '../schema/infer.js';
import { Schema } from '../schema/schema.js';
import { type BuildTarget, buildTo, buildToSync } from './build-target.js';
import { Container, type ContainerOptions } from './container.js';
import { type Cursor, cursorOverRecords, moveCursor } from './cursor.js';
import { checkKind, readKind } from './kind.js';
import { type FileSource, openBytesAs, openFileAs } from './opening.js';
import type { ContainerForm } from './origin.js';
import {
  type ColumnOptions,
  type ColumnResult,
  type ColumnResults,
  gatherColumn,
  gatherColumns,
  rangeWithin,
} from './record-columns.js';
import { RecordSource } from './record-source.js';
import type { Section } from './sections.js';
import { knowStructs } from './structs-of-file.js';
import { verifyArray } from './verify.js';

export interface ArrayGeneration {
  readonly region: Region;
  readonly records: RecordSource;
}

/** A typed array of records, read in place. Made by a class from `arrayOf`, or by `open`. */
export class MappedArray<R = object, Columns = AnyColumns> extends Container<ArrayGeneration> {
  /** Number of records. */
  get length(): number {
    return this.generation.records.count;
  }

  /** The schema that records show. */
  get schema(): Schema {
    return this.generation.records.schema;
  }

  /** Where the records come from, for the parts of this library that look deeper. */
  get source(): RecordSource {
    return this.generation.records;
  }

  /**
   * The record of a number, counted from the end where negative; `undefined` where there is none.
   * @param cursor is moved to the record, instead of making a proxy of its own for it
   */
  at(index: number, cursor?: Cursor<R>): R | undefined {
    const { records } = this.generation;
    const from = Math.trunc(index) || 0;
    const number = from < 0 ? from + records.count : from;
    if (!(number >= 0 && number < records.count)) return undefined;
    if (cursor !== undefined) return moveCursor(cursor, records, records.position(number), number);
    return records.record(number) as R;
  }

  /** A cursor over the records in storage order: one proxy that is moved along. */
  cursor(): Cursor<R> {
    return cursorOverRecords(this.generation.records);
  }

  /**
   * One slot of all records, or of a range of them, in storage order: a typed array of its own for numbers and
   * booleans (0 and 1), an array for all else. Floats and `t.int` are NaN where a record has no value.
   * @throws InvalidTypeError where there is no such slot; `SharedBuffersError` `ERR_SHAREDBUFFERS_MISSING_VALUE` where
   *   an integer or a boolean is missing and the options do not ask for a mask, `ERR_SHAREDBUFFERS_UNSAFE_INTEGER` for
   *   a `t.int` beyond 2^53; CorruptDataError; TooLargeError
   */
  column<K extends keyof Columns & string, const O extends ColumnOptions = Record<never, never>>(
    slot: K,
    options?: O,
  ): ColumnResult<Columns[K], O> {
    const { records } = this.generation;
    const range = rangeWithin(records.count, options);
    return gatherColumn(records, slot, range, options) as ColumnResult<Columns[K], O>;
  }

  /** Several columns, gathered in one pass over the records: an object with one for each slot. Throws as `column` does. */
  columns<K extends keyof Columns & string, const O extends ColumnOptions = Record<never, never>>(
    slots: readonly K[],
    options?: O,
  ): ColumnResults<Columns, K, O> {
    const { records } = this.generation;
    const range = rangeWithin(records.count, options);
    return gatherColumns(records, slots, range, options) as ColumnResults<Columns, K, O>;
  }

  /** The records from `start` up to, not including, `end`: an ordinary array of proxies. */
  slice(start = 0, end = this.length): R[] {
    const { records } = this.generation;
    const range = rangeWithin(records.count, { start, end });
    const result: R[] = [];
    for (let index = range.start; index < range.end; index++) result.push(records.record(index) as R);
    return result;
  }

  /** The records in storage order, each a proxy of its own. */
  *[Symbol.iterator](): Generator<R, undefined, unknown> {
    const { records } = this.generation;
    for (let index = 0; index < records.count; index++) yield records.record(index) as R;
    return undefined;
  }

  /** Calls a function with each record and its number. */
  forEach(callback: (record: R, index: number, array: this) => void, thisArg?: unknown): void {
    const { records } = this.generation;
    for (let index = 0; index < records.count; index++) {
      callback.call(thisArg, records.record(index) as R, index, this);
    }
  }
}

/**
 * Opens the array that a region holds.
 * @param before what this one takes the place of
 */
export function arrayGeneration(
  region: Region,
  schema: Schema | undefined,
  options: ContainerOptions | undefined,
  before?: ArrayGeneration,
): ArrayGeneration {
  const structNames = (sections: readonly Section[]) => {
    const kind = readKind(region, sections);
    checkKind(kind, ['array'], undefined);
    knowStructs(region, kind, options?.types);
    return kind?.structs;
  };
  const records = new RecordSource(region, 0, region.size, schema, structNames, before?.records);
  if (options?.requireSlots) records.requireSlots();
  return { region, records };
}

/** How the files of such a class are read. */
export function arrayForm(schema: Schema | undefined): ContainerForm<ArrayGeneration> {
  return {
    kind: 'array',
    accepts: ['array'],
    idMapper: undefined,
    generation: (region, options, before) => arrayGeneration(region, schema, options, before),
    verify: verifyArray,
  };
}

type Opener = new (generation: ArrayGeneration) => MappedArray;

/** A class of typed arrays; extend it to add behaviour. */
export interface MappedArrayClass<R, Input, Columns = AnyColumns> {
  new (generation: ArrayGeneration): MappedArray<R, Columns>;
  /**
   * Maps a file, or the part of it that `offset` and `size` name, or what a descriptor names.
   * @throws system errors as Node's own; `CorruptDataError`, `UnsupportedError`; `SharedBuffersError` with
   *   `ERR_SHAREDBUFFERS_SCHEMA_MISMATCH` where the stored schema does not fit the declared one, with
   *   `ERR_SHAREDBUFFERS_FILE_CHANGED` where a descriptor names a file that has changed
   */
  open<T extends MappedArray<R, Columns>>(
    this: new (
      generation: ArrayGeneration,
    ) => T,
    source: FileSource,
    options?: ContainerOptions,
  ): T;
  /** Reads an array from bytes in memory, in place. */
  from<T extends MappedArray<R, Columns>>(
    this: new (
      generation: ArrayGeneration,
    ) => T,
    bytes: Uint8Array | ArrayBufferLike,
    options?: ContainerOptions,
  ): T;
  /** Builds the array into a file, which appears under its name when it is complete and synced. */
  build(records: Entries<Input>, path: string | URL, options?: BuildOptions): Promise<BuildReport>;
  /** Builds the array in memory. */
  build(records: Entries<Input>, options?: BuildOptions): Promise<Uint8Array>;
  /** `build` at once, without giving the thread to others. */
  buildSync(records: Iterable<Input>, path: string | URL, options?: BuildOptions): BuildReport;
  /** `build` into memory, at once. */
  buildSync(records: Iterable<Input>, options?: BuildOptions): Uint8Array;
}

/**
 * The class of typed arrays of a schema. Without a schema the stored one is used, and nothing can be built.
 * @throws InvalidTypeError where that is no schema
 */
export function arrayOf<Slots extends SlotMap, P>(
  schema: Schema<Slots, P>,
): MappedArrayClass<P, InputOf<Slots>, ColumnsOf<Slots>>;
export function arrayOf(): MappedArrayClass<object, never>;
export function arrayOf(schema?: Schema): unknown {
  if (schema !== undefined && !(schema instanceof Schema)) {
    throw new InvalidTypeError(`arrayOf: expected a Schema, found ${describe(schema)}`);
  }
  const form = arrayForm(schema);
  return class extends MappedArray {
    static open(this: Opener, source: FileSource, options?: ContainerOptions) {
      return openFileAs((generation) => new this(generation), source, options, form);
    }

    static from(this: Opener, bytes: Uint8Array | ArrayBufferLike, options?: ContainerOptions) {
      return openBytesAs((generation) => new this(generation), bytes, options, form);
    }

    static build(records: Entries<unknown>, target?: BuildTarget, options?: BuildOptions) {
      return buildTo({ kind: 'array', schema: requireSchema(schema) }, records, target, options);
    }

    static buildSync(records: Iterable<unknown>, target?: BuildTarget, options?: BuildOptions) {
      return buildToSync({ kind: 'array', schema: requireSchema(schema) }, records, target, options);
    }
  };
}

export function requireSchema(schema: Schema | undefined): Schema {
  if (schema !== undefined) return schema;
  throw new InvalidTypeError(
    'building needs a schema: name it in arrayOf(schema) or mappingOf(idMapper, schema)',
  );
}
