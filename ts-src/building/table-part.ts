/** The id table: header, keys, sections, rows. See docs/format.md, "Id tables". */
import type { IdMapperKind } from '../containers/id-mapper-kinds.js';
import { paddingTo, type SectionContent, sectionAlignment, writeSections } from '../containers/sections.js';
import { OutOfRangeError } from '../errors.js';
import { native } from '../native/index.js';
import { writeSafeInteger } from '../types/numbers.js';
import { dropDuplicates } from './duplicates.js';
import { KeyComparison } from './key-comparison.js';
import { checkUnsigned, writeStringKey } from './keys.js';
import type { DuplicatePolicy } from './options.js';
import { Packer } from './packer.js';
import { Rows } from './rows.js';
import type { Spool } from './spool.js';
import { done, pause, type Steps } from './steps.js';

const headerBytes = 16;
/** What follows the table begins at a multiple of this. */
const endAlignment = 32;
const writtenAtOnce = 2 ** 20;

/** A key that was checked and, if it is a string, packed: the number itself, or where it is stored. */
export type TakenKey = number | bigint;

export abstract class TablePart {
  readonly kind: IdMapperKind;
  readonly rows: Rows;
  /** Rows left out because of their keys. */
  dropped = 0;
  protected readonly output: Spool;
  #sorted: Buffer | undefined;

  /** @param output begins with the table */
  protected constructor(kind: IdMapperKind, output: Spool) {
    this.kind = kind;
    this.output = output;
    this.rows = new Rows(kind);
  }

  static *begin(kind: IdMapperKind, output: Spool, capacity: number): Steps<TablePart> {
    yield* output.append(new Uint8Array(headerBytes));
    return kind.keys === 'string'
      ? new StringTablePart(kind, output, capacity)
      : new NumericTablePart(kind, output);
  }

  /** Bytes of keys that wait to be written. */
  abstract get buffered(): number;
  /** Bytes of keys so far. */
  abstract get keyBytes(): number;
  /** Checks and packs a key; `addRow` or `forgetKey` follows. */
  abstract takeKey(key: unknown): TakenKey;
  abstract forgetKey(taken: TakenKey): void;
  abstract addRow(taken: TakenKey, value: number | bigint): void;
  abstract flush(): Steps<void>;
  protected abstract dropEqualKeys(
    rows: Buffer,
    policy: DuplicatePolicy,
    valuesAreRecords: boolean,
  ): Steps<number>;

  checkValue(value: unknown): number | bigint {
    return checkUnsigned('value', value, this.kind.width);
  }

  /** Bytes of keys and rows so far. */
  get packed(): number {
    return this.keyBytes + this.rows.count * this.rows.rowBytes;
  }

  /** How many rows there are after `sort`. */
  get rowCount(): number {
    return this.rows.count - this.dropped;
  }

  /**
   * Sorts the rows and sees to equal keys.
   * @param valuesAreRecords whether values are the numbers of the entries
   */
  *sort(policy: DuplicatePolicy, valuesAreRecords: boolean): Steps<void> {
    yield* this.flush();
    const rows = yield* this.rows.takeSorted(policy === 'keep' && this.kind.keys === 'numeric');
    this.#sorted = rows;
    if (policy === 'keep') return;
    this.dropped = this.rows.count - (yield* this.dropEqualKeys(rows, policy, valuesAreRecords));
  }

  /** Bytes that the table will have; after `sort`. */
  bytesWith(sections: readonly SectionContent[]): number {
    return this.#layout(writeSections(sections, this.rowCount)).end;
  }

  /** Appends what follows the keys, and puts the header in its place; after `sort`. */
  *finish(contents: readonly SectionContent[]): Steps<void> {
    const { output, rowCount } = this;
    const sections = writeSections(contents, rowCount);
    const { padding, rowsOffset, rowsEnd, end } = this.#layout(sections);
    yield* output.append(Buffer.concat([Buffer.alloc(padding), sections]));
    yield* this.#appendRows(rowsEnd - rowsOffset);
    yield* output.append(Buffer.alloc(end - rowsEnd));
    const header = new DataView(new ArrayBuffer(headerBytes));
    writeSafeInteger(header, 0, rowCount);
    writeSafeInteger(header, 8, rowsOffset);
    yield* output.replaceStart(new Uint8Array(header.buffer));
  }

  #layout(sections: Uint8Array): TableLayout {
    const keysEnd = headerBytes + this.keyBytes;
    const padding = paddingTo(sectionAlignment, keysEnd);
    const rowsOffset = keysEnd + padding + sections.length;
    const rowsEnd = rowsOffset + this.rowCount * this.rows.rowBytes;
    return { padding, rowsOffset, rowsEnd, end: rowsEnd + paddingTo(endAlignment, rowsEnd) };
  }

  *#appendRows(size: number): Steps<void> {
    const rows = this.#sorted as Buffer;
    this.#sorted = undefined;
    for (let position = 0; position < size; position += writtenAtOnce) {
      yield* this.output.append(rows.subarray(position, Math.min(position + writtenAtOnce, size)));
      yield pause;
    }
  }
}

interface TableLayout {
  /** Zeros between keys and sections. */
  readonly padding: number;
  readonly rowsOffset: number;
  readonly rowsEnd: number;
  readonly end: number;
}

class NumericTablePart extends TablePart {
  readonly buffered = 0;
  readonly keyBytes = 0;

  constructor(kind: IdMapperKind, output: Spool) {
    super(kind, output);
  }

  takeKey(key: unknown): TakenKey {
    return checkUnsigned('key', key, this.kind.width);
  }

  forgetKey(): void {}

  addRow(key: TakenKey, value: number | bigint): void {
    this.rows.addPair(key, value);
  }

  flush(): Steps<void> {
    return done(undefined);
  }

  protected *dropEqualKeys(rows: Buffer, policy: DuplicatePolicy, valuesAreRecords: boolean): Steps<number> {
    const compare = new KeyComparison(rows, this.rows, valuesAreRecords);
    return yield* dropDuplicates(rows, this.rows, compare.rules(policy));
  }
}

class StringTablePart extends TablePart {
  readonly #keys: Packer;
  /** Rows of the current chunk whose hash is there. */
  #hashed = 0;

  constructor(kind: IdMapperKind, output: Spool, capacity: number) {
    super(kind, output);
    this.#keys = new Packer(capacity);
    this.#keys.base = headerBytes;
  }

  get buffered(): number {
    return this.#keys.length;
  }

  get keyBytes(): number {
    return this.#keys.position - headerBytes;
  }

  takeKey(key: unknown): TakenKey {
    const { position } = this.#keys;
    if (this.kind.width === 4 && position > 0xffff_ffff) throw this.#keysTooLarge();
    writeStringKey(this.#keys, key);
    return position;
  }

  forgetKey(position: TakenKey): void {
    this.#keys.rollback(Number(position) - this.#keys.base);
  }

  addRow(position: TakenKey, value: number | bigint): void {
    // A chunk is hashed before the next one begins: what is hashed at once must lie in one piece.
    if (this.rows.chunkFull && this.rows.count > 0) {
      this.#hashRows();
      this.#hashed = 0;
    }
    this.rows.addPointer(Number(position), value);
  }

  *flush(): Steps<void> {
    const keys = this.#keys;
    if (keys.length === 0) return;
    this.#hashRows();
    yield* this.output.append(keys.bytes.subarray(0, keys.length));
    keys.discardTaken();
  }

  #hashRows(): void {
    const { rows } = this;
    const count = rows.chunkRows - this.#hashed;
    if (count === 0) return;
    const keys = this.#keys.bytes.subarray(0, this.#keys.length);
    native.hashKeys(keys, this.#keys.base, rows.chunk, this.#hashed, count, rows.width);
    this.#hashed += count;
  }

  #keysTooLarge(): Error {
    return new OutOfRangeError(
      `the keys have more than 4 GiB together, which ${this.kind.name} cannot point to; use StringIdMapper`,
    );
  }

  protected *dropEqualKeys(rows: Buffer, policy: DuplicatePolicy, valuesAreRecords: boolean): Steps<number> {
    const compare = new KeyComparison(rows, this.rows, valuesAreRecords, this.output);
    try {
      return yield* dropDuplicates(rows, this.rows, compare.rules(policy));
    } finally {
      compare.close();
    }
  }
}
