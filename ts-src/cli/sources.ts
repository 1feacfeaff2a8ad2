/** Each kind of data as a `Source`. */
import {
  describeArray,
  describeIdMapper,
  describeMapping,
  describeSchema,
  placeIn,
} from '../containers/describe.js';
import type { IdMapperGeneration } from '../containers/id-mapper-generation.js';
import type { IdTable } from '../containers/id-table.js';
import type { ArrayGeneration } from '../containers/mapped-array.js';
import { type MappingGeneration, recordOfRow } from '../containers/mapping-generation.js';
import type { RecordSource } from '../containers/record-source.js';
import { verifyArray, verifyIdMapper, verifyMapping } from '../containers/verify.js';
import { taggedInt } from '../exact/tagged.js';
import { positionOf, type RecordProxy } from '../proxies/record.js';
import type { Region } from '../region.js';
import type { Schema } from '../schema/schema.js';
import type { AnySlotType } from '../types/slot-type.js';
import { tagKey } from './keys.js';
import { arraySizes, tableSizes, wholeOf } from './sizes.js';
import type { Readable, Row, Source } from './source.js';

/** @param offset where in its file the region starts */
export function arraySource(generation: ArrayGeneration, offset: number): Source {
  const { region, records } = generation;
  return {
    kind: 'array',
    count: records.count,
    keys: 'index',
    isMulti: false,
    schema: records.schema,
    row: (index) => ({ key: undefined, value: recordAt(records, records.position(index)) }),
    find(key) {
      if (typeof key !== 'number') return undefined;
      const index = key < 0 ? key + records.count : key;
      return index >= 0 && index < records.count ? recordAt(records, records.position(index)) : undefined;
    },
    describe: () => describeArray(generation, offset),
    sizes: () => wholeOf(records.end - records.offset, arraySizes(records)),
    verify: (findings) => verifyArray(generation, findings),
    close: () => region.close(),
  };
}

export function idMapperSource(generation: IdMapperGeneration, offset: number): Source {
  const { region, table, find, rows } = generation;
  const valueAt = (row: number) => integer(table.value(row));
  return {
    kind: 'id-mapper',
    count: table.rowCount,
    keys: table.kind.keys,
    isMulti: table.kind.multi,
    schema: undefined,
    row: (index) => ({ key: keyAt(table, index), value: valueAt(index) }),
    find(key) {
      if (table.kind.multi) return allOf(rows.collect(key, valueAt));
      const value = find(key);
      return value === undefined ? undefined : integer(value);
    },
    describe: () => describeIdMapper(generation, offset),
    sizes: () => wholeOf(region.size, tableSizes(table)),
    verify: (findings) => verifyIdMapper(generation, findings),
    close: () => region.close(),
  };
}

export function mappingSource(generation: MappingGeneration, offset: number): Source {
  const { region, table, records, find, rows } = generation;
  const valueAt = (row: number) => {
    const record = recordOfRow(table, records, row) as RecordProxy;
    return recordAt(records, positionOf(record));
  };
  return {
    kind: table.kind.multi ? 'multi-mapping' : 'mapping',
    count: table.rowCount,
    keys: table.kind.keys,
    isMulti: table.kind.multi,
    schema: records.schema,
    row: (index) => ({ key: keyAt(table, index), value: valueAt(index) }),
    find(key) {
      if (table.kind.multi) return allOf(rows.collect(key, valueAt));
      const position = find(key);
      return position < 0 ? undefined : recordAt(records, position);
    },
    describe: () => describeMapping(generation, offset),
    sizes: () => wholeOf(region.size, [...tableSizes(table), ...arraySizes(records)]),
    verify: (findings) => verifyMapping(generation, findings),
    close: () => region.close(),
  };
}

/** A single record; it may point to what lies before it, so its region starts with the file. */
export function objectSource(region: Region, position: number, schema: Schema): Source {
  const { reader } = schema;
  region.requireRange(position, schema.layout.headerBytes, `the header of a ${schema.name}`);
  return {
    ...single(region, {
      plain: () => reader.proxyAt(region, position),
      exact: () => reader.exactAt(region, position, 0),
    }),
    kind: 'object',
    schema,
    describe: () => ({ kind: 'object', schema: describeSchema(schema), ...placeIn(region, position) }),
    *verify(findings) {
      yield 0;
      reader.verifyAt(region, position, 0, findings);
    },
  };
}

/** A bare value of a slot type. */
export function valueSource(region: Region, position: number, type: AnySlotType): Source {
  region.requireRange(position, type.inline ? type.size : 1, `a value of type ${type.name}`);
  const { view, start } = region.windowAt(position);
  const value: Readable = type.inline
    ? { plain: () => type.read(view, position - start), exact: () => type.readExact(view, position - start) }
    : { plain: () => type.read(region, position, 0), exact: () => type.readExact(region, position, 0) };
  return {
    ...single(region, value),
    kind: 'value',
    schema: undefined,
    describe: () => ({ kind: 'value', ...placeIn(region, position) }),
    *verify(findings) {
      yield 0;
      if (type.inline) type.verify(view, position - start, position, findings);
      else type.verify(region, position, 0, findings);
    },
  };
}

function single(region: Region, value: Readable) {
  return {
    count: 1,
    keys: undefined,
    isMulti: false,
    row: (): Row => ({ key: undefined, value }),
    find: () => undefined,
    close: () => region.close(),
  };
}

function recordAt({ region, reader }: RecordSource, position: number): Readable {
  return { plain: () => reader.proxyAt(region, position), exact: () => reader.exactAt(region, position, 0) };
}

function integer(value: number | bigint): Readable {
  return { plain: () => value, exact: () => taggedInt(value) };
}

/** All values of a key; there are none of an absent one. */
function allOf(found: readonly Readable[]): Readable | undefined {
  if (found.length === 0) return undefined;
  return { plain: () => found.map((each) => each.plain()), exact: () => found.map((each) => each.exact()) };
}

function keyAt(table: IdTable, row: number): Readable {
  switch (table.kind.keys) {
    case 'string':
      return { plain: () => table.textKey(row), exact: () => tagKey(table.bytesKey(row)) };
    case 'object':
      return { plain: () => table.objectKey(row), exact: () => table.exactObjectKey(row) };
    default:
      return { plain: () => table.firstColumn(row), exact: () => tagKey(table.firstColumn(row)) };
  }
}
