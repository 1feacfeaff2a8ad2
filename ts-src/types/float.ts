import { describe, InvalidTypeError } from '../errors.js';

/** A number that is stored as a float even where it is integral; see {@link float}. */
export class Float {
  constructor(
    /** The number. */
    readonly value: number,
  ) {
    if (typeof value !== 'number')
      throw new InvalidTypeError(`float() takes a number, not ${describe(value)}`);
  }

  /** The number. */
  valueOf(): number {
    return this.value;
  }
}

/**
 * Says that a number is stored as a float in places that leave the choice (`t.any`, members of collections, user
 * data), where an integral number would be stored as an integer: `float(3)` is Python's `3.0`.
 */
export function float(value: number): Float {
  return new Float(value);
}
