/** The radix table of an id table: its section is reserved before the rows and filled as they come. */
import {
  descriptorBytes,
  paddingTo,
  sectionAlignment,
  sectionKinds,
  writeDescriptor,
} from '../containers/sections.js';
import { native, type RadixCut } from '../native/index.js';
import type { RowForm } from './rows.js';
import type { Spool } from './spool.js';
import type { Steps } from './steps.js';

/** Of the body: base, shift, bytes of an entry, number of buckets. See docs/format.md, "Radix table". */
const headerBytes = 24;
const sectionVersion = 1;
/** Fewer rows are in so few cache lines that a guess finds them as fast. */
const smallestRows = 64;
/** Buckets are at least half as full as this: then the rows of one are in a cache line or two. */
const rowsPerBucket = 4;
/** Of numbers that are spread so unevenly, a guess from the first and last is as good. */
const largestBucketRows = 1024;

/** What the first column of all rows is between. */
export interface KeyRange {
  readonly first: bigint;
  readonly last: bigint;
}

export class RadixTableWriter {
  readonly #form: RowForm;
  readonly #cut: RadixCut;
  readonly #hashed: boolean;
  readonly #entries: Buffer;
  /** Position of the body in the output. */
  #position = 0;
  #below = 0;
  #written = 0;
  #rows = 0;

  private constructor(form: RowForm, cut: RadixCut, bucketCount: number, hashed: boolean) {
    this.#form = form;
    this.#cut = cut;
    this.#hashed = hashed;
    this.#entries = Buffer.alloc((bucketCount + 1) * cut.entryBytes);
  }

  /**
   * @param rowCount how many rows may come
   * @param range of numeric keys; `undefined` where the first column is a hash
   * @param limitBytes what the table may take while it is built; a coarser one has fewer buckets
   * @returns `undefined` where a radix table would not pay
   */
  static begin(
    form: RowForm,
    rowCount: number,
    range: KeyRange | undefined,
    limitBytes: number,
  ): RadixTableWriter | undefined {
    if (rowCount < smallestRows) return undefined;
    const entryBytes = rowCount < 2 ** 32 ? 4 : 8;
    const wantedBits = Math.ceil(Math.log2(rowCount / rowsPerBucket));
    const bits = Math.max(1, Math.min(wantedBits, Math.floor(Math.log2(limitBytes / entryBytes))));
    const { first, last } = range ?? { first: 0n, last: 2n ** BigInt(form.width * 8) - 1n };
    const span = last - first;
    const shift = Math.max(0, span.toString(2).length - bits);
    const bucketCount = Number(span >> BigInt(shift)) + 1;
    return new RadixTableWriter(form, { base: first, shift, entryBytes }, bucketCount, range === undefined);
  }

  get #bodyBytes(): number {
    const length = headerBytes + this.#entries.length;
    return length + paddingTo(sectionAlignment, length);
  }

  /** Bytes of the section. */
  get bytes(): number {
    return this.#bodyBytes + descriptorBytes;
  }

  /** Appends the room for the section. */
  *reserve(output: Spool, below: number): Steps<void> {
    this.#position = output.size;
    this.#below = below;
    yield* output.append(Buffer.alloc(this.bytes));
  }

  /** Takes the next rows. */
  add(rows: Uint8Array): void {
    const { columns, width, rowBytes } = this.#form;
    const form = { columns, width };
    this.#written = native.fillRadixTable(rows, form, this.#rows, this.#cut, this.#entries, this.#written);
    this.#rows += rows.length / rowBytes;
  }

  /** Writes the section, when all rows have come. */
  *finish(output: Spool): Steps<void> {
    const { base, shift, entryBytes } = this.#cut;
    const largest = native.finishRadixTable(this.#rows, this.#entries, entryBytes, this.#written);
    const body = Buffer.alloc(this.#bodyBytes);
    body.writeBigUInt64LE(BigInt(base), 0);
    body.writeUInt32LE(shift, 8);
    body.writeUInt32LE(entryBytes, 12);
    body.writeBigUInt64LE(BigInt(this.#entries.length / entryBytes - 1), 16);
    body.set(this.#entries, headerBytes);
    // An empty body is one that no reader uses.
    const pays = this.#hashed || largest <= largestBucketRows;
    const length = pays ? headerBytes + this.#entries.length : 0;
    if (pays) yield* output.replace(this.#position, body);
    const descriptor = writeDescriptor(
      {
        kind: sectionKinds.radix,
        version: sectionVersion,
        size: body.length,
        length,
        rows: this.#rows,
        bodyChecksum: native.hash64(body.subarray(0, length)),
      },
      this.#below,
    );
    yield* output.replace(this.#position + body.length, descriptor);
  }
}
