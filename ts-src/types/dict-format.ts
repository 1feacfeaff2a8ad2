/**
 * How dicts are stored: an object id table that leads from keys to numbers, then a sequence of values that these
 * number. See docs/format.md, "Dicts".
 */
import type { Packer } from '../building/packer.js';
import { CorruptDataError } from '../errors.js';
import type { Region } from '../region.js';
import type { Budget } from './budget.js';
import { atMember } from './collection.js';
import { valuesEqual } from './equality.js';
import type { Member } from './members.js';
import { readSafeInteger, writeSafeInteger } from './numbers.js';
import { noneItem, type StoredSequence, sequenceAt } from './sequence-format.js';
import { writeTypecode } from './sequence-output.js';
import { appendSequence } from './sequence-writing.js';
import { requireDistinctKeys, storedHash } from './set-format.js';
import { hasUnreliableHash, stableHash } from './stable-hash.js';

/** An object id table: rows of hash, key pointer and value, sorted by hash. */
export interface ObjectTable {
  /** Where the table's header is, which key pointers are relative to. */
  readonly position: number;
  readonly rowCount: number;
  /** Position of the first row. */
  readonly rows: number;
}

export interface StoredDict {
  readonly table: ObjectTable;
  readonly values: StoredSequence;
}

const headerSize = 8;
const tableHeaderSize = 16;
const rowSize = 24;
/** Tables are padded to a multiple of this, counted from their header. */
const tableAlignment = 32;
/** The key pointer that stands for None: no key can be in the header. */
const noneKey = 1;

/** @throws CorruptDataError where that is no dict, or one that leaves the region */
export function dictAt(region: Region, position: number): StoredDict {
  const valuesOffset = region.readSize(position, 'the offset of the values of a dict');
  const table = objectTableAt(region, position + headerSize);
  return { table, values: sequenceAt(region, position + valuesOffset) };
}

/** @throws CorruptDataError where that is no object id table, or one that leaves the region */
export function objectTableAt(region: Region, position: number): ObjectTable {
  const rowCount = region.readSize(position, 'the number of rows of an object id table');
  const rows = position + region.readSize(position + 8, 'the offset of the rows of an object id table');
  if (!(rows >= position && rows <= region.size && rowCount * rowSize <= region.size - rows)) {
    throw new CorruptDataError(
      `an object id table of ${rowCount} rows does not fit into the ${region.size} bytes that are there`,
      position,
    );
  }
  return { position, rowCount, rows };
}

function hashAt(region: Region, table: ObjectTable, row: number): bigint {
  const at = table.rows + row * rowSize;
  const { view, start } = region.windowAt(at);
  return view.getBigUint64(at - start, true);
}

/** The key of a row. */
export function keyAt(
  region: Region,
  table: ObjectTable,
  row: number,
  member: Member,
  depth: number,
  budget: Budget,
): unknown {
  const target = keyPositionAt(region, table, row);
  return target === noneItem ? null : member.read(region, target, depth + 1, budget);
}

/** Where the key of a row is, or `noneItem`. */
export function keyPositionAt(region: Region, table: ObjectTable, row: number): number {
  const at = table.rows + row * rowSize + 8;
  const { view, start } = region.windowAt(at);
  // two's complement: keys may have been stored before the table
  const pointer = readSafeInteger(view, at - start);
  if (pointer === noneKey) return noneItem;
  const target = table.position + pointer;
  if (!(target >= 0 && target < region.size)) throw region.outside(target);
  return target;
}

/** The number that a row leads to. */
export function numberOfRow(region: Region, table: ObjectTable, row: number): number {
  const at = table.rows + row * rowSize + 16;
  const { view, start } = region.windowAt(at);
  return view.getUint32(at - start, true) + view.getUint32(at - start + 4, true) * 2 ** 32;
}

/** The index of a row's value. */
export function valueIndexAt(region: Region, { table, values }: StoredDict, row: number): number {
  const index = numberOfRow(region, table, row);
  if (index < values.length) return index;
  throw new CorruptDataError(
    `a dict refers to value ${index} of ${values.length}`,
    table.rows + row * rowSize,
  );
}

/**
 * The first row whose key equals a hashable value, by Python's equality; -1 where there is none. What holds sets is
 * looked for row by row: its hash is one that only its writer knew.
 */
export function findRow(
  region: Region,
  table: ObjectTable,
  key: unknown,
  member: Member,
  budget: Budget,
): number {
  const matches = (row: number) => valuesEqual(keyAt(region, table, row, member, 0, budget), key);
  if (hasUnreliableHash(key)) {
    for (let row = 0; row < table.rowCount; row++) if (matches(row)) return row;
    return -1;
  }
  const hash = stableHash(key);
  for (let row = lowerBound(region, table, hash); row < table.rowCount; row++) {
    if (hashAt(region, table, row) !== hash) return -1;
    if (matches(row)) return row;
  }
  return -1;
}

/** The first row with a hash that is not below the given one. */
function lowerBound(region: Region, table: ObjectTable, hash: bigint): number {
  let low = 0;
  let high = table.rowCount;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (hashAt(region, table, middle) < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Checks the order of the rows and the hashes; `keyOf` answers the key of a row. */
export function verifyRows(region: Region, table: ObjectTable, keyOf: (row: number) => unknown): void {
  let before = 0n;
  for (let row = 0; row < table.rowCount; row++) {
    const at = table.rows + row * rowSize;
    const hash = hashAt(region, table, row);
    if (hash < before) throw new CorruptDataError(`row ${row} of an object id table is out of order`, at);
    before = hash;
    const key = keyOf(row);
    if (!hasUnreliableHash(key) && storedHash(key, at) !== hash) {
      throw new CorruptDataError(`row ${row} of an object id table has not the hash of its key`, at);
    }
  }
}

interface HashedKey {
  readonly key: unknown;
  readonly hash: bigint;
  readonly index: number;
}

/** The keys in the order of the table; `index` numbers them as they were given. */
function hashKeys(keys: readonly unknown[], member: Member): HashedKey[] {
  const hashed = keys.map((given, index) => {
    const key = member.asKey(given);
    return { key, hash: stableHash(key), index };
  });
  hashed.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
  requireDistinctKeys(hashed, 'keys');
  return hashed;
}

/** Appends a dict: keys where they are values, a typecode, the table, the values; answers the position to point to. */
export function appendDict(
  packer: Packer,
  typecode: number,
  keys: readonly unknown[],
  values: readonly unknown[],
  keyMember: Member,
  valueMember: Member,
): number {
  const hashed = hashKeys(keys, keyMember);
  const targets = writeKeys(packer, hashed, keyMember);
  const mark = packer.beginOwn();
  const { position } = packer;
  writeTypecode(packer, typecode);
  const start = packer.position;
  writeTable(packer, hashed, targets);
  const tableSize = tableHeaderSize + hashed.length * rowSize;
  const padding = (tableAlignment - (tableSize % tableAlignment)) % tableAlignment;
  packer.bytes.fill(0, packer.length, packer.length + padding);
  packer.length += padding;
  packer.endOwn(mark);
  const valuesHeader = writeValues(packer, values, valueMember);
  writeSafeInteger(packer.view, start - packer.base, valuesHeader - start);
  return position;
}

function writeKeys(packer: Packer, hashed: readonly HashedKey[], member: Member): number[] {
  return hashed.map(({ key }) => {
    try {
      return key === null && member.isNullable ? noneItem : member.write(packer, key);
    } catch (error) {
      throw atMember(error, 'a key');
    }
  });
}

/** Writes the header of the dict (its offset to the values comes later), that of the table, and the rows. */
function writeTable(packer: Packer, hashed: readonly HashedKey[], targets: readonly number[]): void {
  packer.reserve(headerSize + tableHeaderSize + hashed.length * rowSize + tableAlignment);
  const { view, length } = packer;
  const table = packer.position + headerSize;
  writeSafeInteger(view, length, 0);
  writeSafeInteger(view, length + headerSize, hashed.length);
  writeSafeInteger(view, length + headerSize + 8, tableHeaderSize);
  let at = length + headerSize + tableHeaderSize;
  for (let row = 0; row < hashed.length; row++, at += rowSize) {
    const { hash, index } = hashed[row] as HashedKey;
    const target = targets[row] as number;
    view.setBigUint64(at, hash, true);
    writeSafeInteger(view, at + 8, target === noneItem ? noneKey : target - table);
    writeSafeInteger(view, at + 16, index);
  }
  packer.length = at;
}

/** The values of a dict are a list, whose members lie before its header; answers the position of that. */
function writeValues(packer: Packer, values: readonly unknown[], member: Member): number {
  try {
    return appendSequence(packer, values, { uniform: member, at: () => member }, 0, true);
  } catch (error) {
    throw atMember(error, 'a value');
  }
}
