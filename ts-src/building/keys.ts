/** What keys and values an id table takes. */
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { writeBytes, writeText } from '../types/text.js';
import type { Packer } from './packer.js';

const largest = { 4: 2n ** 32n - 1n, 8: 2n ** 64n - 1n } as const;

/** A numeric key, or the value of an id mapper, as it was given. */
export function checkUnsigned(what: 'key' | 'value', value: unknown, width: 4 | 8): number | bigint {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0 && (width === 8 || value <= 0xffff_ffff)) return value;
  } else if (typeof value === 'bigint') {
    if (value >= 0n && value <= largest[width]) return value;
  }
  throw unsignedError(what, value, width);
}

function unsignedError(what: string, value: unknown, width: 4 | 8): Error {
  const advice = typeof value === 'number' && value > Number.MAX_SAFE_INTEGER ? '; give it as a bigint' : '';
  const message = `expected an integer from 0 to ${largest[width]} (${what}), found ${describe(value)}${advice}`;
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return isNumber ? new OutOfRangeError(message) : new InvalidTypeError(message);
}

/** Appends a string key; text and bytes of the same content are the same key, and stored alike. */
export function writeStringKey(packer: Packer, key: unknown): void {
  if (typeof key === 'string') writeText(packer, key);
  else if (key instanceof Uint8Array) writeBytes(packer, key);
  else throw new InvalidTypeError(`expected a string or a Uint8Array (key), found ${describe(key)}`);
}
