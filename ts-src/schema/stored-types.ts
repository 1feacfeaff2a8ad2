/**
 * The closed table of slot types: how Python names them, how schema JSON names them, what they take in a record.
 * Whatever a schema from a file or from JSON names must be in here, or be a nested schema.
 */
import { InvalidTypeError } from '../errors.js';
import { sortForStorage } from './storage-order.js';
import type { StoredType } from './stored.js';
import { globalOfType, libraryModule } from './type-globals.js';

/** The bitmaps of a record have at most so many bits. */
export const maxSlots = 64;
/** Python takes any alignment; beyond this a single record would be padded to more than can be built. */
export const maxAlignment = 2 ** 30;

export interface StoredTypeInfo {
  /** Python's name of the class, the `StoredType` string. */
  readonly name: string;
  /** Its usual name in schema JSON. */
  readonly jsonName: string;
  /** Bytes in the record: the value itself, or 8 for the pointer to it. */
  readonly size: number;
  /** Whether the record holds the value itself. */
  readonly inline: boolean;
  /** Module and name under which a pickle stores the type. */
  readonly global: readonly [module: string, name: string];
  /** Python writes it as a slot, but fails when such a slot is read. */
  readonly unreadableInPython: boolean;
}

const inlineTypes: readonly (readonly [name: string, jsonName: string, size: number])[] = [
  ['bool', 'bool', 1],
  ['byte', 'int8', 1],
  ['ubyte', 'uint8', 1],
  ['short', 'int16', 2],
  ['ushort', 'uint16', 2],
  ['int32', 'int32', 4],
  ['uint32', 'uint32', 4],
  ['int64', 'int64', 8],
  ['uint64', 'uint64', 8],
  ['float32', 'float32', 4],
  ['float64', 'float64', 8],
  ['int', 'int', 8],
  ['float', 'float', 8],
];

const pointerTypes: readonly (readonly [name: string, jsonName: string])[] = [
  ['mapped_bytes', 'bytes'],
  ['mapped_unicode', 'str'],
  ['mapped_frozenset', 'frozenset'],
  ['mapped_tuple', 'tuple'],
  ['mapped_list', 'list'],
  ['mapped_dict', 'dict'],
  ['mapped_object', 'object'],
  ['mapped_datetime', 'datetime'],
  ['mapped_date', 'date'],
  ['mapped_decimal', 'Decimal'],
  ['proxied_ndarray', 'ndarray'],
  ['proxied_buffer', 'buffer'],
  ['proxied_list', 'proxied_list'],
  ['proxied_tuple', 'proxied_tuple'],
  ['proxied_frozenset', 'proxied_frozenset'],
  ['proxied_dict', 'proxied_dict'],
];

const zoneTypes: readonly string[] = [
  'mapped_datetime_local',
  'mapped_datetime_utc',
  'mapped_datetime_tz',
  'mapped_datetime_tz_local',
];

function makeTable(): Map<string, StoredTypeInfo> {
  const table = new Map<string, StoredTypeInfo>();
  for (const [name, jsonName, size] of inlineTypes) {
    const global = globalOfType(name);
    table.set(name, { name, jsonName, size, inline: true, global, unreadableInPython: false });
  }
  const addPointer = (name: string, jsonName: string, unreadableInPython: boolean) =>
    table.set(name, {
      name,
      jsonName,
      size: 8,
      inline: false,
      global: globalOfType(name),
      unreadableInPython,
    });
  for (const [name, jsonName] of pointerTypes) addPointer(name, jsonName, false);
  for (const name of zoneTypes) addPointer(name, name, true);
  return table;
}

/** All slot types but nested schemas, by their stored name. */
export const storedTypes: ReadonlyMap<string, StoredTypeInfo> = makeTable();

/** What schema JSON calls the type of a stored name; undefined for what is none. */
export function jsonNameOf(storedName: string): string | undefined {
  return storedTypes.get(storedName)?.jsonName;
}

/** Further names in schema JSON, beside the stored and the JSON name of each type. */
const jsonAliases: ReadonlyMap<string, string> = new Map([
  ['set', 'mapped_frozenset'],
  ['memoryview', 'proxied_buffer'],
]);

const jsonNames: ReadonlyMap<string, string> = new Map([
  ...[...storedTypes.values()].flatMap((info): [string, string][] => [
    [info.name, info.name],
    [info.jsonName, info.name],
  ]),
  ...jsonAliases,
]);

/** The stored name for a type name in schema JSON (`'int8'`, `'str'`, `'mapped_list'`, …); undefined for others. */
export function storedNameOf(jsonName: string): string | undefined {
  return jsonNames.get(jsonName);
}

/** Names that Python resolves to a slot type too, though the library itself does not write them. */
const globalAliases: readonly (readonly [module: string, name: string, stored: string])[] = [
  [libraryModule, 'int8', 'byte'],
  [libraryModule, 'uint8', 'ubyte'],
  [libraryModule, 'int16', 'short'],
  [libraryModule, 'uint16', 'ushort'],
  [libraryModule, 'double', 'float64'],
  ['__builtin__', 'int', 'int'],
  ['__builtin__', 'str', 'mapped_unicode'],
  ['__builtin__', 'unicode', 'mapped_unicode'],
  ['__builtin__', 'bytes', 'mapped_bytes'],
  ['__builtin__', 'frozenset', 'mapped_frozenset'],
  ['__builtin__', 'set', 'mapped_frozenset'],
  ['__builtin__', 'tuple', 'mapped_tuple'],
  ['__builtin__', 'list', 'mapped_list'],
  ['__builtin__', 'dict', 'mapped_dict'],
  ['__builtin__', 'object', 'mapped_object'],
  ['__builtin__', 'memoryview', 'proxied_buffer'],
  ['collections', 'defaultdict', 'mapped_dict'],
  ['datetime', 'datetime', 'mapped_datetime'],
  ['datetime', 'date', 'mapped_date'],
  ['decimal', 'Decimal', 'mapped_decimal'],
  ['numpy', 'ndarray', 'proxied_ndarray'],
];

const globals: ReadonlyMap<string, string> = new Map([
  ...globalAliases.map(([module, name, stored]): [string, string] => [`${module} ${name}`, stored]),
  ...[...storedTypes.values()].map((info): [string, string] => [info.global.join(' '), info.name]),
]);

/** The stored name of the type that a pickle names by module and name; undefined where that is no slot type. */
export function storedNameOfGlobal(module: string, name: string): string | undefined {
  return globals.get(`${module === 'builtins' ? '__builtin__' : module} ${name}`);
}

/** Bytes that a slot takes in the record: 8 for whatever is pointed at. */
export function storedSize(type: StoredType): number {
  if (typeof type !== 'string') return 8;
  const info = storedTypes.get(type);
  if (!info) throw new InvalidTypeError(`${JSON.stringify(type)} is none of the slot types`);
  return info.size;
}

/** Slot names in the order in which records store them: larger slots first, then by code point. */
export function storageOrder(slotTypes: ReadonlyMap<string, StoredType>): string[] {
  const sized = [...slotTypes].map(([name, type]) => ({ name, type: { size: storedSize(type) } }));
  return sortForStorage(sized).map(({ name }) => name);
}
