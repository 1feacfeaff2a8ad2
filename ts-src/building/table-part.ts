/** The id table: header, keys, sections, rows. See docs/format.md, "Id tables". */
import { columnsOf, type IdMapperKind } from '../containers/id-mapper-kinds.js';
import { noneKey, writeObjectKey } from '../containers/object-keys.js';
import { paddingTo, type SectionContent, sectionAlignment, writeSections } from '../containers/sections.js';
import { OutOfRangeError } from '../errors.js';
import { native } from '../native/index.js';
import { writeSafeInteger } from '../types/numbers.js';
import { DirectTableWriter, type DirectTarget } from './direct-table.js';
import { sift } from './duplicates.js';
import { KeyComparison } from './key-comparison.js';
import { approximateKey, checkUnsigned, writeStringKey } from './keys.js';
import type { BuildSettings } from './options.js';
import { Packer } from './packer.js';
import { type KeyRange, RadixTableWriter } from './radix-table.js';
import { RowReader } from './row-reader.js';
import { Rows, rowForm, type SortedRows } from './rows.js';
import type { Spool } from './spool.js';
import { done, pause, type Steps } from './steps.js';
import { StoredObjects, StoredStrings } from './stored-keys.js';
import type { Workspace } from './workspace.js';

const headerBytes = 16;
/** What follows the table begins at a multiple of this. */
const endAlignment = 32;
/** Enough to pay for the call, and not for long. */
const rowsHashedAtOnce = 4096;

/** A key that was checked and, if it is a string, packed: the number itself, or where it is stored. */
export type TakenKey = number | bigint;

export abstract class TablePart {
  /** Rows left out because of their keys. */
  dropped = 0;
  protected readonly rows: Rows;
  protected readonly output: Spool;
  readonly #settings: BuildSettings;
  #sorted: SortedRows | undefined;
  #radix: RadixTableWriter | undefined;
  #direct: DirectTableWriter | undefined;
  #rowsOffset = 0;

  protected constructor(
    readonly kind: IdMapperKind,
    workspace: Workspace,
    settings: BuildSettings,
  ) {
    this.output = workspace.output;
    this.#settings = settings;
    const inOrder = settings.duplicates !== 'keep' || (columnsOf(kind) === 3 && !settings.dropEqualPairs);
    this.rows = new Rows(rowForm(kind, !inOrder), settings, () => workspace.spool('rows'));
  }

  /** @param workspace whose output begins with the table */
  static *begin(kind: IdMapperKind, workspace: Workspace, settings: BuildSettings): Steps<TablePart> {
    yield* workspace.output.append(new Uint8Array(headerBytes));
    if (kind.keys === 'object') return new ObjectTablePart(kind, workspace, settings);
    if (kind.keys === 'string') return new StringTablePart(kind, workspace, settings);
    return new NumericTablePart(kind, workspace, settings);
  }

  /** Bytes of keys that wait to be written. */
  abstract get buffered(): number;
  /** Bytes of keys so far. */
  abstract get keyBytes(): number;
  /** Checks and packs a key; `addRow` or `forgetKey` follows. */
  abstract takeKey(key: unknown): TakenKey;
  abstract forgetKey(taken: TakenKey): void;
  abstract addRow(taken: TakenKey, value: number | bigint): void;
  protected abstract flushKeys(): Steps<void>;
  /** What numeric keys are between; `undefined` where the first column is a hash. */
  protected abstract get keyRange(): KeyRange | undefined;
  /** @param valuesAreRecords whether values are the numbers of the entries */
  protected abstract compareKeys(valuesAreRecords: boolean): KeyComparison;

  checkValue(value: unknown): number | bigint {
    return checkUnsigned('value', value, this.kind.width);
  }

  /** Whether `flush` must come before another row. */
  get isFull(): boolean {
    return this.rows.isFull;
  }

  /** Bytes of keys and rows so far. */
  get packed(): number {
    return this.keyBytes + this.rows.count * this.rows.form.rowBytes;
  }

  /** How many rows the table has, once it is finished. */
  get rowCount(): number {
    return this.rows.count - this.dropped;
  }

  *flush(): Steps<void> {
    yield* this.flushKeys();
    if (this.rows.isFull) yield* this.rows.spill();
  }

  /** No key comes any more. */
  *sort(): Steps<void> {
    yield* this.flushKeys();
    this.#sorted = yield* this.rows.takeSorted();
    const { index, indexBytes } = this.#settings;
    if (index === 'none') return;
    const { form, count } = this.rows;
    this.#radix = RadixTableWriter.begin(form, count, this.keyRange, indexBytes);
    const { keys } = this.kind;
    if (index === 'direct' && this.#radix !== undefined && (keys === 'numeric' || keys === 'string')) {
      this.#direct = new DirectTableWriter(count, indexBytes);
    }
  }

  /** Bytes that the table will have, if no row is dropped. */
  bytesWith(sections: readonly SectionContent[]): number {
    const keysEnd = headerBytes + this.keyBytes;
    let end = keysEnd + paddingTo(sectionAlignment, keysEnd);
    end += writeSections(sections, this.rowCount).length;
    end += this.#direct?.bytesAt(end) ?? 0;
    end += this.#radix?.bytes ?? 0;
    end += this.rowCount * this.rows.form.rowBytes;
    return end + paddingTo(endAlignment, end);
  }

  /** Appends what follows the keys, and puts the header in its place; after `sort`. */
  *finish(contents: readonly SectionContent[], valuesAreRecords: boolean): Steps<void> {
    const { output } = this;
    yield* output.append(Buffer.alloc(paddingTo(sectionAlignment, output.size)));
    const sectionsOffset = output.size;
    yield* output.append(writeSections(contents, this.rowCount));
    yield* this.#reserveIndexes(contents.length);
    const rowsOffset = output.size;
    this.#rowsOffset = rowsOffset;
    yield* this.#appendRows(valuesAreRecords);
    if (this.#radix !== undefined) yield* this.#radix.finish(output);
    yield* output.append(Buffer.alloc(paddingTo(endAlignment, output.size)));
    // Sections tell how many rows they were made for, and are of the same size whatever the number.
    if (this.dropped > 0) yield* output.replace(sectionsOffset, writeSections(contents, this.rowCount));
    const header = new DataView(new ArrayBuffer(headerBytes));
    writeSafeInteger(header, 0, this.rowCount);
    writeSafeInteger(header, 8, rowsOffset);
    yield* output.replace(0, new Uint8Array(header.buffer));
  }

  /** @param below how many sections come first */
  *#reserveIndexes(below: number): Steps<void> {
    if (this.#direct !== undefined) yield* this.#direct.reserve(this.output, below);
    const direct = this.#direct === undefined ? 0 : 1;
    if (this.#radix !== undefined) yield* this.#radix.reserve(this.output, below + direct);
  }

  /** Fills the direct table, if there is to be one; when everything that keys lead to is in the output. */
  *finishDirectTable(
    target: Pick<DirectTarget, 'answer' | 'arrayOffset' | 'arrayIndexOffset' | 'arrayCount' | 'arrayEnd'>,
  ): Steps<void> {
    if (this.#direct === undefined) return;
    yield* this.#direct.finish(this.output, {
      ...target,
      keys: this.kind.keys === 'string' ? 'string' : 'numeric',
      width: this.kind.width,
      tableOffset: 0,
      rowsOffset: this.#rowsOffset,
      rowCount: this.rowCount,
      keysEnd: this.#rowsOffset,
    });
  }

  *#appendSorted(rows: Uint8Array): Steps<void> {
    this.#radix?.add(rows);
    yield* this.output.append(rows);
  }

  *#appendRows(valuesAreRecords: boolean): Steps<void> {
    const { duplicates, dropEqualPairs } = this.#settings;
    if (duplicates === 'keep' && !dropEqualPairs) return yield* this.#appendAll();
    const comparison = this.compareKeys(valuesAreRecords);
    try {
      yield* this.#appendSifted(comparison);
    } finally {
      comparison.close();
    }
  }

  *#appendAll(): Steps<void> {
    const sorted = this.#sorted as SortedRows;
    const buffer = Buffer.allocUnsafeSlow(this.#settings.flushBytes);
    for (;;) {
      const size = yield* sorted.fill(buffer);
      if (size === 0) return;
      yield* this.#appendSorted(buffer.subarray(0, size));
      yield pause;
    }
  }

  /** Rows that may have others like them to come wait at the start of the buffer. */
  *#appendSifted(comparison: KeyComparison): Steps<void> {
    const { duplicates, dropEqualPairs, flushBytes } = this.#settings;
    const { form } = this.rows;
    const { rowBytes } = form;
    const rules = comparison.rules(duplicates, dropEqualPairs);
    const sorted = this.#sorted as SortedRows;
    let rows = new RowReader(form, Buffer.allocUnsafeSlow(flushBytes));
    let held = 0;
    for (;;) {
      if (held * rowBytes > rows.bytes.length / 2) rows = grown(rows, rowBytes);
      const size = yield* sorted.fill(rows.bytes.subarray(held * rowBytes));
      if (size === 0) break;
      const count = held + size / rowBytes;
      const { kept, ready } = yield* sift(rows, held, count, rules);
      this.dropped += count - kept;
      yield* this.#appendSorted(rows.bytes.subarray(0, ready * rowBytes));
      rows.bytes.copyWithin(0, ready * rowBytes, kept * rowBytes);
      held = kept - ready;
      yield pause;
    }
    yield* this.#appendSorted(rows.bytes.subarray(0, held * rowBytes));

    function grown({ bytes }: RowReader, unit: number): RowReader {
      const larger = Buffer.allocUnsafeSlow(bytes.length * 2);
      bytes.copy(larger, 0, 0, held * unit);
      return new RowReader(form, larger);
    }
  }
}

class NumericTablePart extends TablePart {
  readonly buffered = 0;
  readonly keyBytes = 0;
  #least: number | bigint = Number.POSITIVE_INFINITY;
  #greatest: number | bigint = 0;

  constructor(kind: IdMapperKind, workspace: Workspace, settings: BuildSettings) {
    super(kind, workspace, settings);
  }

  takeKey(key: unknown): TakenKey {
    const { keys, width } = this.kind;
    return keys === 'approx' ? approximateKey(key, width) : checkUnsigned('key', key, width);
  }

  forgetKey(): void {}

  addRow(key: TakenKey, value: number | bigint): void {
    if (key < this.#least) this.#least = key;
    if (key > this.#greatest) this.#greatest = key;
    this.rows.addPair(key, value);
  }

  protected get keyRange(): KeyRange | undefined {
    if (this.kind.keys === 'approx') return undefined;
    if (this.rows.count === 0) return { first: 0n, last: 0n };
    return { first: BigInt(this.#least), last: BigInt(this.#greatest) };
  }

  protected flushKeys(): Steps<void> {
    return done(undefined);
  }

  protected compareKeys(valuesAreRecords: boolean): KeyComparison {
    return new KeyComparison(valuesAreRecords);
  }
}

/** Keys that are stored before the rows, which point to them. */
abstract class StoredKeysPart extends TablePart {
  protected readonly keys: Packer;
  protected readonly keyRange = undefined;

  constructor(kind: IdMapperKind, workspace: Workspace, settings: BuildSettings) {
    super(kind, workspace, settings);
    this.keys = new Packer(settings.packerBytes);
    this.keys.base = headerBytes;
  }

  get buffered(): number {
    return this.keys.length;
  }

  get keyBytes(): number {
    return this.keys.position - headerBytes;
  }

  protected *flushKeys(): Steps<void> {
    const { keys } = this;
    if (keys.length === 0) return;
    yield* this.output.append(keys.bytes.subarray(0, keys.length));
    keys.discardTaken();
  }
}

class StringTablePart extends StoredKeysPart {
  /** Rows whose hash is not there yet: the last ones. */
  #unhashed = 0;

  takeKey(key: unknown): TakenKey {
    const { position } = this.keys;
    if (this.kind.width === 4 && position > 0xffff_ffff) throw this.#keysTooLarge();
    writeStringKey(this.keys, key);
    return position;
  }

  forgetKey(position: TakenKey): void {
    this.keys.rollback(Number(position) - this.keys.base);
  }

  addRow(position: TakenKey, value: number | bigint): void {
    this.rows.addTriple(0, Number(position), value);
    if (++this.#unhashed === rowsHashedAtOnce) this.#hashRows();
  }

  protected override *flushKeys(): Steps<void> {
    this.#hashRows();
    yield* super.flushKeys();
  }

  /** While the keys are still in memory. */
  #hashRows(): void {
    if (this.#unhashed === 0) return;
    const { rows } = this;
    const keys = this.keys.bytes.subarray(0, this.keys.length);
    const first = rows.inMemory - this.#unhashed;
    native.hashKeys(keys, this.keys.base, rows.run, first, this.#unhashed, this.kind.width);
    this.#unhashed = 0;
  }

  #keysTooLarge(): Error {
    return new OutOfRangeError(
      `the keys have more than 4 GiB together, which ${this.kind.name} cannot point to; use StringIdMapper`,
    );
  }

  protected compareKeys(valuesAreRecords: boolean): KeyComparison {
    return new KeyComparison(valuesAreRecords, new StoredStrings(this.output, headerBytes));
  }
}

/** Keys of any hashable value, with their types. */
class ObjectTablePart extends StoredKeysPart {
  /** Of the key that was taken last. */
  #hash = 0n;
  #start = 0;

  takeKey(key: unknown): TakenKey {
    this.#start = this.keys.length;
    const { hash, position } = writeObjectKey(this.keys, key);
    this.#hash = hash;
    return position ?? noneKey;
  }

  forgetKey(): void {
    this.keys.rollback(this.#start);
  }

  addRow(pointer: TakenKey, value: number | bigint): void {
    this.rows.addTriple(this.#hash, Number(pointer), value);
  }

  protected compareKeys(valuesAreRecords: boolean): KeyComparison {
    return new KeyComparison(valuesAreRecords, new StoredObjects(this.output));
  }
}
