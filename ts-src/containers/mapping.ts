/** Mappings: from keys to records; an id mapper and a typed array in one file. */
import { InvalidTypeError } from '../errors.js';
import type { AnyColumns, ColumnsOf, InputOf, RecordOf, SlotMap } from '../schema/infer.js';
import type { Schema } from '../schema/schema.js';
import { type Cursor, cursorOverRows, moveCursor } from './cursor.js';
import type { AnyIdMapper, IdMapper, IdMapperClass } from './id-mapper.js';
import { mapperOfTable } from './id-mapper-generation.js';
import { Keyed } from './keyed.js';
import type { ManyKeys } from './many-keys.js';
import { arrayOf, type MappedArray } from './mapped-array.js';
import { type MappingGeneration, recordOfRow } from './mapping-generation.js';
import {
  type AnyIdMapperClass,
  checkMappingParts,
  type MappingStatics,
  withMappingStatics,
} from './mapping-statics.js';
import {
  type ColumnOptions,
  type ColumnResult,
  type ColumnResults,
  gatherColumn,
  gatherColumns,
  rangeWithin,
} from './record-columns.js';

const AnyArray = arrayOf();

/** What simple and multi mappings share: everything but the lookup of one key's records. */
export class AnyMapping<K, R, KeyInput = K, Columns = AnyColumns> extends Keyed<K, R, MappingGeneration> {
  /** The class of the id mapper within. */
  static readonly idMapper: AnyIdMapperClass;

  /** The schema that records show. */
  get schema(): Schema {
    return this.generation.records.schema;
  }

  /** The values, each once, in the order in which they are stored. Closed with the mapping. */
  get records(): MappedArray<R, Columns> {
    return new AnyArray(this.generation) as unknown as MappedArray<R, Columns>;
  }

  /** The id mapper, from keys to indexes in `records`. Closed with the mapping. */
  get idMapper(): AnyIdMapper<K, KeyInput> {
    const { idMapper } = this.constructor as typeof AnyMapping;
    return new idMapper(mapperOfTable(this.generation.table)) as unknown as AnyIdMapper<K, KeyInput>;
  }

  /** Whether a key is there. */
  has(key: K | KeyInput): boolean {
    return this.generation.find(key) >= 0;
  }

  /** Whether each of the keys is there. One native call for many keys, as with all that looks up many. */
  hasMany(keys: ManyKeys<K | KeyInput>): boolean[] {
    return Array.from(this.generation.positions.find(keys), (position) => position >= 0);
  }

  /** The number in `records` of a key's (first) record; -1 where the key is absent. */
  indexOf(key: K | KeyInput): number {
    return this.generation.values.find([key])[0] as number;
  }

  /** The numbers in `records` of the keys' (first) records; -1 where a key is absent. */
  indexOfMany(keys: ManyKeys<K | KeyInput>): Float64Array {
    return this.generation.values.find(keys);
  }

  /**
   * One slot of the (first) record of each key, as `column` answers it; a key that is absent has no value.
   * @throws as `column` does
   */
  getColumn<S extends keyof Columns & string, const O extends { mask?: boolean } = Record<never, never>>(
    keys: ManyKeys<K | KeyInput>,
    slot: S,
    options?: O,
  ): ColumnResult<Columns[S], O> {
    const { positions, records } = this.generation;
    return gatherColumn(records, slot, positions.find(keys), options) as ColumnResult<Columns[S], O>;
  }

  /** A cursor over the rows of the id table, in step with `keys()`: one proxy that is moved along. */
  cursor(): Cursor<R> {
    const { table, records } = this.generation;
    return cursorOverRows(table, records);
  }

  /**
   * One slot of all records, or of a range of rows, in step with `keys()`: a typed array of its own for numbers and
   * booleans (0 and 1), an array for all else. Floats and `t.int` are NaN where a record has no value.
   * @throws InvalidTypeError where there is no such slot; `SharedBuffersError` `ERR_SHAREDBUFFERS_MISSING_VALUE` where
   *   an integer or a boolean is missing and the options do not ask for a mask, `ERR_SHAREDBUFFERS_UNSAFE_INTEGER` for
   *   a `t.int` beyond 2^53; CorruptDataError; TooLargeError
   */
  column<S extends keyof Columns & string, const O extends ColumnOptions = Record<never, never>>(
    slot: S,
    options?: O,
  ): ColumnResult<Columns[S], O> {
    const { table, records } = this.generation;
    const rows = { table, ...rangeWithin(table.rowCount, options) };
    return gatherColumn(records, slot, rows, options) as ColumnResult<Columns[S], O>;
  }

  /** Several columns, gathered in one pass over the rows: an object with one for each slot. Throws as `column` does. */
  columns<S extends keyof Columns & string, const O extends ColumnOptions = Record<never, never>>(
    slots: readonly S[],
    options?: O,
  ): ColumnResults<Columns, S, O> {
    const { table, records } = this.generation;
    const rows = { table, ...rangeWithin(table.rowCount, options) };
    return gatherColumns(records, slots, rows, options) as ColumnResults<Columns, S, O>;
  }

  protected valueOfRow({ table, records }: MappingGeneration, row: number): R {
    return recordOfRow(table, records, row) as R;
  }
}

/**
 * A mapping from keys to records, read in place. `size` is the number of rows of its id table, in whose order it
 * iterates. Made by a class from `mappingOf`, or by `open`.
 */
export class Mapping<K = unknown, R = object, KeyInput = K, Columns = AnyColumns>
  extends AnyMapping<K, R, KeyInput, Columns>
  implements ReadonlyMap<K, R>
{
  override get idMapper(): IdMapper<K, KeyInput> {
    return super.idMapper as IdMapper<K, KeyInput>;
  }

  /**
   * The record of a key, as a lazy proxy; `undefined` where the key is absent, as anything is that cannot be a key.
   * Of equal keys the first row answers.
   * @param cursor is moved to the record, instead of making a proxy of its own for it
   */
  get(key: K | KeyInput, cursor?: Cursor<R>): R | undefined {
    const { find, records } = this.generation;
    const position = find(key);
    if (position < 0) return undefined;
    if (cursor !== undefined) return moveCursor(cursor, records, position);
    return records.reader.proxyAt(records.region, position) as R;
  }

  /**
   * The record of each key, `undefined` where a key is absent: `get` for many keys in one native call, which waits for
   * memory once for a group of keys.
   */
  getMany(keys: ManyKeys<K | KeyInput>): (R | undefined)[] {
    const { positions, records } = this.generation;
    const { reader, region } = records;
    const found = positions.find(keys);
    const result: (R | undefined)[] = new Array(found.length);
    for (let index = 0; index < found.length; index++) {
      const position = found[index] as number;
      result[index] = position < 0 ? undefined : (reader.proxyAt(region, position) as R);
    }
    return result;
  }
}

/** A class of mappings; extend it to add behaviour. */
export interface MappingClass<K, R, KeyInput, Input, Columns = AnyColumns>
  extends MappingStatics<KeyInput, Input, Mapping<K, R, KeyInput, Columns>> {
  new (generation: MappingGeneration): Mapping<K, R, KeyInput, Columns>;
}

/**
 * The class of mappings from the keys of an id mapper to records of a schema. Without a schema the stored one is
 * used, and nothing can be built.
 * @throws InvalidTypeError where that is no simple id mapper or no schema
 */
export function mappingOf<K, KeyInput, Slots extends SlotMap, P = RecordOf<Slots>>(
  idMapper: IdMapperClass<K, KeyInput>,
  schema: Schema<Slots, P>,
): MappingClass<K, P, KeyInput, InputOf<Slots>, ColumnsOf<Slots>>;
export function mappingOf<K, KeyInput>(
  idMapper: IdMapperClass<K, KeyInput>,
): MappingClass<K, object, KeyInput, never>;
export function mappingOf(idMapper: IdMapperClass<unknown>, schema?: Schema): unknown {
  checkMappingParts('mappingOf', idMapper, schema);
  const { kind } = idMapper;
  if (kind.multi) {
    throw new InvalidTypeError(
      `mappingOf: ${kind.name} answers all values of a key, which is for multiMappingOf(${kind.name}, …)`,
    );
  }
  return withMappingStatics(Mapping, 'mapping', idMapper, schema);
}
