/** Id mappers: from keys to unsigned integers; of a key that is there several times, the first row answers. */
import { runNow, runSoon } from '../building/steps.js';
import type { Region } from '../region.js';
import { tableColumn } from './columns.js';
import { copyTable } from './copy.js';
import { type IdMapperGeneration, mapperOfTable } from './id-mapper-generation.js';
import { idMapperKinds } from './id-mapper-kinds.js';
import { type IdMapperStatics, withStatics } from './id-mapper-statics.js';
import { IdTable } from './id-table.js';
import { Keyed } from './keyed.js';
import type { ManyKeys } from './many-keys.js';
import type { KeyForm, ObjectKey, ObjectKeyInput } from './table-keys.js';

/** What simple and multi id mappers share: everything but the lookup of one key's values. */
export abstract class AnyIdMapper<K, KeyInput = K> extends Keyed<K, number | bigint, IdMapperGeneration> {
  protected valueOfRow({ table }: IdMapperGeneration, row: number): number | bigint {
    return table.value(row);
  }

  /** Whether a key is there. */
  has(key: K | KeyInput): boolean {
    return this.generation.find(key) !== undefined;
  }

  /** Whether each of the keys is there. One native call for many keys, as with all that looks up many. */
  hasMany(keys: ManyKeys<K | KeyInput>): boolean[] {
    return Array.from(this.generation.rows.firstMany(keys), (row) => row >= 0);
  }

  /**
   * The (first) value of each key; -1 where a key is absent.
   * @throws SharedBuffersError `ERR_SHAREDBUFFERS_UNSAFE_INTEGER` for a value beyond 2^53
   */
  indexOfMany(keys: ManyKeys<K | KeyInput>): Float64Array {
    return this.generation.values.find(keys);
  }

  /**
   * All keys in the order of `keys()`, as an array of their width: of numeric id mappers, and of approximate ones,
   * whose keys are hashes.
   * @throws InvalidTypeError where keys are something else
   */
  keyColumn(): Uint32Array | BigUint64Array {
    return tableColumn(this.table, 'key');
  }

  /**
   * The hashes of all keys in the order of `keys()`, ascending.
   * @throws InvalidTypeError where keys are numbers
   */
  hashColumn(): Uint32Array | BigUint64Array {
    return tableColumn(this.table, 'hash');
  }

  /** All values in the order of `values()`, as an array of their width. */
  valueColumn(): Uint32Array | BigUint64Array {
    return tableColumn(this.table, 'value');
  }

  /** The same in memory of its own, which outlives the file; the thread is shared with others meanwhile. */
  async copy(): Promise<this> {
    return this.#of(await runSoon(copyTable(this.table)));
  }

  /** `copy` at once. */
  copySync(): this {
    return this.#of(runNow(copyTable(this.table)));
  }

  #of(region: Region): this {
    const made = this.constructor as new (generation: IdMapperGeneration) => this;
    return new made(mapperOfTable(new IdTable(region, this.table.kind, 0, region.size)));
  }
}

/**
 * An id mapper, searched in place. `size` is the number of rows of its table, in whose order it iterates: by number,
 * or by hash.
 */
export abstract class IdMapper<K, KeyInput = K>
  extends AnyIdMapper<K, KeyInput>
  implements ReadonlyMap<K, number | bigint>
{
  /**
   * The value of a key: a `number`, or a `bigint` beyond 2^53; `undefined` where the key is absent, as anything is
   * that cannot be a key. Of equal keys the first row answers.
   */
  get(key: K | KeyInput): number | bigint | undefined {
    return this.generation.find(key);
  }

  /** The value of each key, `undefined` where a key is absent: `get` for many keys in one native call. */
  getMany(keys: ManyKeys<K | KeyInput>): (number | bigint | undefined)[] {
    const { rows, table } = this.generation;
    return Array.from(rows.firstMany(keys), (row) => (row < 0 ? undefined : table.value(row)));
  }
}

/** The class of an id mapper: what opens and builds it, and what `mappingOf` takes. Extend it to add behaviour. */
export interface IdMapperClass<K, KeyInput = K> extends IdMapperStatics<KeyInput, IdMapper<K, KeyInput>> {
  new (generation: IdMapperGeneration): IdMapper<K, KeyInput>;
}

function idMapperClass<K, KeyInput>(
  name: keyof typeof idMapperKinds,
  form: KeyForm,
): IdMapperClass<K, KeyInput> {
  return withStatics(IdMapper, idMapperKinds[name], form) as unknown as IdMapperClass<K, KeyInput>;
}

const BigIntIdMapper = idMapperClass<bigint, number | bigint>('NumericIdMapper', 'bigint');

/** Keys are unsigned 64-bit integers, read as `number`; `NumericIdMapper.bigint` reads them as `bigint`. */
export const NumericIdMapper: IdMapperClass<number, number | bigint> & {
  readonly bigint: typeof BigIntIdMapper;
} = Object.assign(idMapperClass<number, number | bigint>('NumericIdMapper', 'number'), {
  bigint: BigIntIdMapper,
});

/** Keys and values are unsigned 32-bit integers: half the size. */
export const NumericId32Mapper = idMapperClass<number, number | bigint>('NumericId32Mapper', 'number');

/** Keys are strings, found by their 64-bit hash. */
export const StringIdMapper = idMapperClass<string, string | Uint8Array>('StringIdMapper', 'text');

/** Keys are strings, found by their 32-bit hash; values, and the bytes of all keys, stay below 2^32. */
export const StringId32Mapper = idMapperClass<string, string | Uint8Array>('StringId32Mapper', 'text');

/**
 * Keys are any hashable values: `null`, booleans, numbers, strings, bytes, tuples and sets of these, of all kinds in one
 * table. They are equal as Python has it: 1, 1.0 and true are one key, text and bytes are two. A key with a set
 * of several members is looked for in every row, since its hash is one that only its writer knew.
 */
export const ObjectIdMapper = idMapperClass<ObjectKey, ObjectKeyInput>('ObjectIdMapper', 'object');
