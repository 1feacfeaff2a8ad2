/** What values of records become outside of proxies: plain copies for `toObject`, safe values for JSON. */
import { jsonRecord, plainRecord, RecordProxy } from './record.js';

export function toPlainValue(value: unknown, depth: number): unknown {
  return RecordProxy.is(value) ? plainRecord(value, depth) : value;
}

/** 64-bit integers as numbers when safe, else as strings; bytes as base64. */
export function toJsonValue(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  return RecordProxy.is(value) ? jsonRecord(value, depth) : value;
}
