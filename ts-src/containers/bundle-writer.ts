/** The file of a bundle as it grows: header and data of one entry after the other, then the directory. */
import type { OutputFile } from '../building/output-file.js';
import { PartWorkspace } from '../building/part-workspace.js';
import { readPieces } from '../building/reading-steps.js';
import type { FileSpool } from '../building/spool.js';
import type { Steps } from '../building/steps.js';
import type { SpoolName } from '../building/temporary-files.js';
import type { FileWorkspace } from '../building/workspace.js';
import { describe, InvalidTypeError } from '../errors.js';
import { crc32 } from './crc32.js';
import { encodeName, writeCentralHeader, writeEnd, writeLocalHeader, type ZipMember } from './zip-writing.js';

const pieceBytes = 2 ** 20;
const zeros = Buffer.alloc(pieceBytes);

export class BundleWriter {
  readonly #workspace: FileWorkspace;
  readonly #output: OutputFile;
  readonly #members: ZipMember[] = [];
  readonly #names = new Set<string>();
  readonly #waiting = new Map<SpoolName, FileSpool>();
  /** Of the data appended to the current entry. */
  #crc = 0;

  constructor(workspace: FileWorkspace) {
    this.#workspace = workspace;
    this.#output = workspace.output;
  }

  /** Entries that are complete. */
  get count(): number {
    return this.#members.length;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#output.size;
  }

  /**
   * An entry whose data `write` hands to the function that it gets.
   * @throws InvalidTypeError for a name that cannot be one, or is taken
   */
  *add(name: string, write: (append: (bytes: Uint8Array) => Steps<void>) => Steps<void>): Steps<void> {
    const entry = yield* this.#begin(name);
    this.#crc = 0;
    yield* write((bytes) => this.#append(bytes));
    yield* this.#end(entry, this.#crc);
  }

  /** An entry of few bytes, in one go. */
  *addWhole(name: string, bytes: Uint8Array): Steps<void> {
    const member = { ...this.#take(name), size: bytes.length, crc: crc32(bytes) };
    yield* this.#output.append(Buffer.concat([writeLocalHeader(member), bytes]));
    this.#members.push(member);
  }

  /** Begins an entry that is built in its place; `end` completes it. */
  *beginBuilt(name: string): Steps<{ target: PartWorkspace; end: () => Steps<void> }> {
    const entry = yield* this.#begin(name);
    const target = new PartWorkspace(this.#output, (name) => this.#waitingSpool(name));
    return { target, end: () => this.#endBuilt(entry) };
  }

  /** Appends the directory. */
  *finish(): Steps<void> {
    const offset = this.size;
    let headers: Uint8Array[] = [];
    for (const [index, member] of this.#members.entries()) {
      headers.push(writeCentralHeader(member));
      if (index % 1024 !== 1023) continue;
      yield* this.#output.append(Buffer.concat(headers));
      headers = [];
    }
    yield* this.#output.append(Buffer.concat(headers));
    yield* this.#output.append(writeEnd(this.count, offset, this.size - offset));
  }

  *#begin(name: string): Steps<UnfinishedEntry> {
    const entry = this.#take(name);
    // With a size and a checksum that are not known yet, in the same number of bytes.
    yield* this.#output.append(writeLocalHeader({ ...entry, size: 0, crc: 0 }));
    return { ...entry, dataOffset: this.size };
  }

  #take(name: string): Pick<ZipMember, 'name' | 'offset'> {
    const bytes = encodeName(name);
    if (this.#names.has(name)) {
      throw new InvalidTypeError(`two entries of the bundle are called ${describe(name)}`);
    }
    this.#names.add(name);
    return { name: bytes, offset: this.size };
  }

  *#end({ name, offset, dataOffset }: UnfinishedEntry, crc: number): Steps<void> {
    const member = { name, offset, size: this.size - dataOffset, crc };
    yield* this.#output.replace(offset, writeLocalHeader(member));
    this.#members.push(member);
  }

  /** What was built wrote over its start in the end, so the checksum is that of what is there now. */
  *#endBuilt(entry: UnfinishedEntry): Steps<void> {
    let crc = 0;
    yield* readPieces(this.#output, entry.dataOffset, this.size, function* (piece) {
      crc = crc32(piece, crc);
    });
    yield* this.#end(entry, crc);
  }

  /** Long runs of zeros become holes in the file, as they may have been where they come from. */
  *#append(bytes: Uint8Array): Steps<void> {
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      const piece = bytes.subarray(start, start + pieceBytes);
      this.#crc = crc32(piece, this.#crc);
      if (piece.length === pieceBytes && zeros.equals(piece)) yield* this.#output.skip(pieceBytes);
      else yield* this.#output.append(piece);
    }
  }

  *#waitingSpool(name: SpoolName): Steps<FileSpool> {
    const before = this.#waiting.get(name);
    if (before !== undefined) return before;
    const spool = (yield* this.#workspace.spool(name)) as FileSpool;
    this.#waiting.set(name, spool);
    return spool;
  }
}

interface UnfinishedEntry extends Pick<ZipMember, 'name' | 'offset'> {
  readonly dataOffset: number;
}
