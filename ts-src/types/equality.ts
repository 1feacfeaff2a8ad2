/** Equality as Python has it, which decides what is one key: 1, 1.0 and true are equal, text and bytes are not. */
import { isDeepStrictEqual } from 'node:util';
import { countSteps, enterOperation, leaveOperation } from './budget.js';
import { Float } from './float.js';
import { Tuple } from './tuple.js';

/** The views carry these brands, so that this file needs none of theirs. */
export const listBrand = Symbol('sharedbuffers.list');
export const tupleBrand = Symbol('sharedbuffers.tuple');
export const setBrand = Symbol('sharedbuffers.set');
export const dictBrand = Symbol('sharedbuffers.dict');

interface Sequence extends Iterable<unknown> {
  readonly length: number;
}

export function isTupleLike(value: object): value is Sequence {
  return value instanceof Tuple || tupleBrand in value;
}

export function isListLike(value: object): value is Sequence {
  return (Array.isArray(value) && !(value instanceof Tuple)) || listBrand in value;
}

export function isSetLike(value: object): value is ReadonlySet<unknown> {
  return value instanceof Set || setBrand in value;
}

export function isDictLike(value: object): value is ReadonlyMap<unknown, unknown> {
  return value instanceof Map || dictBrand in value;
}

/** Whether two values are one key. NaN equals nothing. */
export function valuesEqual(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a === null || b === null || a === undefined || b === undefined) return a === b;
  const x = numeric(a);
  const y = numeric(b);
  // loose equality compares numbers and bigints by what they are worth
  // biome-ignore lint/suspicious/noDoubleEquals: see above
  if (x !== undefined || y !== undefined) return x !== undefined && y !== undefined && x == y;
  return typeof a === 'object' && typeof b === 'object' && objectsEqual(a, b);
}

/** Whether a key can be found by its like: one with NaN in it cannot. */
export function equalsItsLike(key: unknown): boolean {
  const number = numeric(key);
  if (number !== undefined) return !Number.isNaN(number);
  if (typeof key !== 'object' || key === null || !(isTupleLike(key) || isSetLike(key))) return true;
  for (const member of key) if (!equalsItsLike(member)) return false;
  return true;
}

function numeric(value: unknown): number | bigint | undefined {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    default:
      return value instanceof Float ? value.value : undefined;
  }
}

function objectsEqual(a: object, b: object): boolean {
  if (a === b) return true;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  enterOperation();
  try {
    if (isTupleLike(a)) return isTupleLike(b) && sequencesEqual(a, b);
    if (isListLike(a)) return isListLike(b) && sequencesEqual(a, b);
    if (isSetLike(a)) return isSetLike(b) && setsEqual(a, b);
    if (isDictLike(a)) return isDictLike(b) && dictsEqual(a, b);
  } finally {
    leaveOperation();
  }
  return isDeepStrictEqual(a, b);
}

export function sequencesEqual(a: Sequence, b: Sequence): boolean {
  if (a.length !== b.length) return false;
  countSteps(a.length);
  const others = b[Symbol.iterator]();
  for (const value of a) if (!valuesEqual(value, others.next().value)) return false;
  return true;
}

export function setsEqual(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const member of a) if (!b.has(member) && (setBrand in b || !holds(b, member))) return false;
  return true;
}

function holds(values: Iterable<unknown>, wanted: unknown): boolean {
  for (const value of values) {
    countSteps(1);
    if (valuesEqual(value, wanted)) return true;
  }
  return false;
}

export function dictsEqual(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const entry = b.has(key) ? [key, b.get(key)] : entryOf(b, key);
    if (entry === undefined || !valuesEqual(value, entry[1])) return false;
  }
  return true;
}

/** The entry of a key that may be another object with the same content. */
function entryOf(dict: ReadonlyMap<unknown, unknown>, key: unknown): [unknown, unknown] | undefined {
  // Views compare by value.
  if (dictBrand in dict) return undefined;
  for (const entry of dict) {
    countSteps(1);
    if (valuesEqual(entry[0], key)) return entry;
  }
  return undefined;
}
