/** Operations on records that were read; functions, since records carry nothing by name but their slots. */

import { isDeepStrictEqual } from 'node:util';
import { InvalidTypeError } from '../errors.js';
import type { Schema } from '../schema/schema.js';
import { DateTime } from '../types/date-time.js';
import { Decimal } from '../types/decimal-value.js';
import { NdArray } from '../types/nd-array.js';
import { PlainDate } from '../types/plain-date.js';
import { isPlainObject } from '../types/rtti.js';
import { stableHash } from '../types/stable-hash.js';
import { plainCollection } from './collections.js';
import { RecordProxy, readerOf, recordWith, requireProxy } from './record.js';

/**
 * The schema that a record shows.
 * @throws InvalidTypeError where that is no record
 */
export function schemaOf(proxy: object): Schema {
  return readerOf(requireProxy(proxy)).schema as Schema;
}

/**
 * Whether two records, read or not yet packed, have the same slots with equal values, nested ones and members of
 * collections included.
 */
export function equals(a: object, b: object): boolean {
  return isDeepStrictEqual(comparable(a, 0), comparable(b, 0));
}

/** Values as `isDeepStrictEqual` compares them rightly: it does not see what date and number classes keep private. */
function comparable(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (RecordProxy.is(value)) return recordWith(value, depth, comparable);
  if (value instanceof DateTime) return { datetime: value.epochMicroseconds, offset: value.offset };
  if (value instanceof PlainDate || value instanceof Decimal) return { exact: String(value) };
  if (value instanceof NdArray) return { dtype: value.dtype, shape: value.shape, items: [...value.values()] };
  const collection = plainCollection(value, depth, comparable);
  if (collection !== undefined) return byHash(collection);
  return isPlainObject(value) ? mapValues(value, depth) : value;
}

/**
 * Sets and dicts with keys that are objects as dicts from the hashes of these: `isDeepStrictEqual` would compare each
 * with each. Anything else stays what it is.
 */
function byHash(collection: object): object {
  const isKeyed = collection instanceof Set || collection instanceof Map;
  if (!isKeyed || ![...collection.keys()].some((key) => typeof key === 'object')) return collection;
  const groups = new Map<bigint, Map<unknown, unknown>>();
  for (const [key, value] of collection.entries()) {
    const hash = hashOf(key);
    if (hash === undefined) return collection;
    const group = groups.get(hash);
    if (group === undefined) groups.set(hash, new Map([[key, value]]));
    else group.set(key, value);
  }
  return collection instanceof Set ? { members: groups } : { entries: groups };
}

/** `undefined` for what is no key of a dict in a file: sets and maps of programs may hold anything. */
function hashOf(key: unknown): bigint | undefined {
  try {
    return stableHash(key);
  } catch (error) {
    if (error instanceof InvalidTypeError) return undefined;
    throw error;
  }
}

function mapValues(object: object, depth: number): object {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, comparable(value, depth + 1)]),
  );
}
