/**
 * Looking at all of a container: headers, tables, pointers, strings, sections. Reading checks what it comes to; this
 * comes to everything. The walks are generators that yield now and then, so that long ones can be paced and ended.
 */
import type { FindingList, Verification } from './findings.js';
import type { IdMapperGeneration } from './id-mapper-generation.js';
import { type IdTable, tableHeaderBytes } from './id-table.js';
import type { ArrayGeneration } from './mapped-array.js';
import type { MappingGeneration } from './mapping-generation.js';
import { arrayHeaderBytes, type RecordSource } from './record-source.js';
import { verifySections } from './verify-sections.js';
import { verifyTable } from './verify-table.js';

/** Records between two yields. */
const stride = 256;

export function* verifyArray(
  { records }: Pick<ArrayGeneration, 'records'>,
  findings: FindingList,
): Verification {
  yield* verifySectionsOfRecords(records, findings);
  yield* verifyRecords(records, findings, 0);
}

export function* verifyIdMapper(
  { table, find }: Pick<IdMapperGeneration, 'table' | 'find'>,
  findings: FindingList,
): Verification {
  yield* verifySectionsOfTable(table, undefined, findings);
  yield* verifyTable(table, (key) => find(key) !== undefined, undefined, findings);
}

export function* verifyMapping(
  { table, records, find }: Pick<MappingGeneration, 'table' | 'records' | 'find'>,
  findings: FindingList,
): Verification {
  yield* verifySectionsOfTable(table, records, findings);
  yield* verifySectionsOfRecords(records, findings);
  yield* verifyTable(table, (key) => find(key) >= 0, records.count, findings);
  yield* verifyRecords(records, findings, table.rowCount);
}

function verifySectionsOfTable(
  table: IdTable,
  records: RecordSource | undefined,
  findings: FindingList,
): Verification {
  const { region, offset, rowsOffset: end, sections } = table;
  const start = offset + tableHeaderBytes;
  return verifySections({ region, start, end, sections, table, ...(records && { records }) }, findings);
}

function verifySectionsOfRecords(records: RecordSource, findings: FindingList): Verification {
  const { region, offset, indexOffset: end, sections } = records;
  return verifySections({ region, start: offset + arrayHeaderBytes, end, sections, records }, findings);
}

/** @param seen what was looked at before */
function* verifyRecords(records: RecordSource, findings: FindingList, seen: number): Verification {
  const { region, reader, indexOffset, count } = records;
  const indexEnd = indexOffset + count * 8;
  for (let index = 0; index < count; index++) {
    if (index % stride === 0) yield seen + index;
    const before = findings.count;
    let position = indexOffset + index * 8;
    try {
      position = records.position(index);
      if (position >= indexOffset && position < indexEnd) {
        findings.add(indexOffset + index * 8, `it would be at ${position}, within the index`);
      } else {
        reader.verifyAt(region, position, 0, findings);
      }
    } catch (error) {
      findings.addError(error, position);
    }
    if (findings.count > before) findings.sayWhich(before, `record ${index}`);
  }
  yield seen + count;
}
