/** Each kind of data as a `Source`. */
import { describeArray, describeIdMapper, describeMapping, describeSchema } from '../containers/describe.js';
import { type IdMapperGeneration, keyOfRow } from '../containers/id-mapper.js';
import type { IdTable } from '../containers/id-table.js';
import type { ArrayGeneration } from '../containers/mapped-array.js';
import { type MappingGeneration, recordOfRow } from '../containers/mapping.js';
import type { RecordSource } from '../containers/record-source.js';
import { verifyArray, verifyIdMapper, verifyMapping } from '../containers/verify.js';
import { taggedInt } from '../exact/tagged.js';
import { positionOf, type RecordProxy } from '../proxies/record.js';
import type { Region } from '../region.js';
import type { Schema } from '../schema/schema.js';
import type { AnySlotType } from '../types/slot-type.js';
import { tagKey } from './keys.js';
import type { Readable, Row, Source } from './source.js';

/** @param offset where in its file the region starts */
export function arraySource(generation: ArrayGeneration, offset: number): Source {
  const { region, records } = generation;
  return {
    kind: 'array',
    count: records.count,
    keys: 'index',
    schema: records.schema,
    row: (index) => ({ key: undefined, value: recordAt(records, records.position(index)) }),
    find(key) {
      if (typeof key !== 'number') return undefined;
      const index = key < 0 ? key + records.count : key;
      return index >= 0 && index < records.count ? recordAt(records, records.position(index)) : undefined;
    },
    describe: () => describeArray(generation, offset),
    verify: (findings) => verifyArray(generation, findings),
    close: () => region.close(),
  };
}

export function idMapperSource(generation: IdMapperGeneration, offset: number): Source {
  const { region, table, find } = generation;
  return {
    kind: 'id-mapper',
    count: table.rowCount,
    keys: table.kind.keys,
    schema: undefined,
    row: (index) => ({ key: keyAt(table, index), value: integer(table.value(index)) }),
    find(key) {
      const value = find(key);
      return value === undefined ? undefined : integer(value);
    },
    describe: () => describeIdMapper(generation, offset),
    verify: (findings) => verifyIdMapper(generation, findings),
    close: () => region.close(),
  };
}

export function mappingSource(generation: MappingGeneration, offset: number): Source {
  const { region, table, records, find } = generation;
  return {
    kind: 'mapping',
    count: table.rowCount,
    keys: table.kind.keys,
    schema: records.schema,
    row(index): Row {
      const record = recordOfRow(table, records, index) as RecordProxy;
      return { key: keyAt(table, index), value: recordAt(records, positionOf(record)) };
    },
    find(key) {
      const position = find(key);
      return position < 0 ? undefined : recordAt(records, position);
    },
    describe: () => describeMapping(generation, offset),
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
    describe: () => ({ kind: 'object', schema: describeSchema(schema), offset: position }),
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
    describe: () => ({ kind: 'value', offset: position }),
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

function keyAt(table: IdTable, row: number): Readable {
  const { keys } = table.kind;
  return {
    plain: () => (keys === 'string' ? keyOfRow(table, row, 'text') : table.firstColumn(row)),
    exact: () => tagKey(keys === 'string' ? table.bytesKey(row) : table.firstColumn(row)),
  };
}
