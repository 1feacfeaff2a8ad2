/**
 * What a slot type is: one object that knows the size, the reading, the writing, the exact (tagged) reading and
 * writing, the checking and the stored name of one kind of value. A new kind of value is a new file beside this one.
 */
import type { Packer } from '../building/packer.js';
import { CorruptDataError, SharedBuffersError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import type { FieldKind } from '../native/index.js';
import type { Region } from '../region.js';
import type { StoredType } from '../schema/stored.js';

/**
 * How a column of such a slot is gathered: into a typed array (`int` into one of doubles), or one value after the other;
 * so is what has no kind.
 */
export type ColumnKind = FieldKind | 'text' | 'bytes';

/** Where `verify` reports what it finds; it goes on after a finding. */
export interface Findings {
  add(offset: number, message: string): void;
  /** True the first time a value is met, so that shared and cyclic values are checked once. */
  firstVisit(type: object, position: number): boolean;
}

/** Turns what a read threw into a finding. */
export function reportFinding(error: unknown, position: number, findings: Findings): void {
  if (!(error instanceof SharedBuffersError)) throw error;
  const offset = error instanceof CorruptDataError ? error.offset : undefined;
  findings.add(offset ?? position, error.message.replace(/ \(at offset \d+\)$/, ''));
}

declare const readType: unique symbol;
declare const writeType: unique symbol;
declare const columnType: unique symbol;

interface SlotTypeBase<Read, Write> {
  /** The type of what reads answer; exists for inference only. */
  readonly [readType]?: Read;
  /** The type of what packing accepts; exists for inference only. */
  readonly [writeType]?: Write;
  /** The name that users and error messages use, as in `t.uint32`. */
  readonly name: string;
  /** How the stored schema calls it. */
  storedType(): StoredType;
  /** Bytes that a value takes among the fixed fields of its record: its own size, or 8 for a pointer to it. */
  readonly size: number;
  readonly columnKind: ColumnKind | undefined;
  /**
   * Answers the value that tagged JSON describes, as packing accepts it.
   * @throws InvalidTypeError where the tagged form does not fit the type
   */
  fromExact(tagged: Tagged): Write;
}

/** A value that lies among the fixed fields of its record. */
export interface InlineType<Read = unknown, Write = Read, Column = unknown>
  extends SlotTypeBase<Read, Write> {
  /** The typed array that a column of such slots is; exists for inference only. */
  readonly [columnType]?: Column;
  readonly inline: true;
  read(view: DataView, offset: number): Read;
  /**
   * Checks, then writes.
   * @throws InvalidTypeError, OutOfRangeError before anything is written
   */
  write(view: DataView, offset: number, value: Write): void;
  readExact(view: DataView, offset: number): Tagged;
  verify(view: DataView, offset: number, position: number, findings: Findings): void;
}

/** A value that a record points to. */
export interface PointerType<Read = unknown, Write = Read> extends SlotTypeBase<Read, Write> {
  readonly inline: false;
  readonly size: 8;
  /** @param depth how many values this one lies within, for the limit on nesting */
  read(region: Region, position: number, depth: number): Read;
  /** Appends the value to the packer; answers the position that pointers to it point to. */
  write(packer: Packer, value: Write): number;
  readExact(region: Region, position: number, depth: number): Tagged;
  verify(region: Region, position: number, depth: number, findings: Findings): void;
}

/** Any slot type, whatever it reads and writes. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where a type parameter must be both co- and contravariant
export type AnySlotType = InlineType<any, any> | PointerType<any, any>;

/** A slot that records may leave out (it reads `undefined`) or set to `null`. */
export class OptionalSlot<T = unknown> {
  constructor(
    /** What it holds where it is there. */
    readonly type: T,
  ) {}
}

export type ReadOf<T> = T extends { readonly [readType]?: infer Read } ? Read : never;
/** The typed array that a column of such slots is; `unknown` where it is an ordinary array. */
export type TypedColumnOf<T> = T extends { readonly [columnType]?: infer Column } ? Column : unknown;
export type WriteOf<T> = T extends { readonly [writeType]?: infer Write } ? Write : never;
