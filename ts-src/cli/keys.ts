/** Keys as people type them, as tagged JSON, and as containers take them. */
import { Buffer } from 'node:buffer';
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
import { plainText } from './plain.js';

/** `index`: the number of a record of an array. */
export type KeyForm = 'index' | 'numeric' | 'string';

/** A key that was asked for. */
export interface AskedKey {
  /** What containers look up; `undefined` where nothing they hold could be meant. */
  readonly key: string | number | bigint | Uint8Array | undefined;
  /** How the answer calls it. */
  readonly text: string;
}

/** A key as it was typed: text, or a decimal integer for the forms that are numbers. */
export function plainKey(text: string, form: KeyForm): AskedKey {
  if (form === 'string') return { key: text, text: JSON.stringify(text) };
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
  if (form !== 'string') return isTaggedInt(tagged) ? fromTaggedInt(tagged) : undefined;
  if (typeof tagged === 'string') return tagged;
  return untag(tagged, '$bytes') === undefined ? undefined : fromTaggedBytes(tagged);
}

/** A key that was read, as tagged JSON; text keys are bytes there, since that is what is stored. */
export function tagKey(key: string | number | bigint | Uint8Array): Tagged {
  if (typeof key === 'string') return taggedBytes(Buffer.from(key, 'utf8'));
  return key instanceof Uint8Array ? taggedBytes(key) : taggedInt(key);
}
