/** What `build` is asked for, resolved: what to build, of which lines, and how. */
import type { BuildOptions, BuildReport, Entries } from '../building/build.js';
import type { IdMapperClass } from '../containers/id-mapper.js';
import type { IdMapperKind } from '../containers/id-mapper-kinds.js';
import { arrayOf } from '../containers/mapped-array.js';
import { mappingOf } from '../containers/mapping.js';
import { idMapperClasses } from '../containers/open.js';
import type { Schema } from '../schema/schema.js';
import { storedTypes } from '../schema/stored-types.js';
import {
  type EntryParser,
  plainIdMapperEntry,
  plainMappingEntry,
  plainRecord,
  taggedIdMapperEntry,
  taggedMappingEntry,
  taggedRecord,
} from './entries.js';
import { UsageError } from './failures.js';
import { idMapperKind, requireRoot } from './open-source.js';
import { PlainRecords } from './plain.js';
import type { Kind, Selection } from './selection.js';

export type InputFormat = 'jsonl' | 'tagged';

export interface BuildRequest extends Selection {
  readonly from: InputFormat;
  /** The slot that holds the key. */
  readonly key?: string | undefined;
}

/** A build of a container. */
export interface ContainerBuild {
  readonly parse: EntryParser;
  readonly schema: Schema | undefined;
  /** Fields of the input that the schema does not name. */
  readonly leftOut: ReadonlySet<string>;
  readonly hasKeys: boolean;
  build(entries: Entries<unknown>, path: string, options: BuildOptions): Promise<BuildReport>;
}

/** What is built where `--kind` does not say: a mapping where there is talk of keys. */
export function kindToBuild({ kind, type, idMapper, key }: BuildRequest): Kind {
  if (kind !== undefined) return kind;
  if (type !== undefined) return 'value';
  return idMapper !== undefined || key !== undefined ? 'mapping' : 'array';
}

/** What the library's classes build; the schemas of files promise nothing to the compiler. */
interface Buildable {
  build(entries: Entries<unknown>, path: string, options: BuildOptions): Promise<BuildReport>;
}

export function planContainer(
  kind: 'array' | 'id-mapper' | 'mapping',
  request: BuildRequest,
): ContainerBuild {
  if (request.key !== undefined && (kind !== 'mapping' || request.from !== 'jsonl')) {
    throw new UsageError('--key is for mappings from JSON lines');
  }
  if (kind === 'array') return planArray(request);
  return kind === 'mapping' ? planMapping(request) : planIdMapper(request);
}

function planArray({ schema: file, from }: BuildRequest): ContainerBuild {
  const schema = requireRoot(file);
  const records = new PlainRecords(schema);
  const parse = from === 'tagged' ? taggedRecord(schema) : plainRecord(records);
  return plan(arrayOf(schema), parse, schema, records.leftOut, false);
}

function planMapping(request: BuildRequest): ContainerBuild {
  const { from, key } = request;
  const schema = requireRoot(request.schema);
  const name = request.idMapper ?? (key === undefined ? undefined : idMapperForSlot(schema, key));
  if (name === undefined)
    throw new UsageError('--id-mapper is needed, or --key with the slot that holds the key');
  const kind = idMapperKind(name, 'mapping');
  const records = new PlainRecords(schema);
  const parse =
    from === 'tagged' ? taggedMappingEntry(kind, schema) : plainMappingEntry(kind, schema, records, key);
  return plan(mappingOf(classOf(kind), schema), parse, schema, records.leftOut, true);
}

function planIdMapper({ idMapper, from }: BuildRequest): ContainerBuild {
  if (idMapper === undefined) throw new UsageError('--kind id-mapper needs --id-mapper');
  const kind = idMapperKind(idMapper, 'id-mapper');
  const parse = from === 'tagged' ? taggedIdMapperEntry(kind) : plainIdMapperEntry(kind);
  return plan(classOf(kind), parse, undefined, new Set(), true);
}

function plan(
  buildable: object,
  parse: EntryParser,
  schema: Schema | undefined,
  leftOut: ReadonlySet<string>,
  hasKeys: boolean,
): ContainerBuild {
  const { build } = buildable as Buildable;
  return {
    parse,
    schema,
    leftOut,
    hasKeys,
    build: (entries, path, options) => build.call(buildable, entries, path, options),
  };
}

function classOf(kind: IdMapperKind): IdMapperClass<unknown> {
  return idMapperClasses.get(kind.name) as IdMapperClass<unknown>;
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
  const what = typeof stored === 'string' ? storedTypes.get(stored)?.jsonName : 'a struct';
  throw new UsageError(
    `--key: the slot "${slot}" (${what}) holds no keys; --id-mapper says which keys there are`,
  );
}
