/** The keys behind sorted rows: whether they are equal, and what to say where they may not be. */
import { describe, SharedBuffersError } from '../errors.js';
import type { DuplicateRules } from './duplicates.js';
import type { DuplicatePolicy } from './options.js';
import type { RowReader } from './row-reader.js';
import type { Steps } from './steps.js';
import type { StoredKeys } from './stored-keys.js';

export class KeyComparison {
  readonly #valuesAreRecords: boolean;
  readonly #keys: StoredKeys | undefined;

  /** @param keys where the keys are stored; nowhere where the first column is the key itself */
  constructor(valuesAreRecords: boolean, keys?: StoredKeys) {
    this.#valuesAreRecords = valuesAreRecords;
    this.#keys = keys;
  }

  /** @param equalPairs whether only rows of the same value can be alike; rows must be sorted by value, too */
  rules(policy: DuplicatePolicy, equalPairs: boolean): DuplicateRules {
    return {
      keep: equalPairs ? 'first' : policy === 'first' || policy === 'last' ? policy : 'none',
      agree: equalPairs
        ? (rows, a, b) => rows.agreeInFirst(a, b) && rows.agreeInValue(a, b)
        : (rows, a, b) => rows.agreeInFirst(a, b),
      sameKey: (rows, a, b) => this.#sameKey(rows, a, b),
      refuse: (rows, a, b) => this.#refusal(rows, a, b),
    };
  }

  close(): void {
    this.#keys?.close();
  }

  #sameKey(rows: RowReader, a: number, b: number): boolean {
    return this.#keys?.equal(Number(rows.column(a, 1)), Number(rows.column(b, 1))) ?? true;
  }

  *#refusal(rows: RowReader, a: number, b: number): Steps<Error> {
    return new SharedBuffersError(
      'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
      `the key ${describe(this.#key(rows, a))} is there twice, ${yield* this.#whereabouts(rows, a, b)}; ` +
        `the option duplicates ('first', 'last', 'keep') says what becomes of equal keys`,
    );
  }

  *#whereabouts(rows: RowReader, a: number, b: number): Steps<string> {
    if (this.#valuesAreRecords) return `in the records ${rows.value(a)} and ${rows.value(b)}`;
    const keys = this.#keys;
    if (keys === undefined) return `with the values ${rows.value(a)} and ${rows.value(b)}`;
    // Keys are stored in the order of the input: as many entries came before as there are keys stored before.
    const one = yield* keys.countBefore(Number(rows.column(a, 1)));
    const other = yield* keys.countBefore(Number(rows.column(b, 1)));
    if (one === undefined || other === undefined)
      return `with the values ${rows.value(a)} and ${rows.value(b)}`;
    return `in the records ${one} and ${other}`;
  }

  #key(rows: RowReader, row: number): unknown {
    if (this.#keys === undefined) return rows.column(row, 0);
    return this.#keys.read(Number(rows.column(row, 1)));
  }
}
