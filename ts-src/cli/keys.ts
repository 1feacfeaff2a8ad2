/** Keys as people type them, as tagged JSON, and as containers take them. */
import { Buffer } from 'node:buffer';
import type { IdMapperKind } from '../containers/id-mapper-kinds.js';
import { InvalidTypeError } from '../errors.js';
import {
  fromTaggedBytes,
  fromTaggedInt,
  isTaggedInt,
  parseTagged,
  stringifyTagged,
  type Tagged,
  taggedBytes,
  taggedInt,
  untag,
} from '../exact/tagged.js';
import { fromTaggedValue } from '../types/any-exact.js';
import { stableHash } from '../types/stable-hash.js';
import { plainText } from './plain.js';

/** `index`: the number of a record of an array; the others are those of id mappers. */
export type KeyForm = 'index' | IdMapperKind['keys'];

/** A key that was asked for. */
export interface AskedKey {
  /** What containers look up; `undefined` where nothing they hold could be meant. */
  readonly key: unknown;
  /** How the answer calls it. */
  readonly text: string;
}

/** A key as it was typed: a decimal integer for the forms that are numbers, text for all others. */
export function plainKey(text: string, form: KeyForm): AskedKey {
  if (form !== 'index' && form !== 'numeric') return { key: text, text: JSON.stringify(text) };
  if (!/^-?\d{1,4300}$/.test(text)) return { key: undefined, text: JSON.stringify(text) };
  const key = integer(text);
  return { key, text: plainText(key) };
}

function integer(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number + 0 : BigInt(digits);
}

/**
 * A key as tagged JSON. Bytes and text name the same key of a string mapper.
 * @throws InvalidTypeError where it is no JSON, or an integer that JSON cannot hold
 */
export function taggedKey(json: string, form: KeyForm): AskedKey {
  const tagged = parseTagged(json);
  return { key: keyFromTagged(tagged, form), text: stringifyTagged(tagged) };
}

/** The key that a tagged value means; `undefined` where no such key can be. */
export function keyFromTagged(tagged: Tagged, form: KeyForm): AskedKey['key'] {
  if (form === 'object') return objectKeyFromTagged(tagged);
  // Approximate id mappers take integers as the hashes that they store.
  if (form !== 'string' && isTaggedInt(tagged)) return fromTaggedInt(tagged);
  if (form !== 'string' && form !== 'approx') return undefined;
  if (typeof tagged === 'string') return tagged;
  return untag(tagged, '$bytes') === undefined ? undefined : fromTaggedBytes(tagged);
}

function objectKeyFromTagged(tagged: Tagged): unknown {
  try {
    const key = fromTaggedValue(tagged);
    stableHash(key);
    return key;
  } catch (error) {
    if (error instanceof InvalidTypeError) return undefined;
    throw error;
  }
}

/** A key that was read, as tagged JSON; text keys are bytes there, since that is what is stored. */
export function tagKey(key: string | number | bigint | Uint8Array): Tagged {
  if (typeof key === 'string') return taggedBytes(Buffer.from(key, 'utf8'));
  return key instanceof Uint8Array ? taggedBytes(key) : taggedInt(key);
}
