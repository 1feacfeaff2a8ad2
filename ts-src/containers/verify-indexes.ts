/**
 * Checking what leads searches through id tables: radix and direct tables. Searches believe neither where it is wrong; here
 * it is said that it is. See docs/format.md, "Radix table" and "Direct table".
 */
import { CorruptDataError } from '../errors.js';
import type { FindingList, Verification } from './findings.js';
import type { IdTable } from './id-table.js';
import type { RecordSource } from './record-source.js';
import type { Section } from './sections.js';
import type { SectionOwner } from './verify-sections.js';

/** Rows, entries or lines between two yields. */
const stride = 256;

const radixHeaderBytes = 24;

/** Every entry must be the first row of its bucket or of one behind it, the last one the number of rows. */
export function* verifyRadix(section: Section, owner: SectionOwner, findings: FindingList): Verification {
  const { region, table } = owner;
  const { position, length } = section;
  if (table === undefined || length < radixHeaderBytes) {
    findings.add(position, 'a radix table is too short, or belongs to no id table');
    return;
  }
  const { view, start } = region.windowAt(position);
  const base = view.getBigUint64(position - start, true);
  const shift = BigInt(view.getUint32(position - start + 8, true));
  const entryBytes = view.getUint32(position - start + 12, true);
  const bucketCount = region.readSize(position + 16, 'the number of buckets of a radix table');
  const hasRoom = (bucketCount + 1) * entryBytes <= length - radixHeaderBytes;
  if (!(entryBytes === 4 || entryBytes === 8) || bucketCount === 0 || !hasRoom || shift >= 64n) {
    findings.add(position, 'the header of a radix table makes no sense');
    return;
  }
  const entryAt = (bucket: number) => {
    const at = position + radixHeaderBytes + bucket * entryBytes;
    const window = region.windowAt(at);
    const low = window.view.getUint32(at - window.start, true);
    return entryBytes === 4 ? low : window.view.getUint32(at - window.start + 4, true) * 2 ** 32 + low;
  };
  /** The next bucket whose entry is to be looked at. */
  let next = 0;
  for (let row = 0; row <= table.rowCount; row++) {
    if (row % stride === 0) yield 0;
    const above = row < table.rowCount ? BigInt(table.firstColumn(row)) - base : undefined;
    const bucket = above === undefined ? bucketCount : above < 0n ? 0 : Number(above >> shift);
    if (bucket > bucketCount || (above !== undefined && bucket === bucketCount)) {
      findings.add(position, `row ${row} has no bucket in the radix table`);
      return;
    }
    for (; next <= bucket; next++) {
      if (next % stride === 0) yield 0;
      const found = entryAt(next);
      if (found === row) continue;
      findings.add(
        position,
        `bucket ${next} of the radix table begins with row ${found}, it should with ${row}`,
      );
      return;
    }
  }
}

const directHeaderBytes = 16;
const lineBytes = 64;
const keysPerLine = 4;
const payloadsAt = keysPerLine * 8;
const usedAt = payloadsAt + keysPerLine * 6;
/** What payloads are: values of rows, or positions of records. */
const meaning = { values: 0, positions: 1 } as const;

/**
 * The table must hold each row once, with what it leads to: neither fewer nor others. That is told by sums over both in
 * which the order means nothing, as rows lie in the table by their hashes.
 */
export function* verifyDirect(section: Section, owner: SectionOwner, findings: FindingList): Verification {
  const { region, table, records } = owner;
  const { position, length } = section;
  // An empty one says that there is none.
  if (length === 0) return;
  const { view, start } = region.windowAt(position);
  const firstLine = length < directHeaderBytes ? 0 : view.getUint32(position - start, true);
  const payloads = length < directHeaderBytes ? -1 : view.getUint32(position - start + 4, true);
  const needsRecords = payloads === meaning.positions;
  const isKnown = payloads === meaning.values || (needsRecords && records !== undefined);
  if (table === undefined || !isKnown || firstLine < directHeaderBytes || firstLine > length) {
    findings.add(position, 'the header of a direct table makes no sense');
    return;
  }
  const stored = new Multiset();
  const end = position + length;
  for (let at = position + firstLine, line = 0; at + lineBytes <= end; at += lineBytes, line++) {
    if (line % stride === 0) yield 0;
    const window = region.windowAt(at);
    if (!addLine(window.view, at - window.start, stored)) {
      findings.add(at, `line ${line} of the direct table claims more keys than it can have`);
      return;
    }
  }
  const expected = new Multiset();
  for (let row = 0; row < table.rowCount; row++) {
    if (row % stride === 0) yield 0;
    try {
      expected.add(keyOfRow(table, row), payloadOfRow(table, row, needsRecords ? records : undefined));
    } catch (error) {
      // What is wrong with the row is found where rows are looked at.
      if (error instanceof CorruptDataError) return;
      throw error;
    }
  }
  if (!stored.equals(expected)) {
    findings.add(position, 'the direct table does not lead to what the rows of its id table do');
  }
}

function addLine(view: DataView, offset: number, keys: Multiset): boolean {
  const used = view.getUint8(offset + usedAt);
  if (used > keysPerLine) return false;
  for (let slot = 0; slot < used; slot++) {
    const at = offset + payloadsAt + slot * 6;
    const payload = view.getUint32(at, true) + view.getUint16(at + 4, true) * 2 ** 32;
    keys.add(view.getBigUint64(offset + slot * 8, true), BigInt(payload));
  }
  return true;
}

/** As the table stores it: a number, or 16 bits of a hash above the 48 of a key pointer. */
function keyOfRow(table: IdTable, row: number): bigint {
  const first = BigInt(table.firstColumn(row));
  if (table.kind.keys !== 'string') return first;
  return BigInt.asUintN(64, (first << 48n) | BigInt(table.keyPosition(row) - table.offset));
}

function payloadOfRow(table: IdTable, row: number, records: RecordSource | undefined): bigint {
  if (records === undefined) return BigInt(table.value(row));
  const index = table.recordIndex(row);
  if (index >= records.count) throw new CorruptDataError('a row leads to no record');
  return BigInt(records.position(index) - records.offset);
}

/** Pairs, known by how many there are and by the sum of what they mix to. */
class Multiset {
  #count = 0;
  #sum = 0n;

  add(key: bigint, payload: bigint): void {
    this.#count++;
    const mixed = (key ^ (payload * 0x9e3779b97f4a7c15n)) * 0xbf58476d1ce4e5b9n;
    const spread = BigInt.asUintN(64, mixed);
    this.#sum = BigInt.asUintN(64, this.#sum + (spread ^ (spread >> 29n)) * 0x94d049bb133111ebn);
  }

  equals(other: Multiset): boolean {
    return this.#count === other.#count && this.#sum === other.#sum;
  }
}
