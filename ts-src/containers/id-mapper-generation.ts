/** What an opened id mapper consists of. */
import { SharedBuffersError } from '../errors.js';
import { native } from '../native/index.js';
import type { Region } from '../region.js';
import type { IdMapperKind } from './id-mapper-kinds.js';
import { IdTable } from './id-table.js';
import type { TableGeneration } from './keyed.js';
import { checkKind, readKind } from './kind.js';
import { ManySearch } from './many-keys.js';
import { type RowSearch, rowSearchOf } from './row-search.js';

export interface IdMapperGeneration extends TableGeneration {
  readonly region: Region;
  /** The value of a key, in the first row that has it; `undefined` where the key is absent. */
  readonly find: (key: unknown) => number | bigint | undefined;
  readonly rows: RowSearch;
  /** The values of many keys; -1 where a key is absent. */
  readonly values: ManySearch;
}

/** @param region holds nothing but the table */
export function idMapperGeneration(region: Region, kind: IdMapperKind): IdMapperGeneration {
  const table = new IdTable(region, kind, 0, region.size);
  checkKind(readKind(region, table.sections), ['id-mapper'], kind);
  return mapperOfTable(table);
}

export function mapperOfTable(table: IdTable): IdMapperGeneration {
  const rows = rowSearchOf(table);
  const find = valueSearch(table, rows);
  return { region: table.region, table, find, rows, values: valuesOfMany(table, find) };
}

function valuesOfMany(table: IdTable, find: IdMapperGeneration['find']): ManySearch {
  return new ManySearch(table, table.searchSpec('value'), (key) => {
    const value = find(key) ?? -1;
    if (typeof value === 'number') return value;
    throw new SharedBuffersError(
      'ERR_SHAREDBUFFERS_UNSAFE_INTEGER',
      `the value ${value} is beyond what a number holds exactly (2^53); get() answers it as a bigint`,
    );
  });
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
