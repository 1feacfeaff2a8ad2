/** Collections within records, for `toObject` and for JSON: copies of their own, with each member converted. */
import { countSteps, operate } from '../types/budget.js';
import { isDictLike, isListLike, isSetLike, isTupleLike } from '../types/equality.js';
import { Tuple } from '../types/tuple.js';

type Convert = (value: unknown, depth: number) => unknown;

/** A plain copy of a collection, views included: an array, a tuple, a `Set`, a `Map`; `undefined` for anything else. */
export function plainCollection(value: object, depth: number, convert: Convert): object | undefined {
  const member = memberOf(depth, convert);
  if (isTupleLike(value)) return operate(() => Tuple.from(value, member));
  if (isListLike(value)) return operate(() => Array.from(value, member));
  if (isSetLike(value)) return operate(() => new Set(Array.from(value, member)));
  if (isDictLike(value)) return operate(() => new Map(pairsOf(value, member)));
  return undefined;
}

/**
 * What JSON has for a collection: arrays for lists, tuples and sets; objects for dicts whose keys are all texts, and
 * pairs for others; `undefined` for anything else.
 */
export function jsonCollection(value: object, depth: number, convert: Convert): object | undefined {
  const member = memberOf(depth, convert);
  if (isTupleLike(value) || isListLike(value) || isSetLike(value)) {
    return operate(() => Array.from(value as Iterable<unknown>, member));
  }
  if (!isDictLike(value)) return undefined;
  const pairs = operate(() => pairsOf(value, member));
  const areTexts = [...value.keys()].every((key) => typeof key === 'string');
  return areTexts ? Object.fromEntries(pairs) : pairs;
}

function memberOf(depth: number, convert: Convert): (value: unknown) => unknown {
  return (value) => {
    countSteps(1);
    return convert(value, depth + 1);
  };
}

function pairsOf(
  dict: ReadonlyMap<unknown, unknown>,
  member: (value: unknown) => unknown,
): [string, unknown][] {
  return Array.from(dict, ([key, value]) => [member(key) as string, member(value)]);
}
