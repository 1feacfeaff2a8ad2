/** What `build` is asked for, resolved: what to build, of which lines, and how. */
import type { BuildOptions, BuildReport, Entries } from '../building/build.js';
import type { IdMapperClass } from '../containers/id-mapper.js';
import type { IdMapperKind } from '../containers/id-mapper-kinds.js';
import { arrayOf } from '../containers/mapped-array.js';
import { mappingOf } from '../containers/mapping.js';
import type { AnyIdMapperClass } from '../containers/mapping-statics.js';
import type { MultiIdMapperClass } from '../containers/multi-id-mapper.js';
import { multiMappingOf } from '../containers/multi-mapping.js';
import { idMapperClasses } from '../containers/open.js';
import type { Schema } from '../schema/schema.js';
import { jsonNameOf } from '../schema/stored-types.js';
import { type Field, integerField, keyColumn, keyField } from './csv-fields.js';
import { csvReader, slotColumns } from './csv-input.js';
import {
  type EntryConverter,
  type EntryReader,
  jsonReader,
  lineReader,
  plainIdMapperEntry,
  plainKeyedEntry,
  plainMappingEntry,
  plainRecord,
  taggedIdMapperEntry,
  taggedMappingEntry,
  taggedRecord,
} from './entries.js';
import { UsageError } from './failures.js';
import { idMapperKind, requireRoot } from './open-source.js';
import { parquetReader } from './parquet.js';
import { PlainRecords } from './plain.js';
import type { Kind, Selection } from './selection.js';

export const inputFormats = ['jsonl', 'csv', 'tagged', 'parquet'] as const;
export type InputFormat = (typeof inputFormats)[number];

export interface BuildRequest extends Selection {
  readonly from: InputFormat;
  /** The slot that holds the key. */
  readonly key?: string | undefined;
}

/** A build of a container. */
export interface ContainerBuild {
  readonly read: EntryReader;
  readonly schema: Schema | undefined;
  /** Fields of the input that the schema does not name. */
  readonly leftOut: ReadonlySet<string>;
  readonly hasKeys: boolean;
  build(entries: Entries<unknown>, path: string, options: BuildOptions): Promise<BuildReport>;
}

/** What is built where `--kind` does not say: a mapping where there is talk of keys. */
export function kindToBuild({ kind, type, idMapper, key }: BuildRequest): Exclude<Kind, 'bundle'> {
  if (kind === 'bundle') throw new UsageError('bundles are built through the library, by Bundle.build');
  if (kind !== undefined) return kind;
  if (type !== undefined) return 'value';
  return idMapper !== undefined || key !== undefined ? 'mapping' : 'array';
}

/** What the library's classes build; the schemas of files promise nothing to the compiler. */
interface Buildable {
  build(entries: Entries<unknown>, path: string, options: BuildOptions): Promise<BuildReport>;
}

export function planContainer(
  kind: 'array' | 'id-mapper' | 'mapping' | 'multi-mapping',
  request: BuildRequest,
): ContainerBuild {
  const isMapping = kind === 'mapping' || kind === 'multi-mapping';
  if (request.key !== undefined && (!isMapping || request.from === 'tagged')) {
    throw new UsageError('--key is for mappings, and not for tagged JSON');
  }
  if (kind === 'array') return planArray(request);
  return isMapping ? planMapping(kind, request) : planIdMapper(request);
}

function planArray(request: BuildRequest): ContainerBuild {
  const schema = rootOf(request);
  const leftOut = new Set<string>();
  return plan(arrayOf(schema), recordReader(schema, request.from, leftOut), schema, leftOut, false);
}

/** @throws UsageError where there is none */
export function rootOf({ schema }: BuildRequest): Schema {
  return requireRoot(schema);
}

/** @param leftOut takes the names of fields that the schema does not name */
export function recordReader(schema: Schema, from: InputFormat, leftOut: Set<string>): EntryReader {
  if (from === 'tagged') return lineReader(taggedRecord(schema));
  const convert = plainRecord(new PlainRecords(schema, leftOut));
  if (from === 'jsonl') return jsonReader(convert);
  if (from === 'parquet') return parquetReader(convert);
  return csvReader({ fields: slotColumns(schema), required: [] }, leftOut, convert);
}

function planMapping(mappingKind: 'mapping' | 'multi-mapping', request: BuildRequest): ContainerBuild {
  const { from, key } = request;
  const schema = rootOf(request);
  const name = request.idMapper ?? (key === undefined ? undefined : idMapperForSlot(schema, key));
  if (name === undefined)
    throw new UsageError('--id-mapper is needed, or --key with the slot that holds the key');
  const kind = idMapperKind(name, mappingKind);
  const leftOut = new Set<string>();
  const records = new PlainRecords(schema, leftOut);
  const read = mappingReader(from, kind, schema, records, key);
  return plan(mappingClassOf(kind, schema), read, schema, leftOut, true);
}

function mappingReader(
  from: InputFormat,
  kind: IdMapperKind,
  schema: Schema,
  records: PlainRecords,
  slot: string | undefined,
): EntryReader {
  if (from === 'tagged') return lineReader(taggedMappingEntry(kind, schema));
  if (from === 'csv') return csvMappingReader(kind, schema, records, slot);
  const convert = mappingEntry(kind, schema, records, slot);
  return from === 'parquet' ? parquetReader(convert) : jsonReader(convert);
}

function mappingEntry(
  kind: IdMapperKind,
  schema: Schema,
  records: PlainRecords,
  slot: string | undefined,
): EntryConverter {
  return slot === undefined ? plainMappingEntry(kind, schema, records) : plainKeyedEntry(kind, records, slot);
}

function csvMappingReader(
  kind: IdMapperKind,
  schema: Schema,
  records: PlainRecords,
  slot: string | undefined,
): EntryReader {
  const fields = slotColumns(schema);
  const convert = mappingEntry(kind, schema, records, slot);
  if (slot !== undefined) return csvReader({ fields, required: [slot] }, records.leftOut, convert);
  const column = keyColumn([...fields.keys()]);
  fields.set(column, keyField(kind.keys));
  const advice = '; --key names the slot that holds the key';
  return csvReader({ fields, required: [column], advice }, records.leftOut, (row) => {
    const { [column]: key, ...values } = row;
    return convert([key, values]);
  });
}

function planIdMapper({ idMapper, from }: BuildRequest): ContainerBuild {
  if (idMapper === undefined) throw new UsageError('--kind id-mapper needs --id-mapper');
  const kind = idMapperKind(idMapper, 'id-mapper');
  const leftOut = new Set<string>();
  return plan(classOf(kind), idMapperReader(kind, from, leftOut), undefined, leftOut, true);
}

function idMapperReader(kind: IdMapperKind, from: InputFormat, leftOut: Set<string>): EntryReader {
  if (from === 'tagged') return lineReader(taggedIdMapperEntry(kind));
  const convert = plainIdMapperEntry(kind);
  if (from === 'jsonl') return jsonReader(convert);
  if (from === 'parquet') return parquetReader((row) => convert(keyAndValue(row as KeyAndValue)));
  const fields = new Map<string, Field>([
    ['key', keyField(kind.keys)],
    ['value', integerField('value')],
  ]);
  return csvReader({ fields, required: ['key', 'value'] }, leftOut, ({ key, value }) =>
    convert([key, value]),
  );
}

interface KeyAndValue {
  readonly key?: unknown;
  readonly value?: unknown;
}

function keyAndValue({ key, value }: KeyAndValue): unknown[] {
  return [key, value];
}

function plan(
  buildable: object,
  read: EntryReader,
  schema: Schema | undefined,
  leftOut: ReadonlySet<string>,
  hasKeys: boolean,
): ContainerBuild {
  const { build } = buildable as Buildable;
  return {
    read,
    schema,
    leftOut,
    hasKeys,
    build: (entries, path, options) => build.call(buildable, entries, path, options),
  };
}

function classOf(kind: IdMapperKind): AnyIdMapperClass {
  return idMapperClasses.get(kind.name) as AnyIdMapperClass;
}

function mappingClassOf(kind: IdMapperKind, schema: Schema): object {
  return kind.multi
    ? multiMappingOf(classOf(kind) as MultiIdMapperClass<unknown>, schema)
    : mappingOf(classOf(kind) as IdMapperClass<unknown>, schema);
}

const numericKeys = new Set([
  'byte',
  'ubyte',
  'short',
  'ushort',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'int',
]);

/** The id mapper that suits the type of the slot with the key. */
function idMapperForSlot(schema: Schema, slot: string): string {
  const found = schema.slots.find(({ name }) => name === slot);
  if (found === undefined) {
    const names = schema.slots.map(({ name }) => name).join(', ');
    throw new UsageError(`--key: ${schema.name} has no slot "${slot}"; its slots are ${names}`);
  }
  const stored = found.type.storedType();
  if (stored === 'mapped_unicode' || stored === 'mapped_bytes') return 'StringIdMapper';
  if (typeof stored === 'string' && numericKeys.has(stored)) return 'NumericIdMapper';
  const what = typeof stored === 'string' ? jsonNameOf(stored) : 'a struct';
  throw new UsageError(
    `--key: the slot "${slot}" (${what}) holds no keys; --id-mapper says which keys there are`,
  );
}
