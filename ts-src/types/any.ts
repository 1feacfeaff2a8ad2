/** `t.any`: values that carry their type with them. */
import { describe, InvalidTypeError } from '../errors.js';
import { fromTaggedValue } from './any-exact.js';
import { budgetFor, requireDepth, withBudget } from './budget.js';
import { exactRtti, readRtti, verifyRtti } from './rtti.js';
import { writeRtti } from './rtti-writing.js';
import { OptionalSlot, type PointerType } from './slot-type.js';

export interface AnyType extends PointerType<unknown, unknown> {
  optional(): OptionalSlot<this>;
}

/**
 * Anything that can be stored: `null`, booleans, numbers, texts, bytes, arrays (lists), tuples, sets, maps and plain
 * objects (dicts), dates, decimals, arrays of numbers (ndarrays), and records of registered schemas. An integral
 * number is stored as an integer, `float(3)` as a float; 64-bit integers read as numbers where these are exact, else
 * as bigints.
 */
export const any: AnyType = {
  inline: false,
  size: 8,
  name: 'any',
  columnKind: undefined,
  storedType: () => 'mapped_object',
  read(region, position, depth) {
    requireDepth(region, depth);
    return readRtti(region, position, depth, budgetFor(region));
  },
  write(packer, value) {
    if (value === null || value === undefined)
      throw new InvalidTypeError(`expected a value, found ${describe(value)}`);
    return writeRtti(packer, value);
  },
  readExact(region, position, depth) {
    requireDepth(region, depth);
    return withBudget(region, (budget) => exactRtti(region, position, depth, budget));
  },
  fromExact: fromTaggedValue,
  verify: verifyRtti,
  optional() {
    return new OptionalSlot(this);
  },
};
