/** Checking id tables: order of rows, keys and their hashes, values, and that lookups find what is there. */
import { native } from '../native/index.js';
import { type Budget, budgetOfCheck } from '../types/budget.js';
import { equalsItsLike } from '../types/equality.js';
import { verifyRtti } from '../types/rtti.js';
import { storedHash } from '../types/set-format.js';
import { hasUnreliableHash } from '../types/stable-hash.js';
import type { FindingList, Verification } from './findings.js';
import type { IdTable } from './id-table.js';
import { storedStringSize } from './stored-key.js';

/** Rows between two yields. */
const stride = 256;

/**
 * @param isFound whether a lookup finds a key, which every key in a table must be
 * @param valueLimit values that are indexes of records are below this; `undefined` where any value is fine
 */
export function* verifyTable(
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
  const position = table.rowPosition(row);
  const before = findings.count;
  try {
    const budget = budgetOfCheck(table.region, findings);
    const key = keyToVerify(table, row, first, budget, findings);
    const hash = hashOfKey(table, row, key);
    if (hash !== undefined && BigInt(hash) !== BigInt(first)) {
      findings.add(
        position,
        `row ${row} of the id table has the hash ${first}, its key has the hash ${hash}`,
      );
    } else if (canBeFound(table, key) && !isFound(key)) {
      findings.add(position, `a lookup does not find the key of row ${row}`);
    }
  } catch (error) {
    findings.addError(error, position);
  }
  if (findings.count > before) findings.sayWhich(before, `row ${row}`);
}

/** What a lookup takes for the key of a row; of object keys, everything within them is looked at. */
function keyToVerify(
  table: IdTable,
  row: number,
  first: number | bigint,
  budget: Budget,
  findings: FindingList,
): unknown {
  switch (table.kind.keys) {
    case 'string':
      return stringToVerify(table, row, budget, findings);
    case 'object': {
      const position = table.objectKeyPosition(row);
      if (position !== undefined) verifyRtti(table.region, position, 1, findings);
      return table.objectKey(row, budget);
    }
    case 'approx':
      return BigInt(first);
    case 'numeric':
      return first;
  }
}

function stringToVerify(table: IdTable, row: number, budget: Budget, findings: FindingList): Uint8Array {
  const position = table.keyPosition(row);
  const key = table.bytesKey(row);
  budget.takeUnits(key.length);
  if (position + storedStringSize(table.region, position) > table.rowsOffset) {
    findings.add(position, 'the key reaches into the rows of the id table');
  }
  return key;
}

/** The hash that the key of a row must have; `undefined` where nobody can tell. */
function hashOfKey(table: IdTable, row: number, key: unknown): number | bigint | undefined {
  const { keys, width } = table.kind;
  if (keys === 'object') return hasUnreliableHash(key) ? undefined : storedHash(key, table.rowPosition(row));
  if (keys !== 'string') return undefined;
  return width === 4 ? native.hash32(key as Uint8Array) : native.hash64(key as Uint8Array);
}

/** NaN equals nothing, and keys with sets are looked for in all rows: not for each of the rows, that would take ages. */
function canBeFound(table: IdTable, key: unknown): boolean {
  return table.kind.keys !== 'object' || (!hasUnreliableHash(key) && equalsItsLike(key));
}
