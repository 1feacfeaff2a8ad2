/** What single values take of a budget: a small file can point to one large value over and over. */
import { isTaggedObject, type Tagged } from '../exact/tagged.js';
import type { Budget } from './budget.js';
import { Decimal } from './decimal-value.js';
import { NdArray } from './nd-array.js';

/** How long a value is: the characters of a text, the bytes of what is copied, the digits of a decimal. */
export function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Decimal) return value.digits.length;
  return value instanceof NdArray && !value.isView ? value.data.byteLength : 0;
}

/** Pays for a single value that was read; answers it. */
export function paid<T>(budget: Budget, value: T): T {
  budget.takeUnits(lengthOf(value));
  return value;
}

/** The same for the exact form of a single value, which has all items of an array one by one. */
export function paidExact(budget: Budget, tagged: Tagged): Tagged {
  if (typeof tagged === 'string') budget.takeUnits(tagged.length);
  if (!isTaggedObject(tagged)) return tagged;
  const { $bytes: bytes, $decimal: decimal, $ndarray: array } = tagged;
  if (typeof bytes === 'string') budget.takeUnits(bytes.length);
  else if (typeof decimal === 'string') budget.takeUnits(decimal.length);
  else if (isTaggedObject(array ?? null)) budget.take((array as { data: Tagged[] }).data.length);
  return tagged;
}
