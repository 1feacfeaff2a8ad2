/** Multi-mappings: from keys to any number of records each. */
import { InvalidTypeError } from '../errors.js';
import type { AnyColumns, ColumnsOf, InputOf, RecordOf, SlotMap } from '../schema/infer.js';
import type { Schema } from '../schema/schema.js';
import { type Cursor, moveCursor } from './cursor.js';
import type { IdMapperClass } from './id-mapper.js';
import { multiFormOf } from './id-mapper-kinds.js';
import { idMapperClasses } from './id-mappers.js';
import type { ManyKeys } from './many-keys.js';
import { AnyMapping } from './mapping.js';
import { type MappingGeneration, recordOfRow } from './mapping-generation.js';
import {
  type AnyIdMapperClass,
  checkMappingParts,
  type MappingStatics,
  withMappingStatics,
} from './mapping-statics.js';
import { type MultiIdMapper, type MultiIdMapperClass, NumericIdMultiMapper } from './multi-id-mapper.js';

/**
 * A mapping whose keys may have several records, read in place. Iteration yields a pair for each record of a key;
 * `size` is how many these are, `countKeys()` counts the keys. Made by a class from `multiMappingOf`, or by `open`.
 */
export class MultiMapping<K = unknown, R = object, KeyInput = K, Columns = AnyColumns> extends AnyMapping<
  K,
  R,
  KeyInput,
  Columns
> {
  override get idMapper(): MultiIdMapper<K, KeyInput> {
    return super.idMapper as MultiIdMapper<K, KeyInput>;
  }

  /**
   * All records of a key in the order of the table, as lazy proxies; an empty array where the key is absent, as
   * anything is that cannot be a key.
   */
  get(key: K | KeyInput): R[] {
    const { rows, table, records } = this.generation;
    return rows.collect(key, (row) => recordOfRow(table, records, row) as R);
  }

  /**
   * The first record of a key; `undefined` where the key is absent.
   * @param cursor is moved to the record, instead of making a proxy of its own for it
   */
  getFirst(key: K | KeyInput, cursor?: Cursor<R>): R | undefined {
    const { find, records } = this.generation;
    const position = find(key);
    if (position < 0) return undefined;
    if (cursor !== undefined) return moveCursor(cursor, records, position);
    return records.reader.proxyAt(records.region, position) as R;
  }

  /** The records of a key one by one, each looked for when it is asked for. */
  *getIter(key: K | KeyInput): Generator<R, undefined, undefined> {
    const { rows, table, records } = this.generation;
    for (const row of rows.walk(key)) yield recordOfRow(table, records, row) as R;
    return undefined;
  }

  /** How many records a key has. */
  count(key: K | KeyInput): number {
    return this.generation.rows.count(key);
  }

  /** All records of each key: `get` for many keys, of which the first rows are found together. */
  getMany(keys: ManyKeys<K | KeyInput>): R[][] {
    const { rows, table, records } = this.generation;
    return rows.collectMany(keys, (row) => recordOfRow(table, records, row) as R);
  }
}

/** A class of multi-mappings; extend it to add behaviour. */
export interface MultiMappingClass<K, R, KeyInput, Input, Columns = AnyColumns>
  extends MappingStatics<KeyInput, Input, MultiMapping<K, R, KeyInput, Columns>> {
  new (generation: MappingGeneration): MultiMapping<K, R, KeyInput, Columns>;
}

/** Multi id mappers, and simple ones for the multi form with the same keys. */
export type MultiMappingKeys<K, KeyInput> = MultiIdMapperClass<K, KeyInput> | IdMapperClass<K, KeyInput>;

/**
 * The class of mappings from the keys of an id mapper to any number of records of a schema each. A simple id mapper
 * stands for the multi form that is stored alike. Without a schema the stored one is used, and nothing can be built.
 * @throws InvalidTypeError where that is no id mapper or no schema; for `ObjectIdMapper`, which has no multi form
 */
export function multiMappingOf<K, KeyInput, Slots extends SlotMap, P = RecordOf<Slots>>(
  idMapper: MultiMappingKeys<K, KeyInput>,
  schema: Schema<Slots, P>,
): MultiMappingClass<K, P, KeyInput, InputOf<Slots>, ColumnsOf<Slots>>;
export function multiMappingOf<K, KeyInput>(
  idMapper: MultiMappingKeys<K, KeyInput>,
): MultiMappingClass<K, object, KeyInput, never>;
export function multiMappingOf(idMapper: AnyIdMapperClass, schema?: Schema): unknown {
  checkMappingParts('multiMappingOf', idMapper, schema);
  return withMappingStatics(MultiMapping, 'multi-mapping', multiClassOf(idMapper), schema);
}

function multiClassOf(idMapper: AnyIdMapperClass): AnyIdMapperClass {
  const { kind, keyForm } = idMapper;
  if (kind.multi) return idMapper;
  const multi = multiFormOf(kind);
  if (multi === undefined) {
    throw new InvalidTypeError(
      `multiMappingOf: there is no id mapper like ${kind.name} with several values a key`,
    );
  }
  const isBigInt = keyForm === 'bigint' && multi.keys === 'numeric';
  const found = isBigInt ? NumericIdMultiMapper.bigint : idMapperClasses.get(multi.name);
  return found as unknown as AnyIdMapperClass;
}
