/** TypeScript declarations of what records of a schema read as. */
import { walkSchemas } from '../building/plan.js';
import type { Schema } from '../schema/schema.js';
import type { StoredType } from '../schema/stored.js';
import type { AnySlotType } from '../types/slot-type.js';
import { type StructSchema, StructType } from '../types/struct.js';

/** By the names of stored types; what is not in here is `unknown`. */
const readTypes: Readonly<Record<string, string>> = {
  bool: 'boolean',
  byte: 'number',
  ubyte: 'number',
  short: 'number',
  ushort: 'number',
  int32: 'number',
  uint32: 'number',
  int: 'number | bigint',
  int64: 'bigint',
  uint64: 'bigint',
  float: 'number',
  float32: 'number',
  float64: 'number',
  mapped_unicode: 'string',
  mapped_bytes: 'Uint8Array',
  proxied_buffer: 'Uint8Array',
  mapped_list: 'unknown[]',
  mapped_tuple: 'unknown[]',
  mapped_frozenset: 'Set<unknown>',
  mapped_dict: 'Map<unknown, unknown>',
  mapped_datetime: 'Date',
};

/** An interface for each schema. Every slot is optional, since no file promises that its records have them all. */
export function declarationsOf(schema: Schema): string {
  const schemas = walkSchemas(schema);
  const names = interfaceNames(schemas);
  return schemas.map((each) => declarationOf(each, names)).join('\n\n');
}

function declarationOf(schema: StructSchema, names: ReadonlyMap<StructSchema, string>): string {
  const slots = schema.slots.map(({ name, type }) => {
    return `  readonly ${propertyName(name)}?: ${readType(type, names)} | null;`;
  });
  return [`export interface ${names.get(schema)} {`, ...slots, '}'].join('\n');
}

function readType(type: AnySlotType, names: ReadonlyMap<StructSchema, string>): string {
  if (type instanceof StructType) return names.get(type.schema()) ?? 'object';
  const stored: StoredType = type.storedType();
  return (typeof stored === 'string' ? readTypes[stored] : undefined) ?? 'unknown';
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

function propertyName(name: string): string {
  return identifier.test(name) ? name : JSON.stringify(name);
}

/** Names that are taken or mean something else in TypeScript. */
const reserved = new Set(
  (
    'any unknown never void null undefined object string number bigint boolean symbol break case catch class const ' +
    'continue debugger default delete do else enum export extends false finally for function if import in ' +
    'instanceof new return super switch this throw true try typeof var while with implements interface let ' +
    'package private protected public static yield await Uint8Array'
  ).split(' '),
);

function interfaceNames(schemas: readonly StructSchema[]): Map<StructSchema, string> {
  const names = new Map<StructSchema, string>();
  const taken = new Set(reserved);
  for (const schema of schemas) {
    const wanted = schema.name.replace(/[^\p{ID_Continue}$]/gu, '_').replace(/^(?![\p{ID_Start}$_])/u, '_');
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}${number}`;
    taken.add(name);
    names.set(schema, name);
  }
  return names;
}
