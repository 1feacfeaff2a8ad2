/** Mappings: from keys to records; an id mapper and a typed array in one file. */
import { InvalidTypeError } from '../errors.js';
import type { InputOf, RecordOf, SlotMap } from '../schema/infer.js';
import type { Schema } from '../schema/schema.js';
import type { AnyIdMapper, IdMapper, IdMapperClass } from './id-mapper.js';
import { mapperOfTable } from './id-mapper-generation.js';
import { Keyed } from './keyed.js';
import { arrayOf, type MappedArray } from './mapped-array.js';
import { type MappingGeneration, recordOfRow } from './mapping-generation.js';
import {
  type AnyIdMapperClass,
  checkMappingParts,
  type MappingStatics,
  withMappingStatics,
} from './mapping-statics.js';

const AnyArray = arrayOf();

/** What simple and multi mappings share: everything but lookups. */
export class AnyMapping<K, R> extends Keyed<K, R, MappingGeneration> {
  /** The class of the id mapper within. */
  static readonly idMapper: AnyIdMapperClass;

  /** The schema that records show. */
  get schema(): Schema {
    return this.generation.records.schema;
  }

  /** The values, each once, in the order in which they are stored. Closed with the mapping. */
  get records(): MappedArray<R> {
    return new AnyArray(this.generation) as unknown as MappedArray<R>;
  }

  /** The id mapper, from keys to indexes in `records`. Closed with the mapping. */
  get idMapper(): AnyIdMapper<K> {
    const { idMapper } = this.constructor as typeof AnyMapping;
    return new idMapper(mapperOfTable(this.generation.table)) as unknown as AnyIdMapper<K>;
  }

  protected valueOfRow({ table, records }: MappingGeneration, row: number): R {
    return recordOfRow(table, records, row) as R;
  }
}

/**
 * A mapping from keys to records, read in place. `size` is the number of rows of its id table, in whose order it
 * iterates. Made by a class from `mappingOf`, or by `open`.
 */
export class Mapping<K = unknown, R = object, KeyInput = K>
  extends AnyMapping<K, R>
  implements ReadonlyMap<K, R>
{
  override get idMapper(): IdMapper<K, KeyInput> {
    return super.idMapper as IdMapper<K, KeyInput>;
  }

  /**
   * The record of a key, as a lazy proxy; `undefined` where the key is absent, as anything is that cannot be a key.
   * Of equal keys the first row answers.
   */
  get(key: K | KeyInput): R | undefined {
    const { find, records } = this.generation;
    const position = find(key);
    return position < 0 ? undefined : (records.reader.proxyAt(records.region, position) as R);
  }

  has(key: K | KeyInput): boolean {
    return this.generation.find(key) >= 0;
  }
}

/** A class of mappings; extend it to add behaviour. */
export interface MappingClass<K, R, KeyInput, Input>
  extends MappingStatics<KeyInput, Input, Mapping<K, R, KeyInput>> {
  new (generation: MappingGeneration): Mapping<K, R, KeyInput>;
}

/**
 * The class of mappings from the keys of an id mapper to records of a schema. Without a schema the stored one is
 * used, and nothing can be built.
 * @throws InvalidTypeError where that is no simple id mapper or no schema
 */
export function mappingOf<K, KeyInput, Slots extends SlotMap, P = RecordOf<Slots>>(
  idMapper: IdMapperClass<K, KeyInput>,
  schema: Schema<Slots, P>,
): MappingClass<K, P, KeyInput, InputOf<Slots>>;
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
