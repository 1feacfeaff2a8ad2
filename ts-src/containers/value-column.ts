/** The values of many records that are read one by one: texts, bytes, collections, records. */
import { OutOfRangeError } from '../errors.js';
import { type Region, readError } from '../region.js';
import { none } from '../schema/layout.js';
import { any } from '../types/any.js';
import { Budget } from '../types/budget.js';
import { CollectionType } from '../types/collection.js';
import { readRtti } from '../types/rtti.js';
import type { AnySlotType } from '../types/slot-type.js';
import { paid } from '../types/weight.js';

export class ValueColumn {
  readonly values: unknown[] = [];
  readonly #region: Region;
  readonly #read: (position: number) => unknown;

  constructor(region: Region, type: AnySlotType) {
    this.#region = region;
    this.#read = readerOf(region, type);
  }

  /** Appends the values at positions in the region, where the layout's `missing` and `none` stand for none. */
  read(positions: Float64Array, count: number): void {
    const { values } = this;
    const read = this.#read;
    let position = 0;
    try {
      for (let index = 0; index < count; index++) {
        position = positions[index] as number;
        values.push(position >= 0 ? read(position) : position === none ? null : undefined);
      }
    } catch (error) {
      throw readError(error, this.#region.windowAt(Math.max(0, position)), position);
    }
  }
}

/**
 * What reads one value. All values of a column are paid from one budget, as many records may point to one large value:
 * what the bytes of the region can hold, and the region's limit for what is shared.
 */
function readerOf(region: Region, type: AnySlotType): (position: number) => unknown {
  if (type.inline) throw new OutOfRangeError(`values of ${type.name} lie within their records`);
  const budget = new Budget(region, region.limits.maxWalk);
  if (type instanceof CollectionType) return (position) => type.readIn(region, position, 0, budget);
  if (type === any) return (position) => readRtti(region, position, 0, budget);
  return (position) => paid(budget, type.read(region, position, 0));
}
