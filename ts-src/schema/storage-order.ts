/** The order in which the slots of a record are stored. */
import { compareCodePoints } from '../code-points.js';
import { CorruptDataError } from '../errors.js';

interface SizedSlot {
  readonly name: string;
  readonly type: { readonly size: number };
}

/**
 * Larger slots first, those of one size by the code points of their names, as Python sorts them.
 * @param given the order that a stored schema records, which then decides
 */
export function sortForStorage<S extends SizedSlot>(slots: readonly S[], given?: readonly string[]): S[] {
  if (given === undefined) {
    return [...slots].sort((a, b) => b.type.size - a.type.size || compareCodePoints(a.name, b.name));
  }
  const byName = new Map(slots.map((slot) => [slot.name, slot]));
  if (given.length !== slots.length || new Set(given).size !== given.length) {
    throw new CorruptDataError('the storage order of a stored schema does not list each of its slots once');
  }
  return given.map((name) => {
    const slot = byName.get(name);
    if (slot === undefined)
      throw new CorruptDataError(`the storage order of a stored schema names "${name}", no slot`);
    return slot;
  });
}
