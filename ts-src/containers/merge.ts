/** Merging id tables: their entries, one table after the other, with keys that are copied as they are stored. */
import { CorruptDataError, describe, InvalidTypeError } from '../errors.js';
import type { Region } from '../region.js';
import { fromTaggedValue } from '../types/any-exact.js';
import { numberSizes, typecodeAt } from '../types/rtti.js';
import { rtti } from '../types/typecodes.js';
import type { IdMapperKind } from './id-mapper-kinds.js';
import { IdTable } from './id-table.js';
import { exactObjectKey } from './object-keys.js';
import { StoredKey, storedStringSize } from './stored-key.js';

/** Id mappers, or what else has an id table. */
export type IdMapperParts = Iterable<{ readonly table: IdTable }>;

/** Entries as a build takes them, and how many there are. */
interface CountedEntries extends Iterable<readonly [unknown, number | bigint]> {
  readonly size: number;
}

/** @throws InvalidTypeError where keys of a part are no keys of the id mapper */
export function mergedEntries(kind: IdMapperKind, parts: IdMapperParts): CountedEntries {
  const tables = Array.from(checkParts(parts), (part, index) => tableOf(kind, part, index));
  return {
    size: tables.reduce((count, { rowCount }) => count + rowCount, 0),
    *[Symbol.iterator]() {
      for (const table of tables) yield* entriesOf(table);
    },
  };
}

function checkParts(parts: unknown): Iterable<unknown> {
  // An id mapper is an iterable itself, but of pairs.
  if (typeof parts === 'object' && parts !== null && Symbol.iterator in parts && !('table' in parts)) {
    return parts as Iterable<unknown>;
  }
  throw new InvalidTypeError(`merge: expected an iterable of id mappers, found ${describe(parts)}`);
}

function tableOf(kind: IdMapperKind, part: unknown, index: number): IdTable {
  const { table } = (part ?? {}) as { table?: unknown };
  if (!(table instanceof IdTable)) {
    throw new InvalidTypeError(`merge: expected an id mapper as part ${index}, found ${describe(part)}`);
  }
  const { keys, width, name } = table.kind;
  // Hashes of one width say nothing about those of the other; keys that are stored are hashed anew.
  if (keys === kind.keys && (keys !== 'approx' || width === kind.width)) return table;
  throw new InvalidTypeError(`merge: part ${index} is a ${name}, whose keys are no keys of a ${kind.name}`);
}

function* entriesOf(table: IdTable): Generator<readonly [unknown, number | bigint]> {
  const keyOf = keyReaderOf(table);
  for (let row = 0; row < table.rowCount; row++) yield [keyOf(row), table.value(row)];
}

function keyReaderOf(table: IdTable): (row: number) => unknown {
  switch (table.kind.keys) {
    case 'string':
      return (row) => storedString(table, row);
    case 'object':
      return (row) => storedObject(table, row);
    default:
      return (row) => table.firstColumn(row);
  }
}

function storedString(table: IdTable, row: number): StoredKey {
  const position = table.keyPosition(row);
  const size = storedStringSize(table.region, position);
  if (position + size <= table.rowsOffset) return new StoredKey(table.region, position, size, undefined);
  throw new CorruptDataError(`the key of row ${row} of an id table leaves the table`, position);
}

/** Numbers, text and bytes are copied; what may point elsewhere is read, with its types, and stored anew. */
function storedObject(table: IdTable, row: number): unknown {
  const position = table.objectKeyPosition(row);
  if (position === undefined) return null;
  const { region } = table;
  const size = leafSize(region, position);
  if (size === undefined) return fromTaggedValue(exactObjectKey(region, position));
  return new StoredKey(region, position, size, BigInt(table.firstColumn(row)));
}

/** Bytes of a value with its typecode that points nowhere; `undefined` for others. */
function leafSize(region: Region, position: number): number | undefined {
  const code = typecodeAt(region, position);
  if (code === rtti.text || code === rtti.bytes) return 8 + storedStringSize(region, position + 8);
  if (code === rtti.bool) return 8;
  const size = numberSizes[code] as number;
  if (size === 0) return undefined;
  return size === 8 ? 16 : 8;
}
