/** Operations on records that were read; functions, since records carry nothing by name but their slots. */

import { isDeepStrictEqual } from 'node:util';
import type { Schema } from '../schema/schema.js';
import { plainRecord, RecordProxy, readerOf, requireProxy } from './record.js';

/**
 * The schema that a record shows.
 * @throws InvalidTypeError where that is no record
 */
export function schemaOf(proxy: object): Schema {
  return readerOf(requireProxy(proxy)).schema as Schema;
}

/** Whether two records, read or not yet packed, have the same slots with equal values, nested ones included. */
export function equals(a: object, b: object): boolean {
  const plain = (value: object) => (RecordProxy.is(value) ? plainRecord(value, 0) : value);
  return isDeepStrictEqual(plain(a), plain(b));
}
