/** What a container is, in plain data: what `sharedbuffers info` prints. */
import { walkSchemas } from '../building/plan.js';
import type { Tagged } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { walkStoredSchemas } from '../schema/from-stored.js';
import type { Schema } from '../schema/schema.js';
import type { NamedSchema } from '../schema/schema-json.js';
import { type SchemaFileJson, type SchemaJson, schemaToJson } from '../schema/schema-to-json.js';
import type { StoredSchema } from '../schema/stored.js';
import type { IdMapperGeneration } from './id-mapper-generation.js';
import type { ArrayGeneration } from './mapped-array.js';
import type { MappingGeneration } from './mapping-generation.js';
import type { RecordSource } from './record-source.js';
import { readKindSection, type Section, sectionKinds } from './sections.js';

export interface SectionDescription {
  /** Its name; a number where this version does not know it. */
  readonly kind: string | number;
  readonly version: number;
  /** Position of the body, from the start of the container. */
  readonly offset: number;
  readonly size: number;
}

/** An entry of a bundle. Parts that are not known are left out. */
export interface EntryDescription {
  readonly name: string;
  /** What it says it is. */
  readonly kind?: string;
  readonly idMapper?: string;
  /** Where it starts in the file. */
  readonly offset?: number;
  readonly size: number;
  /** Why it cannot be read in place. */
  readonly refused?: string;
}

/** Parts that do not apply are left out. */
export interface ContainerDescription {
  readonly kind: string;
  readonly idMapper?: string;
  /** Rows of the id table; records of an array. */
  readonly count?: number;
  /** Records that a mapping stores: fewer than rows where rows share them. */
  readonly valueCount?: number;
  readonly schema?: SchemaFileJson;
  readonly userData?: Tagged;
  /** Where the container starts in its file. */
  readonly offset: number;
  /** Only where the file is no mapping, but a private copy, as in runtimes that forbid buffers over mapped memory. */
  readonly storage?: 'private';
  /** Bytes that belong to it; not known of single records and values. */
  readonly size?: number;
  readonly versions?: { readonly array?: number; readonly schema?: number };
  readonly sections?: readonly SectionDescription[];
  /** Of a bundle. */
  readonly entries?: readonly EntryDescription[];
}

/** What of a description is about the region that the data are in. */
export function placeIn(region: Region, offset: number): Pick<ContainerDescription, 'offset' | 'storage'> {
  return { offset, ...(region.storage === 'private' && { storage: 'private' }) };
}

/** @param offset where in its file the region starts */
export function describeArray({ region, records }: ArrayGeneration, offset: number): ContainerDescription {
  return {
    kind: 'array',
    count: records.count,
    ...describeRecords(records, records.sections),
    ...placeIn(region, offset),
    size: records.end - records.offset,
    ...versionsOf(records),
    ...describeSections(records.sections),
  };
}

export function describeIdMapper(
  { region, table }: IdMapperGeneration,
  offset: number,
): ContainerDescription {
  return {
    kind: 'id-mapper',
    idMapper: table.kind.name,
    count: table.rowCount,
    ...placeIn(region, offset),
    size: region.size,
    ...describeSections(table.sections),
  };
}

export function describeMapping(
  { region, table, records }: MappingGeneration,
  offset: number,
): ContainerDescription {
  return {
    kind: table.kind.multi ? 'multi-mapping' : 'mapping',
    idMapper: table.kind.name,
    count: table.rowCount,
    valueCount: records.count,
    ...describeRecords(records, table.sections),
    ...placeIn(region, offset),
    size: region.size,
    ...versionsOf(records),
    ...describeSections([...table.sections, ...records.sections]),
  };
}

/**
 * A schema, with those nested in it, in the JSON form that `--schema` takes.
 * @param stored the schema as it is stored, if more exactly than the schema itself knows it
 */
export function describeSchema(schema: Schema, stored = schema.toStored()): SchemaFileJson {
  const walked = walkStoredSchemas(stored);
  // Both walks have the same order.
  const [, ...nested] = walkSchemas(schema).map(
    ({ name }, index): NamedSchema => ({
      name,
      schema: walked[index] as StoredSchema,
      typecode: undefined,
    }),
  );
  return schemaToJson(stored, { name: schema.name, types: nested });
}

/** The schema that the file stores, else the one that it is read with. */
function describeRecords(
  records: RecordSource,
  sections: readonly Section[],
): { schema: SchemaFileJson; userData?: Tagged } {
  const stored = describeSchema(records.storedSchema ?? records.schema, records.readExactSchema());
  const schema = withStructs(stored, readKindSection(records.region, sections)?.types ?? []);
  return { schema, ...(schema.user_data !== undefined && { userData: schema.user_data }) };
}

/** A schema with the structs that its file stores typecodes of. */
function withStructs(schema: SchemaFileJson, structs: readonly SchemaJson[]): SchemaFileJson {
  const known = new Map([schema, ...(schema.types ?? [])].map((each) => [each.name, each]));
  const more = structs.filter(({ name }) => !known.has(name));
  for (const { name, typecode } of structs) {
    const described = known.get(name);
    if (described !== undefined && typecode !== undefined) described.typecode = typecode;
  }
  const types = [...(schema.types ?? []), ...more];
  return types.length === 0 ? schema : { ...schema, types };
}

function versionsOf({ version, storedSchema, schema }: RecordSource): Pick<ContainerDescription, 'versions'> {
  return { versions: { array: version, schema: (storedSchema ?? schema).version } };
}

const sectionNames: ReadonlyMap<number, string> = new Map(
  Object.entries(sectionKinds).map(([name, kind]) => [kind, name]),
);

function describeSections(sections: readonly Section[]): Pick<ContainerDescription, 'sections'> {
  if (sections.length === 0) return {};
  return {
    sections: sections.map(({ kind, version, position, size }) => ({
      kind: sectionNames.get(kind) ?? kind,
      version,
      offset: position,
      size,
    })),
  };
}
