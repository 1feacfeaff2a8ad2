/**
 * The rows of an id table while it is built: as they are stored, in the order of the input. As many as the memory
 * limit allows are in memory; when these are full they are sorted and put into a spool, as a run that is merged later.
 */
import { columnsOf, type IdMapperKind } from '../containers/id-mapper-kinds.js';
import { native } from '../native/index.js';
import { writeSafeInteger } from '../types/numbers.js';
import { SpooledRuns } from './runs.js';
import type { Spool } from './spool.js';
import { perform, type Steps } from './steps.js';

/** How rows look and in which order they are to be. */
export interface RowForm {
  readonly columns: 2 | 3;
  readonly width: 4 | 8;
  readonly rowBytes: number;
  /** Whether rows of the same first column are sorted by the last one; else they stay in the order of the input. */
  readonly byValueToo: boolean;
}

export function rowForm(kind: IdMapperKind, byValueToo: boolean): RowForm {
  const { width } = kind;
  const columns = columnsOf(kind);
  return { columns, width, rowBytes: columns * width, byValueToo };
}

/** Rows that come in order, as long as there are any. */
export interface SortedRows {
  /** Puts whole rows into a buffer with room for at least one; answers how many bytes these are, 0 at the end. */
  fill(target: Uint8Array): Steps<number>;
}

const smallestRunRows = 1024;
const runGrowth = 8;

export interface RowLimits {
  /** Bytes of rows in memory; while they are sorted, that much again. */
  readonly runBytes: number;
  /** Bytes for merging. */
  readonly mergeBytes: number;
}

export class Rows {
  /** Of all rows. */
  count = 0;
  readonly #limit: number;
  readonly #spooled: SpooledRuns;
  #run: Buffer;
  #view: DataView;
  #offset = 0;

  /** @param openSpool called when there are more rows than may be in memory */
  constructor(
    readonly form: RowForm,
    limits: RowLimits,
    openSpool: () => Steps<Spool>,
  ) {
    const rows = Math.max(Math.floor(limits.runBytes / form.rowBytes), smallestRunRows);
    this.#limit = rows * form.rowBytes;
    this.#spooled = new SpooledRuns(form, limits.mergeBytes, openSpool);
    this.#run = Buffer.allocUnsafeSlow(smallestRunRows * form.rowBytes);
    this.#view = new DataView(this.#run.buffer);
  }

  /** Whether there is room for no other row before `spill`. */
  get isFull(): boolean {
    return this.#offset >= this.#limit;
  }

  /** The rows in memory: the last `inMemory` ones, from the start. */
  get run(): Uint8Array {
    return this.#run;
  }

  get inMemory(): number {
    return this.#offset / this.form.rowBytes;
  }

  /** Adds a row (key, value), or (hash, value). */
  addPair(key: number | bigint, value: number | bigint): void {
    const start = this.#begin();
    const { width } = this.form;
    this.#put(start, key);
    this.#put(start + width, value);
  }

  /** Adds a row (hash, key pointer, value); the hash may be filled in before the next `spill`. */
  addTriple(hash: number | bigint, pointer: number, value: number | bigint): void {
    const start = this.#begin();
    const { width } = this.form;
    this.#put(start, hash);
    this.#put(start + width, pointer);
    this.#put(start + 2 * width, value);
  }

  /** Puts the rows in memory aside, sorted. */
  *spill(): Steps<void> {
    yield* this.#spooled.add(yield* this.#sortRun());
    this.#offset = 0;
  }

  /** All rows in their order. They are no longer here then. */
  *takeSorted(): Steps<SortedRows> {
    if (this.#spooled.isEmpty) {
      const run = new RunInMemory(yield* this.#sortRun(), this.form.rowBytes);
      this.#forget();
      return run;
    }
    if (this.#offset > 0) yield* this.spill();
    this.#forget();
    return yield* this.#spooled.merge();
  }

  #forget(): void {
    this.#run = Buffer.alloc(0);
    this.#offset = 0;
  }

  *#sortRun(): Steps<Uint8Array> {
    const { columns, width, byValueToo } = this.form;
    const rows = this.#run;
    const count = this.inMemory;
    yield* perform<unknown>({
      now: () => native.sortRowsSync(rows, count, columns, width, byValueToo),
      soon: () => native.sortRows(rows, count, columns, width, byValueToo),
    });
    return rows.subarray(0, this.#offset);
  }

  /** Makes room for a row; answers where it is. */
  #begin(): number {
    this.count++;
    const start = this.#offset;
    if (start >= this.#run.length) this.#grow();
    this.#offset = start + this.form.rowBytes;
    return start;
  }

  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#run.length * runGrowth, this.#limit));
    this.#run.copy(grown);
    this.#run = grown;
    this.#view = new DataView(grown.buffer);
  }

  #put(offset: number, value: number | bigint): void {
    const view = this.#view;
    if (this.form.width === 4) view.setUint32(offset, Number(value), true);
    else if (typeof value === 'bigint') view.setBigUint64(offset, value, true);
    else writeSafeInteger(view, offset, value);
  }
}

class RunInMemory implements SortedRows {
  #position = 0;

  constructor(
    private readonly rows: Uint8Array,
    private readonly rowBytes: number,
  ) {}

  *fill(target: Uint8Array): Steps<number> {
    const room = target.length - (target.length % this.rowBytes);
    const part = this.rows.subarray(this.#position, this.#position + room);
    target.set(part);
    this.#position += part.length;
    return part.length;
  }
}
