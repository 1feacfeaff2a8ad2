/** What an opened mapping consists of: id table, array, and the array's position in the last eight bytes. */
import { CorruptDataError } from '../errors.js';
import { native, type SearchSpec } from '../native/index.js';
import type { Region } from '../region.js';
import type { Schema } from '../schema/schema.js';
import type { ContainerOptions } from './container.js';
import type { IdMapperKind } from './id-mapper-kinds.js';
import { IdTable } from './id-table.js';
import type { TableGeneration } from './keyed.js';
import { checkKind, readKind } from './kind.js';
import { ManySearch } from './many-keys.js';
import type { ArrayGeneration } from './mapped-array.js';
import { arrayHeaderBytes, RecordSource } from './record-source.js';
import { type RowSearch, rowSearchOf } from './row-search.js';
import { knowStructs } from './structs-of-file.js';

export interface MappingGeneration extends ArrayGeneration, TableGeneration {
  readonly region: Region;
  readonly table: IdTable;
  readonly records: RecordSource;
  /** Position of the record of a key, by the first row that has it; -1 where the key is absent. */
  readonly find: (key: unknown) => number;
  readonly rows: RowSearch;
  /** The same as `find` for many keys. */
  readonly positions: ManySearch;
  /** The numbers of the records of many keys, by the first row of each; -1 where a key is absent. */
  readonly values: ManySearch;
}

const footerBytes = 8;
const smallestBytes = 16 + arrayHeaderBytes + footerBytes;

/**
 * Opens the mapping that a region holds.
 * @param before what this one takes the place of
 */
export function mappingGeneration(
  region: Region,
  kind: IdMapperKind,
  schema: Schema | undefined,
  options: ContainerOptions | undefined,
  before?: MappingGeneration,
): MappingGeneration {
  if (region.size < smallestBytes) {
    throw new CorruptDataError(`a mapping has at least ${smallestBytes} bytes, these are ${region.size}`, 0);
  }
  const footer = region.size - footerBytes;
  const arrayOffset = region.readSize(footer, 'the position of the records of a mapping');
  if (arrayOffset < 16 || arrayOffset + arrayHeaderBytes > footer) {
    throw new CorruptDataError(
      `the records of the mapping would be at ${arrayOffset} of ${region.size} bytes: ` +
        'the file is truncated, corrupt, or no mapping',
      footer,
    );
  }
  const table = new IdTable(region, kind, 0, arrayOffset);
  const description = readKind(region, table.sections);
  checkKind(description, ['mapping', 'multi-mapping'], kind);
  knowStructs(region, description, options?.types);
  const names = () => description?.structs;
  const records = new RecordSource(region, arrayOffset, footer, schema, names, before?.records);
  if (options?.requireSlots) records.requireSlots();
  const rows = rowSearchOf(table);
  const spec = { ...table.searchSpec('position'), ...records.place };
  const find = positionSearch(table, records, rows, spec);
  const positions = new ManySearch(table, spec, find);
  return { region, table, records, find, rows, positions, values: recordNumbers(table, records, rows) };
}

type PositionSpec = SearchSpec & { readonly answer: 'position' };

function recordNumbers(table: IdTable, records: RecordSource, rows: RowSearch): ManySearch {
  const single = (key: unknown) => {
    const row = rows.first(key);
    return row < 0 ? -1 : recordIndexOf(table, records, row);
  };
  return new ManySearch(table, table.searchSpec('value'), single, records.count);
}

function positionSearch(
  table: IdTable,
  records: RecordSource,
  rows: RowSearch,
  spec: PositionSpec,
): MappingGeneration['find'] {
  if (table.kind.keys === 'object') {
    return (key) => {
      const row = rows.first(key);
      return row < 0 ? -1 : records.position(recordIndexOf(table, records, row));
    };
  }
  return native.createSearch(table.region.handle, spec);
}

/** The record that a row of the table refers to. */
export function recordOfRow(table: IdTable, records: RecordSource, row: number): object {
  return records.record(recordIndexOf(table, records, row));
}

function recordIndexOf(table: IdTable, records: RecordSource, row: number): number {
  const index = table.recordIndex(row);
  if (index < records.count) return index;
  throw new CorruptDataError(
    `row ${row} of the id table refers to record ${index} of ${records.count}`,
    table.rowsOffset,
  );
}
