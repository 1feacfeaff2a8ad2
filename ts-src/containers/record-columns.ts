/** Columns: one slot of many records at once, gathered by native code. See docs/scans.md. */
import { constants } from 'node:buffer';
import { describe, InvalidTypeError, SharedBuffersError, TooLargeError } from '../errors.js';
import { type GatherColumn, type GatherLayout, type GatherSource, native } from '../native/index.js';
import type { ReaderSlot } from '../proxies/reader.js';
import type { AnyColumn } from '../schema/infer.js';
import { none } from '../schema/layout.js';
import { unsafeInteger } from '../types/numbers.js';
import type { ColumnKind } from '../types/slot-type.js';
import type { IdTable } from './id-table.js';
import type { RecordSource } from './record-source.js';
import { ValueColumn } from './value-column.js';

/** Which records, by number (or row): those from `start` up to, not including, `end`, both as `slice` takes them. */
export interface ColumnRange {
  /** The first record; counted from the end where negative. Default: the first there is. */
  start?: number;
  /** What comes behind the last record; counted from the end where negative. Default: behind the last there is. */
  end?: number;
}

export interface ColumnOptions extends ColumnRange {
  /**
   * Also answers which records have no value: `{ values, mask }`, where a `Uint8Array` says for each record 0 where it
   * has a value, 1 where it lacks the slot and 2 where the slot is None. Without a mask, integers and booleans of
   * which one is missing are an error.
   */
  mask?: boolean;
}

/** A column, and which of its records have no value: 0 where there is one, 1 where the slot is missing, 2 for None. */
export interface MaskedColumn<C> {
  /** The column; 0, or NaN, where there is no value. */
  readonly values: C;
  /** For each record 0, 1 or 2. */
  readonly mask: Uint8Array;
}

/** What `column` answers for a column `C` with such options. */
export type ColumnResult<C, O> = O extends { mask: true }
  ? MaskedColumn<C>
  : O extends { mask: boolean }
    ? C | MaskedColumn<C>
    : C;

/** The columns `K` of `C`, as `columns` answers them. */
export type ColumnResults<C, K extends keyof C, O> = { readonly [S in K]: ColumnResult<C[S], O> };

/**
 * Which records are gathered: those with the numbers `[start, end)` of the array; those that the rows `[start, end)` of
 * an id table refer to; or those at positions in the region, where a negative one stands for a record that is not there.
 */
export type RecordSelection =
  | { readonly start: number; readonly end: number; readonly table?: IdTable }
  | Float64Array;

type AnyResult = AnyColumn | MaskedColumn<AnyColumn>;

/**
 * One column.
 * @throws InvalidTypeError where the records have no such slot; CorruptDataError; SharedBuffersError
 *   `ERR_SHAREDBUFFERS_MISSING_VALUE` where an integer or a boolean is missing and nobody asked for a mask,
 *   `ERR_SHAREDBUFFERS_UNSAFE_INTEGER` for a `t.int` beyond 2^53; TooLargeError
 */
export function gatherColumn(
  records: RecordSource,
  slotName: string,
  selection: RecordSelection,
  options?: Pick<ColumnOptions, 'mask'>,
): AnyResult {
  return gatherColumns(records, [slotName], selection, options)[slotName] as AnyResult;
}

/** Several columns in one pass over the records, by the names of their slots. */
export function gatherColumns(
  records: RecordSource,
  slotNames: readonly string[],
  selection: RecordSelection,
  options: Pick<ColumnOptions, 'mask'> = {},
): Record<string, AnyResult> {
  if (typeof slotNames === 'string' || typeof slotNames?.[Symbol.iterator] !== 'function') {
    throw new InvalidTypeError(`columns: expected an array of names of slots, found ${describe(slotNames)}`);
  }
  const slots = [...new Set(slotNames)].map((name) => slotOf(records, name));
  const [start, count] = rangeOf(selection);
  const masked = options.mask === true;
  const targets = slots.map((slot) => makeTarget(records, slot, count, masked));
  const stored = targets.filter((target) => target.slot.place !== undefined);
  for (const target of targets) {
    if (target.slot.place !== undefined || count === 0) continue;
    if (target.refuses) throw refusal(records, selection, start, target.slot);
    target.fillMissing();
  }
  if (stored.length > 0) gatherStored(records, selection, start, count, stored);
  // Without a prototype, so that no name of a slot means anything else.
  const results: Record<string, AnyResult> = Object.create(null);
  for (const target of targets) results[target.slot.name] = target.result();
  return results;
}

/**
 * The records of a range of `count`.
 * @throws InvalidTypeError where that is no range
 */
export function rangeWithin(count: number, range: ColumnRange = {}): { start: number; end: number } {
  if (typeof range !== 'object' || range === null) {
    throw new InvalidTypeError(`expected options as an object, found ${describe(range)}`);
  }
  const { start = 0, end = count } = range;
  return { start: clamp(start, count), end: clamp(end, count) };
}

/** How `slice` takes a bound: from the end where negative, within the array. */
function clamp(bound: number, length: number): number {
  const whole = Math.trunc(bound) || 0;
  return whole < 0 ? Math.max(0, whole + length) : Math.min(whole, length);
}

/** The slot of a name, as `column` was asked for it. */
function slotOf(records: RecordSource, name: unknown): ReaderSlot {
  const { slots } = records.reader;
  const slot = slots.find((candidate) => candidate.name === name);
  if (slot !== undefined) return slot;
  const names = slots.map((candidate) => candidate.name).join(', ');
  throw new InvalidTypeError(
    `expected the name of a slot of ${records.schema.name} (${names}), found ${describe(name)}`,
  );
}

function rangeOf(selection: RecordSelection): readonly [start: number, count: number] {
  if (selection instanceof Float64Array) return [0, selection.length];
  return [selection.start, Math.max(0, selection.end - selection.start)];
}

/** How native code finds the records. */
export function gatherSourceOf(records: RecordSource, selection: RecordSelection): GatherSource {
  if (selection instanceof Float64Array) return { from: 'positions', positions: selection };
  const { table } = selection;
  if (table === undefined) return { from: 'numbers', ...records.place };
  return {
    from: 'rows',
    rowsOffset: table.rowsOffset,
    rowBytes: table.rowBytes,
    rowCount: table.rowCount,
    width: table.kind.width,
    ...records.place,
  };
}

function gatherLayoutOf({ reader }: RecordSource): GatherLayout {
  const { bitmapBytes, slots } = reader.layout;
  return { bitmapBytes, sizes: Uint8Array.from(slots, (slot) => slot.type.size) };
}

/** Records that are gathered before the values that they point to are read, so that these are still in the cache. */
const chunk = 512;

function gatherStored(
  records: RecordSource,
  selection: RecordSelection,
  start: number,
  count: number,
  targets: readonly Target[],
): void {
  const { handle } = records.region;
  const layout = gatherLayoutOf(records);
  const source = gatherSourceOf(records, selection);
  const step = targets.every((target) => target instanceof TypedTarget) ? count : chunk;
  for (let done = 0; done < count; done += step) {
    const length = Math.min(step, count - done);
    const columns = targets.map((target) => target.native(done, length));
    const refused = native.gatherColumns(handle, layout, source, start + done, length, columns);
    if (refused >= 0) {
      const record = start + done + Math.floor(refused / targets.length);
      throw refusal(records, selection, record, (targets[refused % targets.length] as Target).slot);
    }
    for (const target of targets) target.take(length);
  }
}

interface Target {
  readonly slot: ReaderSlot;
  /** Whether a record without a value is an error. */
  readonly refuses: boolean;
  /** Where native code puts what it gathers of `length` records, of which `done` come before. */
  native(done: number, length: number): GatherColumn;
  /** Takes over what native code has put there. */
  take(length: number): void;
  /** Every record lacks the slot. */
  fillMissing(): void;
  result(): AnyResult;
}

type TypedKind = Exclude<ColumnKind, 'text' | 'bytes'>;
type TypedArrayClass = {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Exclude<AnyColumn, unknown[]>;
};

const typedArrays: Readonly<Record<TypedKind, TypedArrayClass>> = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int: Float64Array,
  float32: Float32Array,
  float64: Float64Array,
};

function makeTarget(records: RecordSource, slot: ReaderSlot, count: number, masked: boolean): Target {
  const { columnKind } = slot.type;
  if (columnKind === undefined || columnKind === 'text' || columnKind === 'bytes') {
    return new ValueTarget(records, slot, count, masked);
  }
  const ArrayClass = typedArrays[columnKind];
  requireLength(count * ArrayClass.BYTES_PER_ELEMENT, constants.MAX_LENGTH, count);
  return new TypedTarget(slot, columnKind, new ArrayClass(count), masked ? new Uint8Array(count) : undefined);
}

function requireLength(length: number, limit: number, count: number): void {
  if (length <= limit) return;
  throw new TooLargeError(
    `a column of ${count} records does not fit into one array of this runtime; ask for a range of them`,
  );
}

/** Numbers and booleans, straight into their typed array. */
class TypedTarget implements Target {
  readonly refuses: boolean;
  readonly #bytes: Uint8Array;

  constructor(
    readonly slot: ReaderSlot,
    readonly kind: TypedKind,
    readonly values: Exclude<AnyColumn, unknown[]>,
    readonly mask: Uint8Array | undefined,
  ) {
    const isFloat = values instanceof Float64Array || values instanceof Float32Array;
    this.refuses = mask === undefined && !isFloat;
    this.#bytes = new Uint8Array(values.buffer);
  }

  native(done: number, length: number): GatherColumn {
    const size = this.values.BYTES_PER_ELEMENT;
    return {
      kind: this.kind,
      slot: this.slot.place?.index as number,
      values: this.#bytes.subarray(done * size, (done + length) * size),
      mask: this.mask?.subarray(done, done + length),
      refuses: this.refuses,
    };
  }

  take(): void {}

  fillMissing(): void {
    this.mask?.fill(1);
    const { values } = this;
    if (values instanceof Float64Array || values instanceof Float32Array) values.fill(Number.NaN);
  }

  result(): AnyResult {
    return this.mask === undefined ? this.values : { values: this.values, mask: this.mask };
  }
}

/** Values that records point to: native code says where they are, the type of the slot reads them. */
class ValueTarget implements Target {
  readonly refuses = false;
  readonly #column: ValueColumn;
  readonly #targets: Float64Array;
  readonly #mask: Uint8Array | undefined;

  constructor(
    records: RecordSource,
    readonly slot: ReaderSlot,
    readonly count: number,
    masked: boolean,
  ) {
    requireLength(count, 2 ** 32 - 1, count);
    this.#column = new ValueColumn(records.region, slot.type);
    this.#targets = new Float64Array(Math.min(chunk, count));
    this.#mask = masked ? new Uint8Array(count) : undefined;
  }

  native(_done: number, length: number): GatherColumn {
    const { buffer } = this.#targets;
    return {
      kind: 'pointer',
      slot: this.slot.place?.index as number,
      values: new Uint8Array(buffer, 0, length * Float64Array.BYTES_PER_ELEMENT),
      mask: undefined,
      refuses: false,
    };
  }

  take(length: number): void {
    const done = this.#column.values.length;
    this.#column.read(this.#targets, length);
    if (this.#mask === undefined) return;
    for (let index = 0; index < length; index++) {
      const target = this.#targets[index] as number;
      if (target < 0) this.#mask[done + index] = target === none ? 2 : 1;
    }
  }

  fillMissing(): void {
    this.#mask?.fill(1);
    for (let index = 0; index < this.count; index++) this.#column.values.push(undefined);
  }

  result(): AnyResult {
    const { values } = this.#column;
    return this.#mask === undefined ? values : { values, mask: this.#mask };
  }
}

/** Why native code refused a cell: a value that no number holds exactly, or none where the column has no room for that. */
function refusal(records: RecordSource, selection: RecordSelection, number: number, slot: ReaderSlot): Error {
  const isRow = !(selection instanceof Float64Array) && selection.table !== undefined;
  const where = `${isRow ? 'row' : 'record'} ${number}: ${records.schema.name}.${slot.name}`;
  const position = positionIn(records, selection, number);
  let value: unknown;
  try {
    value = position < 0 ? undefined : valueAt(records, position, slot.name);
    if (typeof value === 'bigint') throw unsafeInteger(value);
  } catch (error) {
    if (error instanceof Error) error.message = `${where}: ${error.message}`;
    return error as Error;
  }
  const found = position < 0 ? 'no record' : value === null ? 'None' : 'no value';
  return new SharedBuffersError(
    'ERR_SHAREDBUFFERS_MISSING_VALUE',
    `${where}: a column of ${slot.type.name} has no room for ${found}; ask for the mask too: { mask: true }`,
  );
}

function valueAt({ reader, region }: RecordSource, position: number, slotName: string): unknown {
  return (reader.proxyAt(region, position) as unknown as Record<string, unknown>)[slotName];
}

function positionIn(records: RecordSource, selection: RecordSelection, number: number): number {
  if (selection instanceof Float64Array) return selection[number] as number;
  return records.position(selection.table?.recordIndex(number) ?? number);
}
