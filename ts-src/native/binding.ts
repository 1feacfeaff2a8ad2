/**
 * What the native core offers, and nothing of how it does that.
 *
 * Positions and sizes are integers, absolute in their region, up to 2^53. Errors are made by the function that was
 * given to `setErrorFactory`, except those of the operating system, which are shaped as Node's own (`code`, `errno`,
 * `syscall`, `path`). Nothing here is public: the modules above it say what users see.
 */

declare const regionBrand: unique symbol;
declare const lockBrand: unique symbol;
declare const memoryBrand: unique symbol;

/** A mapped file or an ordinary buffer, as native code knows it. Opaque; made and understood by native code only. */
export interface RegionHandle {
  readonly [regionBrand]: true;
}

/** A lock file that is held. Opaque. */
export interface LockHandle {
  readonly [lockBrand]: true;
}

/** Memory that grows by appending. Opaque. */
export interface MemoryHandle {
  readonly [memoryBrand]: true;
}

export interface RegionInfo {
  /** Bytes in the region. */
  readonly size: number;
  /** Bytes in the whole file when it was opened; the region's size for anything but a file. */
  readonly fileSize: number;
  /** Device and inode of the file, `dev:ino`, as `fs.statSync` gives them; empty for anything but a file. */
  readonly identity: string;
  /** When the content of the file was last modified, in nanoseconds since 1970; `'0'` for anything but a file. */
  readonly modifiedNs: string;
  /** When the file was last changed in any way, in nanoseconds since 1970; `'0'` for anything but a file. */
  readonly changedNs: string;
  /** `empty` is a mapping of no bytes, for which there is nothing to map. */
  readonly kind: 'mapped' | 'bytes' | 'empty';
  /** Whether writing to the memory works (it never reaches the file); on a read-only mapping it ends the process. */
  readonly writable: boolean;
  /**
   * Whether pages of the mapping are gone from the file, or could not be read, and read as zeros. Every search and
   * reader of the region throws `ERR_SHAREDBUFFERS_FILE_CHANGED` from then on.
   */
  readonly lost: boolean;
}

/** How much memory a mapping takes, in bytes. What the system does not say is not there. */
export interface RegionMemory {
  /** In memory, of the process or of others, or of nobody. */
  readonly resident?: number;
  /** Of this process alone: pages that were written to, and those in place of lost ones. */
  readonly private?: number;
  /** Whether only samples of the pages were looked at, which is so for more than 65 536. */
  readonly estimated: boolean;
  /** As in `RegionInfo`. */
  readonly lost: boolean;
}

/** Where an exact id table lies and what a search in it answers. All positions are absolute in the region. */
export interface SearchSpec {
  /**
   * What is looked for: `numeric`: unsigned integers, in rows of (key, value); `approx`: strings, in rows of (hash,
   * value), or integers that are such hashes; `string`: strings, in rows of (hash, key_ptr, value); `hash`: integers
   * in the first column of such rows, whatever their keys are.
   */
  readonly keys: 'numeric' | 'approx' | 'string' | 'hash';
  /** Bytes of one column. */
  readonly width: 4 | 8;
  /** Position of the id table's header, to which `key_ptr` is relative. */
  readonly tableOffset: number;
  /** Position of the first row. */
  readonly rowsOffset: number;
  readonly rowCount: number;
  /** String keys lie in `[tableOffset + 16, keysEnd)`. Not looked at for others. */
  readonly keysEnd: number;
  /**
   * `row`: the number of the row, -1 when absent. `value`: what the table stores, `undefined` when absent.
   * `position`: where in the region the record is that the value numbers, -1 when absent. `rows`: how many numbers of
   * rows with the key were put into `found`: see `RowsSearch`.
   */
  readonly answer: 'row' | 'value' | 'position' | 'rows';
  /** For `position`: where the array starts, which record offsets are relative to. */
  readonly arrayOffset?: number;
  /** For `position`: where the array's index (u64 each) is. */
  readonly arrayIndexOffset?: number;
  /** For `position`: how many records the array has. */
  readonly arrayCount?: number;
  /** For `position`: where the array ends. */
  readonly arrayEnd?: number;
  /** For `rows`: where the numbers of rows are put. Nobody may detach it. */
  readonly found?: Float64Array;
  /** Where the body of the radix table is, if there is one: it is used, and never believed. */
  readonly radixOffset?: number | undefined;
  readonly radixLength?: number | undefined;
  /** Where the body of the direct table is, if there is one. */
  readonly directOffset?: number | undefined;
  readonly directLength?: number | undefined;
}

/**
 * Searches for many keys at once and fills in an answer for each, as a search for one gives it: a row, value or position,
 * -1 where the key is absent, NaN where a search for that key alone has to answer. For string keys (`approx` too) they
 * are one text with the lengths of each in UTF-16 units; for others a `Float64Array` or a `BigUint64Array`, without
 * lengths.
 */
export type BatchSearch = (
  keys: string | Float64Array | BigUint64Array,
  lengths: Uint32Array | undefined,
  answers: Float64Array,
) => void;

/** How the first column of rows is cut into the buckets of a radix table. */
export interface RadixCut {
  /** What the first bucket begins with. */
  readonly base: number | bigint;
  /** Bits of the first column, less the base, that do not count. */
  readonly shift: number;
  /** Bytes of an entry. */
  readonly entryBytes: 4 | 8;
}

/** A direct table for so many rows: lines that keys belong to, lines behind these, bytes of a line. */
export interface DirectTableSizes {
  readonly homeCount: number;
  readonly spareCount: number;
  readonly lineBytes: number;
}

declare const hashStateBrand: unique symbol;

/** The state of a hash over bytes that come in pieces. */
export type HashState = Uint8Array & { readonly [hashStateBrand]: true };

/**
 * Finds all rows with a key, in their order: fills in as many numbers of rows as there is room for, and answers how
 * many; 0 when absent. Where there was no room left, more may follow: then `start` is the number of the last row and
 * one. Otherwise it is 0.
 */
export type RowsSearch = (key: unknown, start: number) => number;

/** How records lie, as far as gathering needs it. */
export interface GatherLayout {
  /** Bytes of each of the two bitmaps. */
  readonly bitmapBytes: 1 | 2 | 4 | 8;
  /** Bytes of the field of each slot, in storage order. */
  readonly sizes: Uint8Array;
}

/** Where the records of a gathering are: the numbers of an array, the rows of an id table, or positions in the region. */
export type GatherSource =
  | ({ readonly from: 'numbers' } & GatherArray)
  | ({
      readonly from: 'rows';
      /** Position of the first row; the last column of a row is the number of its record. */
      readonly rowsOffset: number;
      readonly rowBytes: number;
      readonly rowCount: number;
      /** Bytes of one column. */
      readonly width: 4 | 8;
    } & GatherArray)
  | {
      readonly from: 'positions';
      /** Negative where there is no record. */
      readonly positions: Float64Array;
    };

/** The array whose records are numbered; all positions are absolute in the region. */
export interface GatherArray {
  readonly arrayOffset: number;
  readonly arrayIndexOffset: number;
  readonly arrayCount: number;
  readonly arrayEnd: number;
}

/** Fields that are gathered into a typed array. */
export type FieldKind =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'int'
  | 'float32'
  | 'float64';

export interface GatherColumn {
  /**
   * What becomes of a field. `bool`: 0 or 1; `int`: a 64-bit integer as a double, refused where that is not exact;
   * `pointer`: the position of what it points to, as a double, -1 where the record lacks the slot, -2 where it is None.
   */
  readonly kind: FieldKind | 'pointer';
  /** Number of the slot in storage order. */
  readonly slot: number;
  /** The bytes of the typed array that is filled in; where a record lacks a value with NaN, or else 0. */
  readonly values: Uint8Array;
  /** Filled in with 0 where a record has a value, 1 where it lacks the slot or is not there, 2 where the slot is None. */
  readonly mask: Uint8Array | undefined;
  /** Whether a record without a value ends the gathering. */
  readonly refuses: boolean;
}

export interface Native {
  /**
   * Says how errors are made; to be called once in each thread, before anything else. `offset` is the position in
   * the region where corrupt data was seen.
   */
  setErrorFactory(factory: (code: string, message: string, offset?: number) => Error): void;

  /**
   * Maps `size` bytes of a regular file from `offset` on; a size of -1 means up to its end. The same part of the
   * same file is mapped once in a process, however often and in whatever threads it is opened. On Windows a path
   * is taken as it is: long ones need their `\\?\` prefix.
   */
  openRegion(path: string | Uint8Array, offset: number, size: number): RegionHandle;

  /** A region over the caller's bytes, which stay alive with the handle and with all that is made from it. */
  regionFromBytes(bytes: Uint8Array): RegionHandle;

  regionInfo(handle: RegionHandle): RegionInfo;

  /** Takes a few milliseconds at most, however large the region is. */
  regionMemory(handle: RegionHandle): RegionMemory;

  /**
   * The part of a mapping as an `ArrayBuffer`, without a copy. It keeps the mapping alive by itself; `closeRegion`
   * detaches it. Not for regions over bytes.
   * @throws `ERR_SHAREDBUFFERS_NO_EXTERNAL_BUFFERS` where the runtime forbids such buffers,
   *   `ERR_SHAREDBUFFERS_TOO_LARGE` where it cannot make one of this length
   */
  regionWindow(handle: RegionHandle, start: number, length: number): ArrayBuffer;

  /**
   * Tells the system how a mapping will be read; `preload` has all of it read and mapped before it returns. What the
   * system cannot do is left out, and so is everything for regions that are no mappings.
   */
  adviseRegion(
    handle: RegionHandle,
    advice: 'preload' | 'random' | 'sequential' | 'will-need' | 'huge-pages',
  ): void;

  /** Detaches every window of the handle and gives the mapping back. Whatever was made from the handle throws from then on. */
  closeRegion(handle: RegionHandle): void;

  /** How many mappings the whole process has. */
  regionCount(): number;

  /** How many blocks of native memory this thread has for handles, searches, readers and jobs. */
  blockCount(): number;

  /**
   * A function that searches an id table. A key that cannot be in the table is absent, whatever it is. Where several
   * rows have the key, the first is answered.
   * @throws `ERR_SHAREDBUFFERS_CORRUPT` where the table does not fit into the region; the function throws it where a
   *   row points out of its range, which is looked at in those rows only that a search comes to
   */
  createSearch(
    handle: RegionHandle,
    spec: SearchSpec & { answer: 'row' | 'position' },
  ): (key: unknown) => number;
  createSearch(
    handle: RegionHandle,
    spec: SearchSpec & { answer: 'value' },
  ): (key: unknown) => number | bigint | undefined;
  createSearch(handle: RegionHandle, spec: SearchSpec & { answer: 'rows'; found: Float64Array }): RowsSearch;
  createSearch(handle: RegionHandle, spec: SearchSpec): (key: unknown) => number | bigint | undefined;

  /**
   * Gathers slots of the records `[start, start + count)` of a source in one pass. Answers -1, or the first cell that
   * was refused: the place of its record, counted from `start`, times the number of columns plus that of the column.
   * @throws `ERR_SHAREDBUFFERS_CORRUPT` where a row, an index, a record or a pointer leads out of its range
   */
  gatherColumns(
    handle: RegionHandle,
    layout: GatherLayout,
    source: GatherSource,
    start: number,
    count: number,
    columns: readonly GatherColumn[],
  ): number;

  /**
   * Fills in the positions of the records of a source from `start` on, and has `reach` bytes of each record fetched into
   * the processor's cache that does not follow closely on the one before. `Int32Array`s are for regions of less than 2 GiB.
   * @throws `ERR_SHAREDBUFFERS_CORRUPT` as `gatherColumns` does
   */
  gatherPositions(
    handle: RegionHandle,
    source: GatherSource,
    start: number,
    target: Float64Array | Int32Array,
    reach: number,
  ): void;

  /** A function that searches an id table for many keys at once; `answer` is not `rows`. */
  createBatchSearch(handle: RegionHandle, spec: SearchSpec): BatchSearch;

  /** A function that reads the length-prefixed UTF-8 string at a position. */
  createTextReader(handle: RegionHandle): (position: number) => string;

  /** A function that reads the length-prefixed bytes at a position, as a copy in an `ArrayBuffer` of its own. */
  createBytesReader(handle: RegionHandle): (position: number) => Uint8Array;

  /** xxh64 with seed 0. */
  hash64(bytes: Uint8Array): bigint;

  /** xxh32 with seed 0. */
  hash32(bytes: Uint8Array): number;

  /** `hash64` of bytes that come in pieces. */
  beginHash(): HashState;
  updateHash(state: HashState, bytes: Uint8Array): void;
  endHash(state: HashState): bigint;

  /**
   * Fills in the first column of `rowCount` rows (hash, key_ptr, value) with the hash of the length-prefixed string
   * that each row points to: xxh64 for a width of 8, xxh32 for 4. `keysStart` is the `key_ptr` of the first of `keys`.
   */
  hashKeys(
    keys: Uint8Array,
    keysStart: number,
    rows: Uint8Array,
    firstRow: number,
    rowCount: number,
    width: 4 | 8,
  ): void;

  /**
   * Sorts rows in place by their first column, unsigned, on one of libuv's threads; rows with the same one keep their
   * order, or with `byValueToo` are sorted by the last. Needs as much memory again. Until the promise is settled
   * the rows must not be touched, nor their buffer detached.
   */
  sortRows(
    rows: Uint8Array,
    rowCount: number,
    columns: 2 | 3,
    width: 4 | 8,
    byValueToo: boolean,
  ): Promise<unknown>;

  /** The same at once, on the calling thread. */
  sortRowsSync(rows: Uint8Array, rowCount: number, columns: 2 | 3, width: 4 | 8, byValueToo: boolean): void;

  /**
   * Merges rows that are sorted within each window of `rows`, on one of libuv's threads, until a window is used up or
   * the output is full; of equal ones those of earlier windows come first. Answers how many rows the output got, and
   * advances the windows. Until the promise is settled none of the three may be touched.
   * @param windows for each window two u32: the number of its next row, and of that behind its last. At most 256
   */
  mergeRows(
    rows: Uint8Array,
    windows: Uint8Array,
    output: Uint8Array,
    columns: 2 | 3,
    width: 4 | 8,
    byValueToo: boolean,
  ): Promise<number>;

  /** The same at once, on the calling thread. */
  mergeRowsSync(
    rows: Uint8Array,
    windows: Uint8Array,
    output: Uint8Array,
    columns: 2 | 3,
    width: 4 | 8,
    byValueToo: boolean,
  ): number;

  /**
   * Writes the entries of a radix table up to the last of these rows, which come in their order.
   * @param firstRow the number of the first of the rows
   * @param entries one more than there are buckets
   * @param next how many entries are written already
   * @returns how many are written then
   */
  fillRadixTable(
    rows: Uint8Array,
    form: { readonly columns: 2 | 3; readonly width: 4 | 8 },
    firstRow: number,
    cut: RadixCut,
    entries: Uint8Array,
    next: number,
  ): number;

  /** Writes the entries that are left when all rows have come; answers how many rows the largest bucket has. */
  finishRadixTable(rowCount: number, entries: Uint8Array, entryBytes: 4 | 8, next: number): number;

  directTableSizes(rowCount: number): DirectTableSizes;

  /**
   * Fills lines of a direct table with the keys of an id table that belong into them, on one of libuv's threads: values,
   * or with `answer: 'position'` the positions of their records. Answers 0 where there can be no such table: too many
   * keys belong into the same lines, or have too many bits. Until the promise is settled the region must stay open.
   * @param lines zeroed, except for what the lines before left over: as many as keys belong to, and the spare ones
   * @param firstLine the number of the first of the lines
   * @param homeCount of the whole table
   */
  fillDirectTable(
    handle: RegionHandle,
    spec: SearchSpec,
    lines: Uint8Array,
    firstLine: number,
    homeCount: number,
    isLast: boolean,
  ): Promise<number>;

  /** The same at once, on the calling thread. */
  fillDirectTableSync(
    handle: RegionHandle,
    spec: SearchSpec,
    lines: Uint8Array,
    firstLine: number,
    homeCount: number,
    isLast: boolean,
  ): number;

  /**
   * Memory that grows by appending, empty. V8 does not know how much it is, so it collects no garbage because of it:
   * whoever has it gives it back by `freeMemory` when it is no longer needed, not only when the handle is collected.
   */
  createMemory(): MemoryHandle;

  /** Appends a copy of the bytes: all of them, or none where there is not enough memory. */
  appendMemory(handle: MemoryHandle, bytes: Uint8Array): void;

  /** Writes over bytes that were appended. */
  writeMemory(handle: MemoryHandle, position: number, bytes: Uint8Array): void;

  /** Fills `target` with bytes that were appended. */
  readMemory(handle: MemoryHandle, position: number, target: Uint8Array): void;

  /** Fills `target` with the first bytes, which are no longer there then: what follows them is at 0. */
  shiftMemory(handle: MemoryHandle, target: Uint8Array): void;

  /** Appends everything to another memory, without a copy; nothing is left of it here. */
  moveMemory(from: MemoryHandle, to: MemoryHandle): void;

  /** Gives everything back; the memory is empty then. */
  freeMemory(handle: MemoryHandle): void;

  /** LZ4 as it is stored (u32 length, then one block), or `undefined` where that saves less than a third. */
  compress(bytes: Uint8Array): Uint8Array | undefined;

  /** The inverse of `compress`. */
  decompress(bytes: Uint8Array): Uint8Array;

  /**
   * Creates the file if need be and locks it for this process until `unlockFile`, or until the process ends however
   * it ends. `undefined` where somebody else, in this process or another, has it locked.
   */
  lockFile(path: string): LockHandle | undefined;

  /** Gives a lock back; the file stays. Idempotent. */
  unlockFile(handle: LockHandle): void;

  /** Makes renames within a directory durable. Does nothing on Windows. */
  syncDirectory(path: string): void;
}
