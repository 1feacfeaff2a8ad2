/**
 * Canonical JSON: equal for equal values whatever their tags and key order, and the order of what has none by
 * nature, sets and dicts.
 */
import { compareCodePoints } from '../code-points.js';
import {
  fromTaggedFloat,
  isTaggedObject,
  printTagged,
  type Tagged,
  type TaggedObject,
  untag,
} from './tagged.js';

/**
 * The canonical JSON of a tagged value: no spaces, keys sorted by code point, every float as `{"$f64": bits}`.
 * Sorting such texts by code point sorts their UTF-8 forms.
 */
export function canonicalTagged(tagged: Tagged): string {
  const parts: string[] = [];
  printTagged(withBits(tagged), canonicalNumber, sortedKeys, (text) => parts.push(text));
  return parts.join('');
}

function canonicalNumber(value: number): string {
  return Number.isInteger(value) ? String(value + 0) : `{"$f64":"${bitsOf(value)}"}`;
}

/** Replaces the tagged floats; the others are left to the printing. */
function withBits(tagged: Tagged): Tagged {
  if (Array.isArray(tagged)) return tagged.map(withBits);
  if (!isTaggedObject(tagged)) return tagged;
  if (typeof untag(tagged, '$float') === 'string') return { $f64: bitsOf(fromTaggedFloat(tagged)) };
  return Object.fromEntries(Object.entries(tagged).map(([key, value]) => [key, withBits(value)]));
}

function bitsOf(value: number): string {
  const bits = Buffer.alloc(8);
  if (Number.isNaN(value)) return '7ff8000000000000';
  bits.writeDoubleBE(value);
  return bits.toString('hex');
}

function sortedKeys(object: TaggedObject): string[] {
  return Object.keys(object).sort(compareCodePoints);
}

function sortedBy<T>(items: readonly T[], part: (item: T) => Tagged): T[] {
  const keyed = items.map((item) => ({ item, key: canonicalTagged(part(item)) }));
  return keyed.sort((a, b) => compareCodePoints(a.key, b.key)).map(({ item }) => item);
}

/** A set of tagged members, in canonical order. */
export function taggedSet(members: readonly Tagged[]): Tagged {
  return { $set: sortedBy(members, (member) => member) };
}

/** A dict of tagged keys and values, in canonical order of the keys. */
export function taggedDict(entries: readonly (readonly [key: Tagged, value: Tagged])[]): Tagged {
  return { $dict: sortedBy(entries, ([key]) => key).map(([key, value]) => [key, value]) };
}
