/** What an opened id mapper consists of. */
import { native } from '../native/index.js';
import type { Region } from '../region.js';
import type { IdMapperKind } from './id-mapper-kinds.js';
import { IdTable } from './id-table.js';
import type { TableGeneration } from './keyed.js';
import { checkKind, readKind } from './kind.js';
import { type RowSearch, rowSearchOf } from './row-search.js';

export interface IdMapperGeneration extends TableGeneration {
  readonly region: Region;
  /** The value of a key, in the first row that has it; `undefined` where the key is absent. */
  readonly find: (key: unknown) => number | bigint | undefined;
  readonly rows: RowSearch;
}

/** @param region holds nothing but the table */
export function idMapperGeneration(region: Region, kind: IdMapperKind): IdMapperGeneration {
  const table = new IdTable(region, kind, 0, region.size);
  checkKind(readKind(region, table.sections), ['id-mapper'], kind);
  return mapperOfTable(table);
}

export function mapperOfTable(table: IdTable): IdMapperGeneration {
  const rows = rowSearchOf(table);
  return { region: table.region, table, find: valueSearch(table, rows), rows };
}

function valueSearch(table: IdTable, rows: RowSearch): IdMapperGeneration['find'] {
  if (table.kind.keys !== 'object') {
    return native.createSearch(table.region.handle, table.searchSpec('value'));
  }
  return (key) => {
    const row = rows.first(key);
    return row < 0 ? undefined : table.value(row);
  };
}
