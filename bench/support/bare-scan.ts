/** The limit of a scan in JavaScript: the same bytes by a bare `DataView`, with nothing checked. */

/** Where records are, as containers of this library know it. */
interface RecordPlaces {
  /** Where their array begins, from where their positions count. */
  readonly offset: number;
  readonly indexOffset: number;
  readonly count: number;
  readonly region: { windowAt(position: number): { readonly view: DataView } };
}

/** The sum of one uint32 of all records, which lies at `fieldOffset` of each, in the order in which they are stored. */
export function bareScan({ offset, indexOffset, count, region }: RecordPlaces, fieldOffset: number): number {
  const { view } = region.windowAt(0);
  const start = offset + fieldOffset;
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const at = indexOffset + index * 8;
    const position = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
    sum += view.getUint32(start + position, true);
  }
  return sum;
}

/** Where a slot is in a record that has all of them. */
export function fullOffsetOf(
  layout: { readonly slots: readonly { readonly name: string; readonly fullOffset: number }[] },
  name: string,
): number {
  const slot = layout.slots.find((each) => each.name === name);
  if (slot === undefined) throw new Error(`there is no slot ${name}`);
  return slot.fullOffset;
}
