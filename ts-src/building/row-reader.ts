/** Looking at rows in a buffer. */
import type { RowForm } from './rows.js';

export class RowReader {
  readonly bytes: Buffer;
  readonly #words: Uint32Array;
  readonly #wordsPerRow: number;
  readonly #wordsPerColumn: number;
  readonly #lastColumn: number;

  /** @param bytes a buffer of its own memory */
  constructor(form: RowForm, bytes: Buffer) {
    this.bytes = bytes;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    this.#wordsPerRow = form.rowBytes / 4;
    this.#wordsPerColumn = form.width / 4;
    this.#lastColumn = form.columns - 1;
  }

  column(row: number, column: number): number | bigint {
    const at = row * this.#wordsPerRow + column * this.#wordsPerColumn;
    const low = this.#words[at] as number;
    if (this.#wordsPerColumn === 1) return low;
    const high = this.#words[at + 1] as number;
    return high < 2 ** 21 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);
  }

  value(row: number): number | bigint {
    return this.column(row, this.#lastColumn);
  }

  agreeInFirst(a: number, b: number): boolean {
    return this.#agree(a, b, 0);
  }

  agreeInValue(a: number, b: number): boolean {
    return this.#agree(a, b, this.#lastColumn);
  }

  move(from: number, to: number): void {
    if (from === to) return;
    const size = this.#wordsPerRow;
    this.#words.copyWithin(to * size, from * size, (from + 1) * size);
  }

  #agree(a: number, b: number, column: number): boolean {
    const words = this.#words;
    const one = a * this.#wordsPerRow + column * this.#wordsPerColumn;
    const other = b * this.#wordsPerRow + column * this.#wordsPerColumn;
    return words[one] === words[other] && (this.#wordsPerColumn === 1 || words[one + 1] === words[other + 1]);
  }
}
