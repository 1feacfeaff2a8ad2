/** What keys and values an id table takes. */
import { StoredKey } from '../containers/stored-key.js';
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { native } from '../native/index.js';
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
  const advice = unsignedAdvice(value);
  const message = `expected an integer from 0 to ${largest[width]} (${what}), found ${describe(value)}${advice}`;
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return isNumber ? new OutOfRangeError(message) : new InvalidTypeError(message);
}

function unsignedAdvice(value: unknown): string {
  if (typeof value === 'number' && value > Number.MAX_SAFE_INTEGER) return '; give it as a bigint';
  return typeof value === 'string' && /^\d+$/.test(value) ? '; a text is none, Number(text) is' : '';
}

/** Appends a string key; text and bytes of the same content are the same key, and stored alike. */
export function writeStringKey(packer: Packer, key: unknown): void {
  if (typeof key === 'string') writeText(packer, key);
  else if (key instanceof Uint8Array) writeBytes(packer, key);
  else if (key instanceof StoredKey) key.writeTo(packer);
  else throw new InvalidTypeError(`expected a string or a Uint8Array (key), found ${describe(key)}`);
}

/** The hash that an approximate id table stores for a key; integers are hashes already. */
export function approximateKey(key: unknown, width: 4 | 8): number | bigint {
  if (typeof key === 'string' && !key.isWellFormed()) {
    throw new InvalidTypeError(`expected well-formed text, found a lone surrogate in ${describe(key)} (key)`);
  }
  const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : key;
  if (bytes instanceof Uint8Array) return width === 4 ? native.hash32(bytes) : native.hash64(bytes);
  if (typeof key === 'bigint' || typeof key === 'number') return checkUnsigned('key', key, width);
  throw new InvalidTypeError(
    `expected a string, a Uint8Array or the hash of one as a bigint (key), found ${describe(key)}`,
  );
}
