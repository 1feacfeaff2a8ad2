/** The manifest of the given fixtures: what each holds, and whether the library reads such things. */
import { idMapperClasses } from '#src/containers/open.js';
import type { Tagged } from '#src/exact/tagged.js';
import { storedNameOf, storedTypes } from '#src/schema/stored-types.js';
import { readsStoredName } from '#src/types/by-stored-name.js';
import { fixtureJson } from './fixtures.js';

export interface SchemaEntry {
  name: string;
  slots: [slot: string, type: string][];
}

export interface ListedContent {
  count: number;
  value_count?: number;
  items?: [number, Tagged][];
  items_listed?: 'all' | 'sample';
  sha256_items?: string;
  entries?: [Tagged, Tagged][];
  entries_listed?: 'all' | 'sample';
  sha256_entries?: string;
  lookups?: [Tagged, Tagged][];
  absent?: Tagged[];
  stored_schema?: unknown;
  user_data?: Tagged;
}

/** A member of a bundle. */
export type FixtureEntry = Fixture & {
  entry: string;
  data_offset: number;
  data_size: number;
  same_as: string;
};

export interface Fixture {
  name: string;
  file: string;
  kind: string;
  classes: { type?: string; IdMapper?: string };
  schema?: SchemaEntry;
  types?: SchemaEntry[];
  offset?: number;
  size?: number;
  no_stored_schema?: boolean;
  expect_error?: string;
  /** Of bundles. */
  entries?: FixtureEntry[];
  refused_entries?: string[];
  /** Of pools. */
  positions?: number[];
  expected: unknown;
}

export const { fixtures } = fixtureJson<{ fixtures: Fixture[] }>('manifest.json');

const readKinds = [
  'packed-object',
  'packed-value',
  'array',
  'id-mapper',
  'mapping',
  'zip-bundle',
  'pool-dump',
];

/** What a fixture has that the library does not read; `undefined` where it reads all of it. */
export function whatIsMissing(fixture: Fixture): string | undefined {
  if (!readKinds.includes(fixture.kind)) return `kind ${fixture.kind}`;
  if (fixture.entries !== undefined) {
    return fixture.entries.map(whatIsMissing).find((missing) => missing !== undefined);
  }
  const { IdMapper, type } = fixture.classes;
  if (IdMapper !== undefined && !idMapperClasses.has(IdMapper)) return `class ${IdMapper}`;
  if (fixture.kind === 'packed-value') return missingType(type ?? '');
  if (fixture.schema === undefined) return undefined;
  return missingSlot(fixture.schema, fixture.types ?? [], new Set());
}

function missingSlot(schema: SchemaEntry, types: SchemaEntry[], seen: Set<string>): string | undefined {
  if (seen.has(schema.name)) return undefined;
  seen.add(schema.name);
  for (const [, type] of schema.slots) {
    const struct = types.find(({ name }) => type === `struct:${name}`);
    const missing = struct === undefined ? missingType(type) : missingSlot(struct, types, seen);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function missingType(name: string): string | undefined {
  const stored = storedNameOf(name);
  if (stored !== undefined && readsStoredName(stored)) return undefined;
  return `slot type ${storedTypes.get(stored ?? '')?.jsonName ?? name}`;
}

/** The schema of a fixture as the file that `--schema` takes. */
export function schemaJsonOf({ schema, types }: Fixture): unknown {
  return { ...schema, ...(types && { types }) };
}

/** The flags that FORMAT.md gives for a fixture, without `--schema`. */
export function flagsOf({ kind, classes, offset, size }: Fixture): string[] {
  const flags = ['--kind', kind.replace('packed-', '')];
  if (classes.type !== undefined && kind === 'packed-value') flags.push('--type', classes.type);
  if (classes.IdMapper !== undefined) flags.push('--id-mapper', classes.IdMapper);
  if (offset) flags.push('--offset', String(offset));
  if (size !== undefined) flags.push('--size', String(size));
  return flags;
}
