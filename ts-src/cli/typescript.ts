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
  mapped_frozenset: 'Set<unknown>',
  mapped_dict: 'Map<unknown, unknown>',
};

/** By the names of stored types: classes and interfaces of the library, and what they are of. */
const libraryTypes: Readonly<Record<string, readonly [name: string, members?: string]>> = {
  mapped_tuple: ['Tuple', '<unknown>'],
  mapped_datetime: ['DateTime'],
  mapped_datetime_utc: ['DateTime'],
  mapped_datetime_local: ['DateTime'],
  mapped_datetime_tz: ['DateTime'],
  mapped_datetime_tz_local: ['DateTime'],
  mapped_date: ['PlainDate'],
  mapped_decimal: ['Decimal'],
  proxied_ndarray: ['NdArray'],
  proxied_list: ['ListView', '<unknown>'],
  proxied_tuple: ['TupleView', '<unknown[]>'],
  proxied_frozenset: ['SetView', '<unknown>'],
  proxied_dict: ['DictView', '<unknown, unknown>'],
};

/** An interface for each schema. Every slot is optional, since no file promises that its records have them all. */
export function declarationsOf(schema: Schema): string {
  const schemas = walkSchemas(schema);
  const names = interfaceNames(schemas);
  const declarations = schemas.map((each) => declarationOf(each, names));
  const used = schemas.flatMap(({ slots }) => slots.map(({ type }) => libraryTypeOf(type)?.[0]));
  const imported = [...new Set(used.filter((name) => name !== undefined))].sort();
  if (imported.length > 0)
    declarations.unshift(`import type { ${imported.join(', ')} } from 'sharedbuffers';`);
  return declarations.join('\n\n');
}

function libraryTypeOf(type: AnySlotType): (typeof libraryTypes)[string] | undefined {
  const stored: StoredType = type.storedType();
  return typeof stored === 'string' ? libraryTypes[stored] : undefined;
}

function declarationOf(schema: StructSchema, names: ReadonlyMap<StructSchema, string>): string {
  const slots = schema.slots.map(({ name, type }) => {
    return `  readonly ${propertyName(name)}?: ${readType(type, names)} | null;`;
  });
  return [`export interface ${names.get(schema)} {`, ...slots, '}'].join('\n');
}

function readType(type: AnySlotType, names: ReadonlyMap<StructSchema, string>): string {
  if (type instanceof StructType) return names.get(type.schema()) ?? 'object';
  const [name, members = ''] = libraryTypeOf(type) ?? [];
  if (name !== undefined) return `${name}${members}`;
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
    'package private protected public static yield await Map Set Uint8Array ' +
    'DateTime Decimal DictView ListView NdArray PlainDate SetView Tuple TupleView'
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
