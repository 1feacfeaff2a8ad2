/** The keys of an id table: as its classes answer them, and how many different ones there are. */
import { InvalidTypeError, SharedBuffersError } from '../errors.js';
import { Budget, countSteps, operate } from '../types/budget.js';
import { valuesEqual } from '../types/equality.js';
import type { Float } from '../types/float.js';
import type { Tuple } from '../types/tuple.js';
import type { IdTable } from './id-table.js';

/** How the keys of a table come out when it is iterated. */
export type KeyForm = 'number' | 'bigint' | 'text' | 'object';

/** What an object id table has for keys: what Python can hash. Tuples and sets hold nothing else. */
export type ObjectKey = null | boolean | number | bigint | string | Uint8Array | Tuple | ReadonlySet<unknown>;

/** What an object id table takes for a key; `float(3)` equals 3, but is stored as a float. */
export type ObjectKeyInput = ObjectKey | Float;

/**
 * The key of a row, in the form that a class answers keys in.
 * @param budget what keys of any type are paid from
 */
export function keyOfRow(table: IdTable, row: number, form: KeyForm, budget: Budget): unknown {
  switch (form) {
    case 'text':
      return table.textKey(row);
    case 'object':
      return table.objectKey(row, budget);
    case 'bigint':
      return BigInt(table.firstColumn(row));
    case 'number':
      return safeKey(table, row);
  }
}

function safeKey(table: IdTable, row: number): number {
  const key = table.firstColumn(row);
  if (typeof key === 'number') return key;
  throw new SharedBuffersError(
    'ERR_SHAREDBUFFERS_UNSAFE_INTEGER',
    `the key ${key} is beyond what a number holds exactly (2^53); use ${table.kind.name}.bigint to read bigint keys`,
  );
}

export function requireStringKeys(table: IdTable): void {
  const { keys, name } = table.kind;
  if (keys === 'string') return;
  const found = keys === 'numeric' ? 'numbers' : keys === 'approx' ? 'hashes' : 'of any type';
  throw new InvalidTypeError(`keysAsBytes() is for string keys; the keys of a ${name} are ${found}`);
}

/** How many different keys a table has. Looks at all rows, and at the keys of those that share a hash. */
export function countKeys(table: IdTable): number {
  let count = 0;
  let runStart = 0;
  for (let row = 1; row <= table.rowCount; row++) {
    if (row < table.rowCount && table.firstColumn(row) === table.firstColumn(runStart)) continue;
    count += keysInRun(table, runStart, row);
    runStart = row;
  }
  return count;
}

/** How many different keys there are among rows that agree in their first column. */
function keysInRun(table: IdTable, start: number, end: number): number {
  const { keys } = table.kind;
  if (end - start === 1 || keys === 'numeric' || keys === 'approx') return 1;
  return keys === 'string' ? stringsInRun(table, start, end) : objectsInRun(table, start, end);
}

function stringsInRun(table: IdTable, start: number, end: number): number {
  const found = new Set<string>();
  for (let row = start; row < end; row++) found.add(Buffer.from(table.bytesKey(row)).toString('latin1'));
  return found.size;
}

function objectsInRun(table: IdTable, start: number, end: number): number {
  const { region } = table;
  const budget = new Budget(region, region.limits.maxVisits);
  const found: unknown[] = [];
  return operate(() => {
    for (let row = start; row < end; row++) {
      const key = table.objectKey(row, budget);
      countSteps(found.length);
      if (!found.some((other) => valuesEqual(other, key))) found.push(key);
    }
    return found.length;
  });
}
