/** What values of records become outside of proxies: plain copies for `toObject`, safe values for JSON. */

import { jsonCollection, plainCollection } from './collections.js';
import { jsonRecord, plainRecord, RecordProxy } from './record.js';

export function toPlainValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (RecordProxy.is(value)) return plainRecord(value, depth);
  return plainCollection(value, depth, toPlainValue) ?? value;
}

/**
 * 64-bit integers as numbers when safe, else as strings; bytes as base64; lists and sets as arrays, dicts as objects
 * or pairs. Dates, decimals and ndarrays have a `toJSON` of their own.
 */
export function toJsonValue(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  if (RecordProxy.is(value)) return jsonRecord(value, depth);
  return jsonCollection(value, depth, toJsonValue) ?? value;
}
