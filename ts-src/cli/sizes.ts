/** What the bytes of a container are spent on. */
import type { IdTable } from '../containers/id-table.js';
import type { RecordSource } from '../containers/record-source.js';
import type { Section } from '../containers/sections.js';

export interface SizePart {
  readonly name: string;
  readonly bytes: number;
}

const tableHeaderBytes = 16;
const arrayHeaderBytes = 56;

/** Keys, sections and rows of an id table. */
export function tableSizes({ offset, rowsOffset, rowCount, rowBytes, sections }: IdTable): SizePart[] {
  const keysEnd = startOf(sections, rowsOffset);
  return [
    { name: 'keys', bytes: keysEnd - offset - tableHeaderBytes },
    { name: 'sections', bytes: rowsOffset - keysEnd },
    { name: 'id table', bytes: rowCount * rowBytes },
  ];
}

/** Records, sections, index and schema of an array. */
export function arraySizes(records: RecordSource): SizePart[] {
  const { region, offset, indexOffset, count, sections } = records;
  const recordsEnd = startOf(sections, indexOffset);
  return [
    { name: 'records', bytes: recordsEnd - offset - arrayHeaderBytes },
    { name: 'sections', bytes: indexOffset - recordsEnd },
    { name: 'index of records', bytes: count * 8 },
    { name: 'schema', bytes: region.readSize(offset + 48, 'the size of the stored schema') },
  ];
}

/** Parts of the same name together, none that are empty, and what is left of the whole. */
export function wholeOf(size: number, parts: readonly SizePart[]): SizePart[] {
  const sums = new Map<string, number>();
  for (const { name, bytes } of parts) sums.set(name, (sums.get(name) ?? 0) + bytes);
  const known = [...sums.values()].reduce((sum, bytes) => sum + bytes, 0);
  sums.set('headers and padding', size - known);
  return [...sums].filter(([, bytes]) => bytes > 0).map(([name, bytes]) => ({ name, bytes }));
}

/** Sections stand before what `end` begins, the first one deepest. */
function startOf(sections: readonly Section[], end: number): number {
  return Math.min(end, ...sections.map(({ position }) => position));
}
