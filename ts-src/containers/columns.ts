/** Columns of id tables as typed arrays. */
import { constants } from 'node:buffer';
import { InvalidTypeError, TooLargeError } from '../errors.js';
import type { IdTable } from './id-table.js';

export type TableColumn = 'key' | 'hash' | 'value';

/** @throws InvalidTypeError where the table has no such column */
export function tableColumn(table: IdTable, column: TableColumn): Uint32Array | BigUint64Array {
  requireColumn(table, column);
  const { width } = table.kind;
  const size = table.rowCount * width;
  if (size > constants.MAX_LENGTH) {
    throw new TooLargeError(
      `a column of ${table.rowCount} rows needs ${size} bytes, this runtime allows ${constants.MAX_LENGTH}`,
    );
  }
  const words = new Uint32Array(size / 4);
  gather(table, column === 'value' ? table.rowBytes - width : 0, words);
  return width === 4 ? words : new BigUint64Array(words.buffer);
}

function requireColumn({ kind }: IdTable, column: TableColumn): void {
  const { keys, name } = kind;
  if (column === 'key' && (keys === 'string' || keys === 'object')) {
    throw new InvalidTypeError(
      `keyColumn() is for keys that are numbers, those of a ${name} are not; hashColumn() answers their hashes`,
    );
  }
  if (column === 'hash' && keys === 'numeric') {
    throw new InvalidTypeError(
      `hashColumn() is for keys that are hashed, those of a ${name} are not; keyColumn() answers them`,
    );
  }
}

/** Copies what is `offset` bytes into each row; a window is asked for once for many rows. */
function gather(table: IdTable, offset: number, words: Uint32Array): void {
  const { rowBytes, rowCount, region } = table;
  const wide = table.kind.width === 8;
  let at = 0;
  for (let row = 0; row < rowCount; ) {
    const position = table.rowPosition(row);
    const { view, start } = region.windowAt(position);
    const room = Math.floor((view.byteLength - (position - start)) / rowBytes);
    const end = Math.min(rowCount, row + Math.max(1, room));
    for (let byte = position - start + offset; row < end; row++, byte += rowBytes) {
      words[at++] = view.getUint32(byte, true);
      if (wide) words[at++] = view.getUint32(byte + 4, true);
    }
  }
}
