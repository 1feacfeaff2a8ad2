/**
 * Looking at all of a container: headers, tables, pointers, strings, sections. Reading checks what it comes to; this
 * comes to everything. The walks are generators that yield now and then, so that long ones can be paced and ended.
 */
import { CorruptDataError, SharedBuffersError } from '../errors.js';
import { native } from '../native/index.js';
import type { Region } from '../region.js';
import { valuesEqual } from '../types/equality.js';
import { verifyRtti } from '../types/rtti.js';
import { storedHash } from '../types/set-format.js';
import type { Findings } from '../types/slot-type.js';
import { hasUnreliableHash } from '../types/stable-hash.js';
import type { IdMapperGeneration } from './id-mapper-generation.js';
import type { IdTable } from './id-table.js';
import type { ArrayGeneration } from './mapped-array.js';
import type { MappingGeneration } from './mapping-generation.js';
import type { RecordSource } from './record-source.js';
import type { Section } from './sections.js';

export interface Finding {
  /** Position in the region. */
  readonly offset: number;
  readonly message: string;
}

/** Yields how many rows and records were looked at so far. */
export type Verification = Generator<number, void, undefined>;

/** Rows and records between two yields. */
const stride = 256;
/** Values met that are remembered for each type; beyond that, shared values are checked once more. */
const rememberedVisits = 1_000_000;

/** Collects findings: the first ones, and how many there are. */
export class FindingList implements Findings {
  readonly list: Finding[] = [];
  count = 0;
  readonly #visits = new Map<object, Set<number>>();

  constructor(readonly limit = 100) {}

  add(offset: number, message: string): void {
    this.count++;
    if (this.list.length < this.limit) this.list.push({ offset, message });
  }

  /** Adds what a read threw about the data; throws anything else on. */
  addError(error: unknown, offset: number): void {
    const isData = error instanceof CorruptDataError || isTooLarge(error);
    if (!isData) throw error;
    const found = error instanceof CorruptDataError ? error.offset : undefined;
    this.add(found ?? offset, error.message.replace(/ \(at offset \d+\)$/, ''));
  }

  firstVisit(type: object, position: number): boolean {
    let positions = this.#visits.get(type);
    if (positions === undefined) {
      positions = new Set();
      this.#visits.set(type, positions);
    }
    if (positions.has(position)) return false;
    if (positions.size >= rememberedVisits) positions.clear();
    positions.add(position);
    return true;
  }
}

function isTooLarge(error: unknown): error is SharedBuffersError {
  return error instanceof SharedBuffersError && error.code === 'ERR_SHAREDBUFFERS_TOO_LARGE';
}

export function* verifyArray({ records }: ArrayGeneration, findings: FindingList): Verification {
  verifySections(records.region, records.sections, findings);
  yield* verifyRecords(records, findings, 0);
}

export function* verifyIdMapper({ table, find }: IdMapperGeneration, findings: FindingList): Verification {
  verifySections(table.region, table.sections, findings);
  yield* verifyTable(table, (key) => find(key) !== undefined, undefined, findings);
}

export function* verifyMapping(
  { table, records, find }: MappingGeneration,
  findings: FindingList,
): Verification {
  verifySections(table.region, table.sections, findings);
  verifySections(records.region, records.sections, findings);
  yield* verifyTable(table, (key) => find(key) >= 0, records.count, findings);
  yield* verifyRecords(records, findings, table.rowCount);
}

function verifySections(region: Region, sections: readonly Section[], findings: FindingList): void {
  for (const { kind, position, length, bodyChecksum } of sections) {
    const body = region.bytesAt(position, length, 'a section');
    if (native.hash64(body) !== bodyChecksum) {
      findings.add(position, `the section of kind ${kind} is not what was written: its checksum differs`);
    }
  }
}

/** @param seen what was looked at before */
function* verifyRecords(records: RecordSource, findings: FindingList, seen: number): Verification {
  for (let index = 0; index < records.count; index++) {
    if (index % stride === 0) yield seen + index;
    const before = findings.count;
    let position = records.indexOffset + index * 8;
    try {
      position = records.position(index);
      records.reader.verifyAt(records.region, position, 0, findings);
    } catch (error) {
      findings.addError(error, position);
    }
    if (findings.count > before) sayWhich(findings, before, `record ${index}`);
  }
  yield seen + records.count;
}

/** Puts what it was found in before findings. */
function sayWhich(findings: FindingList, from: number, what: string): void {
  for (let index = from; index < findings.list.length; index++) {
    const { offset, message } = findings.list[index] as Finding;
    if (!message.startsWith(what)) findings.list[index] = { offset, message: `${what}: ${message}` };
  }
}

/**
 * @param isFound whether a lookup finds a key, which every key in a table must be
 * @param valueLimit values that are indexes of records are below this; `undefined` where any value is fine
 */
function* verifyTable(
  table: IdTable,
  isFound: (key: unknown) => boolean,
  valueLimit: number | undefined,
  findings: FindingList,
): Verification {
  let previous: number | bigint = 0;
  for (let row = 0; row < table.rowCount; row++) {
    if (row % stride === 0) yield row;
    const first = table.firstColumn(row);
    if (first < previous) {
      findings.add(
        table.rowPosition(row),
        `row ${row} of the id table is out of order: ${first} follows ${previous}`,
      );
    }
    previous = first;
    const value = table.value(row);
    if (valueLimit !== undefined && value >= valueLimit) {
      const message = `row ${row} of the id table refers to record ${value} of ${valueLimit}`;
      findings.add(table.rowPosition(row), message);
    }
    verifyKey(table, row, first, isFound, findings);
  }
}

function verifyKey(
  table: IdTable,
  row: number,
  first: number | bigint,
  isFound: (key: unknown) => boolean,
  findings: FindingList,
): void {
  try {
    const key = keyToVerify(table, row, first, findings);
    const hash = hashOfKey(table, row, key);
    if (hash !== undefined && BigInt(hash) !== BigInt(first)) {
      const message = `row ${row} of the id table has the hash ${first}, its key has the hash ${hash}`;
      findings.add(table.rowPosition(row), message);
    }
    if (canBeFound(table, row, key) && !isFound(key)) {
      findings.add(table.rowPosition(row), `a lookup does not find the key of row ${row}`);
    }
  } catch (error) {
    findings.addError(error, table.rowPosition(row));
  }
}

/** What a lookup takes for the key of a row; of object keys, everything within them is looked at. */
function keyToVerify(table: IdTable, row: number, first: number | bigint, findings: FindingList): unknown {
  switch (table.kind.keys) {
    case 'string':
      return table.bytesKey(row);
    case 'object': {
      const position = table.objectKeyPosition(row);
      if (position !== undefined) verifyRtti(table.region, position, 1, findings);
      return table.objectKey(row);
    }
    case 'approx':
      return BigInt(first);
    case 'numeric':
      return first;
  }
}

/** The hash that the key of a row must have; `undefined` where nobody can tell. */
function hashOfKey(table: IdTable, row: number, key: unknown): number | bigint | undefined {
  const { keys, width } = table.kind;
  if (keys === 'object') return hasUnreliableHash(key) ? undefined : storedHash(key, table.rowPosition(row));
  if (keys !== 'string') return undefined;
  return width === 4 ? native.hash32(key as Uint8Array) : native.hash64(key as Uint8Array);
}

/** NaN equals nothing, and keys with sets are looked for in all rows: not for each of the rows, that would take ages. */
function canBeFound(table: IdTable, row: number, key: unknown): boolean {
  if (table.kind.keys !== 'object') return true;
  return !hasUnreliableHash(key) && valuesEqual(key, table.objectKey(row));
}
