/** Rows of equal keys, which lie together once the rows are sorted. */
import type { RowReader } from './row-reader.js';
import { pause, type Steps } from './steps.js';

/** Others may have the thread after about so many rows, of which one whose key is compared counts more. */
const workBetweenPauses = 2 ** 15;
const workOfComparison = 32;

export interface DuplicateRules {
  /** What becomes of a row where there is one like it already. */
  readonly keep: 'first' | 'last' | 'none';
  /** Whether two rows can be alike, by what rows are sorted by. */
  agree(rows: RowReader, a: number, b: number): boolean;
  /** Whether two rows that agree are alike: have the same key. */
  sameKey(rows: RowReader, a: number, b: number): boolean;
  /** The error for two rows that are alike, where none may be. */
  refuse(rows: RowReader, a: number, b: number): Steps<unknown>;
}

/** What was sifted: of the `kept` rows at the front those from `ready` on may have others like them to come. */
export interface Sifted {
  readonly kept: number;
  readonly ready: number;
}

/**
 * Moves the rows that stay to the front. Rows that agree keep their order.
 * @param held how many rows at the front were sifted before
 */
export function* sift(rows: RowReader, held: number, count: number, rules: DuplicateRules): Steps<Sifted> {
  let kept = held;
  let groupStart = 0;
  let work = 0;
  for (let row = held; row < count; row++) {
    if (++work >= workBetweenPauses) {
      work = 0;
      yield pause;
    }
    if (kept > 0 && rules.agree(rows, kept - 1, row)) {
      work += workOfComparison;
      const alike = findAlike(rows, rules, groupStart, kept, row);
      if (alike >= 0) {
        if (rules.keep === 'none') throw yield* rules.refuse(rows, alike, row);
        if (rules.keep === 'last') rows.move(row, alike);
        continue;
      }
    } else {
      groupStart = kept;
    }
    rows.move(row, kept++);
  }
  return { kept, ready: groupStart };
}

/** The row of the group that is like `row`; -1 where there is none. */
function findAlike(rows: RowReader, rules: DuplicateRules, start: number, end: number, row: number): number {
  for (let other = start; other < end; other++) {
    if (rules.sameKey(rows, other, row)) return other;
  }
  return -1;
}
