/** Copying id tables into memory, as they are. */
import { constants } from 'node:buffer';
import { pause, type Steps } from '../building/steps.js';
import { TooLargeError } from '../errors.js';
import { Region } from '../region.js';
import type { IdTable } from './id-table.js';

const copiedAtOnce = 2 ** 24;

/** A region of its own that holds the table and nothing else. */
export function* copyTable(table: IdTable): Steps<Region> {
  const { region, offset } = table;
  const end = table.rowPosition(table.rowCount);
  if (end - offset > constants.MAX_LENGTH) {
    throw new TooLargeError(
      `the id table has ${end - offset} bytes, this runtime allows ${constants.MAX_LENGTH} in memory`,
    );
  }
  const bytes = new Uint8Array(end - offset);
  for (let position = offset; position < end; position += copiedAtOnce) {
    const size = Math.min(copiedAtOnce, end - position);
    bytes.set(region.bytesAt(position, size, 'an id table'), position - offset);
    yield pause;
  }
  return Region.fromBytes(bytes);
}
