/** Runs of sorted rows in a spool, and merging them. */
import { native } from '../native/index.js';
import type { RowForm, SortedRows } from './rows.js';
import type { Spool } from './spool.js';
import { pause, perform, type Steps } from './steps.js';

/** Reading less at a time costs more than merging once more. */
const smallestWindow = 16 * 1024;
const largestWindow = 2 ** 20;
const mostAtOnce = 64;
const fewestAtOnce = 8;

interface Run {
  /** Where in the spool. */
  readonly start: number;
  readonly end: number;
  /** How often its rows were merged. */
  readonly level: number;
}

/**
 * In the order of the input, which is how equal rows keep theirs. As soon as there are as many of a level as can be
 * merged at once, they become one of the next; so whatever their number, few are left to merge in the end.
 */
export class SpooledRuns {
  readonly #form: RowForm;
  readonly #mergeBytes: number;
  readonly #atOnce: number;
  readonly #openSpool: () => Steps<Spool>;
  #spool: Spool | undefined;
  #runs: Run[] = [];

  constructor(form: RowForm, mergeBytes: number, openSpool: () => Steps<Spool>) {
    this.#form = form;
    this.#mergeBytes = mergeBytes;
    this.#atOnce = Math.max(fewestAtOnce, Math.min(mostAtOnce, Math.floor(mergeBytes / smallestWindow)));
    this.#openSpool = openSpool;
  }

  get isEmpty(): boolean {
    return this.#runs.length === 0;
  }

  *add(sorted: Uint8Array): Steps<void> {
    this.#spool ??= yield* this.#openSpool();
    const start = this.#spool.size;
    yield* this.#spool.append(sorted);
    this.#runs.push({ start, end: this.#spool.size, level: 0 });
    while (this.#hasFullLevel()) yield* this.#mergeLast(this.#spool);
  }

  /** All rows of all runs, which are no longer here then. */
  *merge(): Steps<SortedRows> {
    const spool = this.#spool as Spool;
    while (this.#runs.length > this.#atOnce) yield* this.#mergeLast(spool);
    const runs = this.#runs;
    this.#runs = [];
    return new RunMerge(this.#form, spool, runs, this.#mergeBytes);
  }

  #hasFullLevel(): boolean {
    const last = this.#runs.at(-1);
    return last !== undefined && this.#runs.at(-this.#atOnce)?.level === last.level;
  }

  *#mergeLast(spool: Spool): Steps<void> {
    const runs = this.#runs.splice(-this.#atOnce);
    const level = Math.max(...runs.map((run) => run.level)) + 1;
    const merge = new RunMerge(this.#form, spool, runs, this.#mergeBytes);
    const buffer = Buffer.allocUnsafeSlow(largestWindow);
    const start = spool.size;
    for (;;) {
      const size = yield* merge.fill(buffer);
      if (size === 0) break;
      yield* spool.append(buffer.subarray(0, size));
      yield pause;
    }
    this.#runs.push({ start, end: spool.size, level });
  }
}

/** Reads each run through a window of its own. */
class RunMerge implements SortedRows {
  readonly #rows: Buffer;
  readonly #windowRows: number;
  /** Of each window the number of its next row, and of that behind its last. */
  readonly #windows: Uint32Array;
  /** What is left to read of each run. */
  readonly #left: { position: number; readonly end: number }[];

  constructor(
    private readonly form: RowForm,
    private readonly spool: Spool,
    runs: readonly Run[],
    mergeBytes: number,
  ) {
    const windowBytes = Math.min(Math.max(mergeBytes / runs.length, smallestWindow), largestWindow);
    this.#windowRows = Math.floor(windowBytes / form.rowBytes);
    this.#rows = Buffer.allocUnsafeSlow(this.#windowRows * form.rowBytes * runs.length);
    this.#windows = new Uint32Array(runs.length * 2);
    this.#left = runs.map(({ start, end }) => ({ position: start, end }));
  }

  *fill(target: Uint8Array): Steps<number> {
    for (let window = 0; window < this.#left.length; window++) yield* this.#refill(window);
    const { columns, width, rowBytes, byValueToo } = this.form;
    const rows = this.#rows;
    const windows = new Uint8Array(this.#windows.buffer);
    const count = yield* perform<number>({
      now: () => native.mergeRowsSync(rows, windows, target, columns, width, byValueToo),
      soon: () => native.mergeRows(rows, windows, target, columns, width, byValueToo),
    });
    return count * rowBytes;
  }

  /** Reads more where the window is used up. */
  *#refill(window: number): Steps<void> {
    const windows = this.#windows;
    const left = this.#left[window] as { position: number; readonly end: number };
    if (windows[window * 2] !== windows[window * 2 + 1] || left.position === left.end) return;
    const { rowBytes } = this.form;
    const first = window * this.#windowRows;
    const size = Math.min(this.#windowRows * rowBytes, left.end - left.position);
    const start = first * rowBytes;
    yield* this.spool.read(this.#rows.subarray(start, start + size), left.position);
    left.position += size;
    windows[window * 2] = first;
    windows[window * 2 + 1] = first + size / rowBytes;
  }
}
