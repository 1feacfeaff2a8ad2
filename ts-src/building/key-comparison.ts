/** The keys behind sorted rows: whether they are equal, and what to say where they may not be. */
import { describe, SharedBuffersError } from '../errors.js';
import type { Region } from '../region.js';
import type { DuplicateRules } from './duplicates.js';
import type { DuplicatePolicy } from './options.js';
import type { Rows } from './rows.js';
import type { Spool } from './spool.js';

export class KeyComparison {
  readonly #view: DataView;
  readonly #rows: Rows;
  readonly #valuesAreRecords: boolean;
  readonly #keys: Spool | undefined;
  #region: Region | undefined;

  /** @param keys where the keys are stored; nowhere where the first column is the key itself */
  constructor(sorted: Buffer, rows: Rows, valuesAreRecords: boolean, keys?: Spool) {
    this.#view = new DataView(sorted.buffer, sorted.byteOffset, sorted.length);
    this.#rows = rows;
    this.#valuesAreRecords = valuesAreRecords;
    this.#keys = keys;
  }

  rules(policy: DuplicatePolicy): DuplicateRules {
    return {
      keep: policy === 'first' || policy === 'last' ? policy : 'none',
      sameKey:
        this.#keys === undefined ? () => true : (a, b) => this.#storedKey(a).equals(this.#storedKey(b)),
      refuse: (a, b) => this.#refusal(a, b),
    };
  }

  close(): void {
    this.#region?.close();
  }

  /** Equal keys are stored in equal bytes, compressed ones too, so nothing is decoded to compare them. */
  #storedKey(row: number): Buffer {
    const region = this.#openRegion();
    const position = Number(this.#column(row, 1));
    const { view, start } = region.windowAt(position);
    const at = position - start;
    const short = view.getUint16(at, true) & 0x7fff;
    const size = short < 0x7fff ? 2 + short : 10 + region.readSize(position + 2, 'the length of a key');
    return Buffer.from(view.buffer, view.byteOffset + at, size);
  }

  #refusal(a: number, b: number): Error {
    return new SharedBuffersError(
      'ERR_SHAREDBUFFERS_DUPLICATE_KEY',
      `the key ${describe(this.#key(a))} is there twice, ${this.#whereabouts(a, b)}; ` +
        `the option duplicates ('first', 'last', 'keep') says what becomes of equal keys`,
    );
  }

  #whereabouts(a: number, b: number): string {
    const valueColumn = this.#rows.columns - 1;
    if (this.#valuesAreRecords) {
      return `in the records ${this.#column(a, valueColumn)} and ${this.#column(b, valueColumn)}`;
    }
    if (this.#keys === undefined) {
      return `with the values ${this.#column(a, valueColumn)} and ${this.#column(b, valueColumn)}`;
    }
    return `in the records ${this.#recordNumber(a)} and ${this.#recordNumber(b)}`;
  }

  /** Keys are stored in the order of the input: as many entries came before as there are keys stored before. */
  #recordNumber(row: number): number {
    const pointer = this.#column(row, 1);
    let number = 0;
    for (let other = 0; other < this.#rows.count; other++) if (this.#column(other, 1) < pointer) number++;
    return number;
  }

  #key(row: number): unknown {
    if (this.#keys === undefined) return this.#column(row, 0);
    const bytes = this.#openRegion().readBytes(Number(this.#column(row, 1)));
    const text = Buffer.from(bytes).toString('utf8');
    return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes;
  }

  /** Made when it is first needed: most tables have no two keys of the same hash. */
  #openRegion(): Region {
    this.#region ??= (this.#keys as Spool).openRegion();
    return this.#region;
  }

  #column(row: number, column: number): number | bigint {
    const { rowBytes, width } = this.#rows;
    const at = row * rowBytes + column * width;
    const low = this.#view.getUint32(at, true);
    if (width === 4) return low;
    const high = this.#view.getUint32(at + 4, true);
    return high < 2 ** 21 ? high * 2 ** 32 + low : this.#view.getBigUint64(at, true);
  }
}
