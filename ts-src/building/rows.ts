/** The rows of an id table while it is built: as they are stored, in the order of the input until they are sorted. */
import { constants } from 'node:buffer';
import type { IdMapperKind } from '../containers/id-mapper-kinds.js';
import { TooLargeError } from '../errors.js';
import { native } from '../native/index.js';
import { writeSafeInteger } from '../types/numbers.js';
import { pause, perform, type Steps } from './steps.js';

const rowsPerChunk = 2 ** 15;

export class Rows {
  count = 0;
  readonly columns: 2 | 3;
  readonly width: 4 | 8;
  readonly rowBytes: number;
  #chunks: Buffer[] = [];
  #view = new DataView(new ArrayBuffer(0));
  #offset = 0;

  constructor(kind: IdMapperKind) {
    this.columns = kind.keys === 'string' ? 3 : 2;
    this.width = kind.width;
    this.rowBytes = this.columns * this.width;
  }

  /** Whether the next row begins another chunk. */
  get chunkFull(): boolean {
    return this.#offset === this.#view.byteLength;
  }

  /** The chunk that rows are added to. */
  get chunk(): Uint8Array {
    return this.#chunks.at(-1) as Buffer;
  }

  /** How many rows that chunk has. */
  get chunkRows(): number {
    return this.#offset / this.rowBytes;
  }

  /** Adds a row (key, value). */
  addPair(key: number | bigint, value: number | bigint): void {
    this.#begin();
    this.#put(key);
    this.#put(value);
    this.count++;
  }

  /** Adds a row (hash, key pointer, value), whose hash is filled in later. */
  addPointer(pointer: number, value: number | bigint): void {
    this.#begin();
    this.#put(0);
    this.#put(pointer);
    this.#put(value);
    this.count++;
  }

  /**
   * All rows in one piece, sorted by their first column, equal ones in the order of input or, with `byValueToo`, by
   * the second. They are no longer here then.
   */
  *takeSorted(byValueToo: boolean): Steps<Buffer> {
    const { columns, width, count } = this;
    const rows = yield* this.#join();
    yield* perform({
      now: () => native.sortRowsSync(rows, count, columns, width, byValueToo),
      soon: () => native.sortRows(rows, count, columns, width, byValueToo),
    });
    return rows;
  }

  #begin(): void {
    if (!this.chunkFull) return;
    const chunk = Buffer.allocUnsafeSlow(rowsPerChunk * this.rowBytes);
    this.#chunks.push(chunk);
    this.#view = new DataView(chunk.buffer);
    this.#offset = 0;
  }

  #put(value: number | bigint): void {
    const view = this.#view;
    if (this.width === 4) view.setUint32(this.#offset, Number(value), true);
    else if (typeof value === 'bigint') view.setBigUint64(this.#offset, value, true);
    else writeSafeInteger(view, this.#offset, value);
    this.#offset += this.width;
  }

  *#join(): Steps<Buffer> {
    const size = this.count * this.rowBytes;
    if (size > constants.MAX_LENGTH) {
      throw new TooLargeError(
        `${this.count} rows need ${size} bytes to be sorted, this runtime allows ${constants.MAX_LENGTH}`,
      );
    }
    const joined = Buffer.allocUnsafeSlow(size);
    const chunks = this.#chunks.reverse();
    this.#chunks = [];
    let position = 0;
    for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) {
      // The last chunk may have room left, which is what does not fit.
      position += chunk.copy(joined, position);
      yield pause;
    }
    return joined;
  }
}
