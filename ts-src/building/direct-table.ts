/**
 * The direct table of an id table: its section is reserved before the rows and filled when all that it leads to is
 * there. See docs/format.md, "Direct table".
 */
import { descriptorBytes, paddingTo, sectionKinds, writeDescriptor } from '../containers/sections.js';
import { type DirectTableSizes, native, type SearchSpec } from '../native/index.js';
import type { Spool } from './spool.js';
import { pause, perform, type Steps } from './steps.js';

/** Of the body: where lines begin, what payloads mean, how many lines keys belong to. */
const headerBytes = 16;
const sectionVersion = 1;
/** What is filled at once on another thread, and written then. */
const largestWindowBytes = 8 * 2 ** 20;

/** What of a search has to be known to find what the table leads to. */
export type DirectTarget = SearchSpec & { readonly answer: 'value' | 'position' };

export class DirectTableWriter {
  readonly #sizes: DirectTableSizes;
  readonly #windowBytes: number;
  #position = 0;
  #bodyBytes = 0;
  #below = 0;

  /**
   * @param rowCount how many rows may come
   * @param limitBytes what may be in memory while it is filled
   */
  constructor(rowCount: number, limitBytes: number) {
    this.#sizes = native.directTableSizes(rowCount);
    this.#windowBytes = Math.min(largestWindowBytes, limitBytes);
  }

  get #linesBytes(): number {
    const { homeCount, spareCount, lineBytes } = this.#sizes;
    return (homeCount + spareCount) * lineBytes;
  }

  /** Bytes of the section where its body begins at `position`; lines begin at multiples of their size. */
  bytesAt(position: number): number {
    return this.#startAt(position) + this.#linesBytes + descriptorBytes;
  }

  #startAt(position: number): number {
    return headerBytes + paddingTo(this.#sizes.lineBytes, position + headerBytes);
  }

  /** Appends the room for the section. */
  *reserve(output: Spool, below: number): Steps<void> {
    this.#position = output.size;
    this.#below = below;
    const bytes = this.bytesAt(output.size);
    this.#bodyBytes = bytes - descriptorBytes;
    const zeros = Buffer.alloc(Math.min(2 ** 20, bytes));
    for (let done = 0; done < bytes; done += zeros.length) {
      yield* output.append(zeros.subarray(0, Math.min(zeros.length, bytes - done)));
    }
  }

  /**
   * Fills the lines and writes the section.
   * @param target where the table is, and what its keys lead to, in the output
   */
  *finish(output: Spool, target: DirectTarget): Steps<void> {
    const start = this.#startAt(this.#position);
    const header = Buffer.alloc(start);
    header.writeUInt32LE(start, 0);
    header.writeUInt32LE(target.answer === 'position' ? 1 : 0, 4);
    header.writeBigUInt64LE(BigInt(this.#sizes.homeCount), 8);
    const hash = native.beginHash();
    native.updateHash(hash, header);
    const filled = yield* this.#fill(output, target, start, (lines) => native.updateHash(hash, lines));
    if (filled) yield* output.replace(this.#position, header);
    const descriptor = writeDescriptor(
      {
        kind: sectionKinds.direct,
        version: sectionVersion,
        size: this.#bodyBytes,
        // An empty body is one that no reader uses.
        length: filled ? this.#bodyBytes : 0,
        rows: target.rowCount,
        bodyChecksum: filled ? native.endHash(hash) : native.hash64(new Uint8Array(0)),
      },
      this.#below,
    );
    yield* output.replace(this.#position + this.#bodyBytes, descriptor);
  }

  *#fill(
    output: Spool,
    target: DirectTarget,
    start: number,
    written: (lines: Uint8Array) => void,
  ): Steps<boolean> {
    const { homeCount, spareCount, lineBytes } = this.#sizes;
    const spareBytes = spareCount * lineBytes;
    const homesAtOnce = Math.max(spareCount, Math.floor(this.#windowBytes / lineBytes) - spareCount);
    const buffer = Buffer.alloc((Math.min(homesAtOnce, homeCount) + spareCount) * lineBytes);
    const handle = output.openHandle();
    try {
      for (let first = 0; first < homeCount; first += homesAtOnce) {
        const homes = Math.min(homesAtOnce, homeCount - first);
        const isLast = first + homes === homeCount;
        const lines = buffer.subarray(0, homes * lineBytes + spareBytes);
        const filled = yield* perform({
          now: () => native.fillDirectTableSync(handle, target, lines, first, homeCount, isLast),
          soon: () => native.fillDirectTable(handle, target, lines, first, homeCount, isLast),
        });
        if (filled === 0) return false;
        const ready = isLast ? lines : lines.subarray(0, homes * lineBytes);
        yield* output.replace(this.#position + start + first * lineBytes, ready);
        written(ready);
        // What did not fit is the beginning of the next lines.
        buffer.copyWithin(0, homes * lineBytes, homes * lineBytes + spareBytes);
        buffer.fill(0, spareBytes);
        yield pause;
      }
      return true;
    } finally {
      native.closeRegion(handle);
    }
  }
}
