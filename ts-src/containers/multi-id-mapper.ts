/** Multi id mappers: from keys to any number of unsigned integers each. */
import { AnyIdMapper } from './id-mapper.js';
import type { IdMapperGeneration } from './id-mapper-generation.js';
import { idMapperKinds } from './id-mapper-kinds.js';
import { type IdMapperStatics, withStatics } from './id-mapper-statics.js';
import type { ManyKeys } from './many-keys.js';
import type { KeyForm } from './table-keys.js';

/**
 * An id mapper whose keys may have several values, searched in place. Iteration yields a pair for each value; `size`
 * is how many these are, `countKeys()` counts the keys.
 */
export abstract class MultiIdMapper<K, KeyInput = K> extends AnyIdMapper<K, KeyInput> {
  /**
   * All values of a key in the order of the table, each a `number`, or a `bigint` beyond 2^53; an empty array where the
   * key is absent, as anything is that cannot be a key.
   */
  get(key: K | KeyInput): (number | bigint)[] {
    const { table, rows } = this.generation;
    return rows.collect(key, (row) => table.value(row));
  }

  /** The first value of a key; `undefined` where the key is absent. */
  getFirst(key: K | KeyInput): number | bigint | undefined {
    return this.generation.find(key);
  }

  /** The values of a key one by one, each looked for when it is asked for. */
  *getIter(key: K | KeyInput): Generator<number | bigint, undefined, undefined> {
    const { table, rows } = this.generation;
    for (const row of rows.walk(key)) yield table.value(row);
    return undefined;
  }

  /** How many values a key has. */
  count(key: K | KeyInput): number {
    return this.generation.rows.count(key);
  }

  /** All values of each key: `get` for many keys, of which the first rows are found together. */
  getMany(keys: ManyKeys<K | KeyInput>): (number | bigint)[][] {
    const { table, rows } = this.generation;
    return rows.collectMany(keys, (row) => table.value(row));
  }
}

/** The class of a multi id mapper: what opens and builds it, and what `multiMappingOf` takes. Extend it to add behaviour. */
export interface MultiIdMapperClass<K, KeyInput = K>
  extends IdMapperStatics<KeyInput, MultiIdMapper<K, KeyInput>> {
  new (generation: IdMapperGeneration): MultiIdMapper<K, KeyInput>;
}

function multiIdMapperClass<K, KeyInput>(
  name: keyof typeof idMapperKinds,
  form: KeyForm,
): MultiIdMapperClass<K, KeyInput> {
  return withStatics(MultiIdMapper, idMapperKinds[name], form) as unknown as MultiIdMapperClass<K, KeyInput>;
}

const BigIntIdMultiMapper = multiIdMapperClass<bigint, number | bigint>('NumericIdMultiMapper', 'bigint');

/** Keys are unsigned 64-bit integers, read as `number`; `NumericIdMultiMapper.bigint` reads them as `bigint`. */
export const NumericIdMultiMapper: MultiIdMapperClass<number, number | bigint> & {
  readonly bigint: typeof BigIntIdMultiMapper;
} = Object.assign(multiIdMapperClass<number, number | bigint>('NumericIdMultiMapper', 'number'), {
  bigint: BigIntIdMultiMapper,
});

/** Keys and values are unsigned 32-bit integers: half the size. */
export const NumericId32MultiMapper = multiIdMapperClass<number, number | bigint>(
  'NumericId32MultiMapper',
  'number',
);

/** Keys are strings, found by their 64-bit hash. */
export const StringIdMultiMapper = multiIdMapperClass<string, string | Uint8Array>(
  'StringIdMultiMapper',
  'text',
);

/** Keys are strings, found by their 32-bit hash; values, and the bytes of all keys, stay below 2^32. */
export const StringId32MultiMapper = multiIdMapperClass<string, string | Uint8Array>(
  'StringId32MultiMapper',
  'text',
);

/**
 * Keys are strings of which only the 64-bit hash is stored, which makes for small tables. A lookup never misses, but
 * may answer more: with n different keys, one for an absent key answers values of another one with probability n / 2^64
 * (one in 18 million million for a million keys). A `bigint` is taken as a ready hash, and `keys()` answers hashes.
 */
export const ApproxStringIdMultiMapper = multiIdMapperClass<bigint, string | Uint8Array | bigint>(
  'ApproxStringIdMultiMapper',
  'bigint',
);

/**
 * Keys are strings of which only the 32-bit hash is stored. A lookup never misses, but may answer more: with n different
 * keys, one for an absent key answers values of another one with probability n / 2^32 (one in 4300 for a million keys),
 * and so does one for a key that is there. A `bigint` is taken as a ready hash, and `keys()` answers hashes.
 */
export const ApproxStringId32MultiMapper = multiIdMapperClass<bigint, string | Uint8Array | bigint>(
  'ApproxStringId32MultiMapper',
  'bigint',
);
