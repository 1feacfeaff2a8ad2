/**
 * The sorted table inside an id mapper: rows of (key, value) for numeric keys, of (hash, value) for approximate ones,
 * of (hash, key pointer, value) for strings and objects. See docs/format.md, "Id tables".
 */
import { CorruptDataError, SharedBuffersError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import type { SearchSpec } from '../native/index.js';
import type { Region } from '../region.js';
import type { Budget } from '../types/budget.js';
import { readSafeInteger } from '../types/numbers.js';
import { columnsOf, type IdMapperKind } from './id-mapper-kinds.js';
import { exactObjectKey, noneKey, readObjectKey } from './object-keys.js';
import { readSections, type Section, sectionKinds } from './sections.js';

/** Bytes before the keys, or the rows where there are none. */
export const tableHeaderBytes = 16;
/** The layout of radix and direct tables that is read here. */
const indexVersion = 1;

export class IdTable {
  readonly region: Region;
  readonly kind: IdMapperKind;
  /** Position of the table's header; key pointers count from it. */
  readonly offset: number;
  readonly rowCount: number;
  readonly rowsOffset: number;
  /** What this library put between keys and rows, for readers that know it. */
  readonly sections: readonly Section[];

  /** Bytes of one row. */
  readonly rowBytes: number;
  /** Of the value in its row. */
  readonly #valueColumn: number;

  /**
   * @param end position that the table may not reach beyond
   * @throws CorruptDataError where header and region contradict each other
   */
  constructor(region: Region, kind: IdMapperKind, offset: number, end: number) {
    this.region = region;
    this.kind = kind;
    this.offset = offset;
    this.rowCount = region.readSize(offset, 'the number of rows of an id table');
    this.rowsOffset = offset + region.readSize(offset + 8, 'the position of the rows of an id table');
    this.rowBytes = columnsOf(kind) * kind.width;
    this.#valueColumn = this.rowBytes - kind.width;
    if (
      this.rowsOffset < offset + tableHeaderBytes ||
      this.rowsOffset + this.rowCount * this.rowBytes > end
    ) {
      throw new CorruptDataError(
        `the id table claims ${this.rowCount} rows of ${this.rowBytes} bytes from ${this.rowsOffset} on, ` +
          `which do not fit before ${end}: the file is truncated, corrupt, or no ${kind.name}`,
        offset,
      );
    }
    this.sections = readSections(region, offset + tableHeaderBytes, this.rowsOffset, this.rowCount);
  }

  /** What a native search needs to know of this table. */
  searchSpec<A extends SearchSpec['answer']>(answer: A): SearchSpec & { answer: A } {
    const { keys } = this.kind;
    return {
      keys: keys === 'object' ? 'hash' : keys,
      width: this.kind.width,
      tableOffset: this.offset,
      rowsOffset: this.rowsOffset,
      rowCount: this.rowCount,
      keysEnd: this.rowsOffset,
      answer,
      ...this.#indexPlaces(),
    };
  }

  /** Where the sections are that lead searches to their rows, if there are such. */
  #indexPlaces(): Pick<SearchSpec, 'radixOffset' | 'radixLength' | 'directOffset' | 'directLength'> {
    const radix = this.#section(sectionKinds.radix);
    const direct = this.#section(sectionKinds.direct);
    return {
      ...(radix && { radixOffset: radix.position, radixLength: radix.length }),
      ...(direct && { directOffset: direct.position, directLength: direct.length }),
    };
  }

  #section(wanted: number): Section | undefined {
    return this.sections.find(({ kind, version }) => kind === wanted && version === indexVersion);
  }

  /** Where a row starts. */
  rowPosition(row: number): number {
    return this.rowsOffset + row * this.rowBytes;
  }

  /** First column: the key of a numeric table, the hash of a key of any other. */
  firstColumn(row: number): number | bigint {
    return this.#column(row, 0);
  }

  value(row: number): number | bigint {
    return this.#column(row, this.#valueColumn);
  }

  /** The value as the index of a record. */
  recordIndex(row: number): number {
    return Number(this.value(row));
  }

  textKey(row: number): string {
    try {
      return this.region.readText(this.keyPosition(row));
    } catch (error) {
      if (!(error instanceof SharedBuffersError) || error.code !== 'ERR_SHAREDBUFFERS_ENCODING') throw error;
      throw new CorruptDataError(
        `the key of row ${row} is not UTF-8 text; read the keys of this table with keysAsBytes()`,
        error instanceof CorruptDataError ? error.offset : undefined,
        'ERR_SHAREDBUFFERS_ENCODING',
      );
    }
  }

  bytesKey(row: number): Uint8Array {
    return this.region.readBytes(this.keyPosition(row));
  }

  /**
   * The key of a row of an object table.
   * @param budget what it is paid from where more than one is read
   */
  objectKey(row: number, budget?: Budget): unknown {
    const position = this.objectKeyPosition(row);
    return position === undefined ? null : readObjectKey(this.region, position, budget);
  }

  /** The same as tagged JSON. */
  exactObjectKey(row: number): Tagged {
    const position = this.objectKeyPosition(row);
    return position === undefined ? null : exactObjectKey(this.region, position);
  }

  /** Where the key of a row of an object table is stored; `undefined` where it is None, which is not. */
  objectKeyPosition(row: number): number | undefined {
    const where = this.rowPosition(row) + this.kind.width;
    const { view, start } = this.region.windowAt(where);
    // Two's complement: what a key shares with others may have been stored before the table.
    const pointer = readSafeInteger(view, where - start);
    if (pointer === noneKey) return undefined;
    const position = this.offset + pointer;
    if (position >= 0 && position < this.region.size) return position;
    throw this.#keyOutside(row, position);
  }

  /** Where the key of a row of a string table is stored. */
  keyPosition(row: number): number {
    const pointer = Number(this.#column(row, this.kind.width));
    const position = this.offset + pointer;
    if (pointer < tableHeaderBytes || position >= this.rowsOffset) throw this.#keyOutside(row, position);
    return position;
  }

  #keyOutside(row: number, position: number): Error {
    const message = `the key of row ${row} of an id table would be at ${position}, outside of it`;
    return this.region.corrupt(message, this.rowPosition(row));
  }

  #column(row: number, column: number): number | bigint {
    const position = this.rowsOffset + row * this.rowBytes + column;
    const { view, start } = this.region.windowAt(position);
    const at = position - start;
    if (this.kind.width === 4) return view.getUint32(at, true);
    const high = view.getUint32(at + 4, true);
    return high < 2 ** 21 ? high * 2 ** 32 + view.getUint32(at, true) : view.getBigUint64(at, true);
  }
}
