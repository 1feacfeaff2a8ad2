/** Rows of equal keys, which lie together once the rows are sorted. */
import type { Rows } from './rows.js';
import { pause, type Steps } from './steps.js';

const rowsBetweenPauses = 2 ** 15;

export interface DuplicateRules {
  /** Which of the rows of a key stays. */
  readonly keep: 'first' | 'last' | 'none';
  /** Whether rows that agree in their first column have the same key. */
  sameKey(a: number, b: number): boolean;
  /** The error for two rows of the same key, where none may be. */
  refuse(a: number, b: number): unknown;
}

/**
 * Moves the rows that stay to the front and answers how many they are. Rows that agree in their first column (they
 * have the same key, or keys of the same hash) keep their order.
 */
export function* dropDuplicates(
  rows: Buffer,
  { count, rowBytes, width }: Rows,
  rules: DuplicateRules,
): Steps<number> {
  const words = new Uint32Array(rows.buffer, rows.byteOffset, rows.length / 4);
  const wordsPerRow = rowBytes / 4;
  const agree = (a: number, b: number) =>
    words[a * wordsPerRow] === words[b * wordsPerRow] &&
    (width === 4 || words[a * wordsPerRow + 1] === words[b * wordsPerRow + 1]);
  const move = (from: number, to: number) => {
    if (from !== to) words.copyWithin(to * wordsPerRow, from * wordsPerRow, (from + 1) * wordsPerRow);
  };
  let kept = 0;
  let runStart = 0;
  for (let row = 0; row < count; row++) {
    if (row % rowsBetweenPauses === rowsBetweenPauses - 1) yield pause;
    if (kept > 0 && agree(kept - 1, row)) {
      const equal = findSameKey(rules, runStart, kept, row);
      if (equal >= 0) {
        if (rules.keep === 'none') throw rules.refuse(equal, row);
        if (rules.keep === 'last') move(row, equal);
        continue;
      }
    } else {
      runStart = kept;
    }
    move(row, kept++);
  }
  return kept;
}

/** The row among those of the same first column that has the same key as `row`; -1 where there is none. */
function findSameKey(rules: DuplicateRules, runStart: number, runEnd: number, row: number): number {
  for (let other = runStart; other < runEnd; other++) {
    if (rules.sameKey(other, row)) return other;
  }
  return -1;
}
