/** Where a build appends bytes: a file, or memory. */
import { constants } from 'node:buffer';
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { TooLargeError } from '../errors.js';
import { Region } from '../region.js';
import { done, pause, perform, runNow, type Steps } from './steps.js';

export interface Spool {
  /** Bytes appended so far. */
  readonly size: number;
  /** Whether the bytes are in memory anyway, however they are looked at. */
  readonly inMemory: boolean;
  /** The bytes may be used otherwise when the work is done. */
  append(bytes: Uint8Array): Steps<void>;
  /** Writes over bytes that were appended. */
  replace(position: number, bytes: Uint8Array): Steps<void>;
  /** Fills a buffer with bytes that were appended. */
  read(target: Uint8Array, position: number): Steps<void>;
  /** Appends everything to another spool; of one in memory nothing is left. */
  moveTo(target: Spool): Steps<void>;
  /** A region over what was appended so far, to be closed by the caller. */
  openRegion(): Region;
}

const writeSoon = promisify(fs.write);
const readSoon = promisify(fs.read);
const copyBytes = 2 ** 20;

/** A file that was opened for reading and writing; who made it closes it. */
export class FileSpool implements Spool {
  readonly inMemory = false;
  size = 0;

  constructor(
    readonly file: number,
    readonly path: string,
  ) {}

  *append(bytes: Uint8Array): Steps<void> {
    yield* this.#write(bytes, this.size);
    this.size += bytes.length;
  }

  *replace(position: number, bytes: Uint8Array): Steps<void> {
    yield* this.#write(bytes, position);
  }

  /** Appends zeros that take no place on disk; something must be appended after them. */
  skip(count: number): void {
    this.size += count;
  }

  *read(target: Uint8Array, position: number): Steps<void> {
    const { file } = this;
    for (let read = 0; read < target.length; ) {
      const length = target.length - read;
      const place = position + read;
      const count = yield* perform({
        now: () => fs.readSync(file, target, read, length, place),
        soon: async () => (await readSoon(file, target, read, length, place)).bytesRead,
      });
      if (count === 0) throw new Error(`${this.path} became shorter while it was in use`);
      read += count;
    }
  }

  *moveTo(target: Spool): Steps<void> {
    const buffer = Buffer.allocUnsafeSlow(Math.min(copyBytes, this.size));
    for (let position = 0; position < this.size; position += buffer.length) {
      const part = buffer.subarray(0, Math.min(buffer.length, this.size - position));
      yield* this.read(part, position);
      yield* target.append(part);
    }
  }

  openRegion(): Region {
    return Region.openFile(this.path);
  }

  /** A full disk is met by writing less than was asked for; the next write then says so. */
  *#write(bytes: Uint8Array, position: number): Steps<void> {
    const { file } = this;
    for (let written = 0; written < bytes.length; ) {
      const length = bytes.length - written;
      const place = position + written;
      written += yield* perform({
        now: () => fs.writeSync(file, bytes, written, length, place),
        soon: async () => (await writeSoon(file, bytes, written, length, place)).bytesWritten,
      });
    }
  }
}

export class MemorySpool implements Spool {
  readonly inMemory = true;
  size = 0;
  #chunks: Uint8Array[] = [];

  append(bytes: Uint8Array): Steps<void> {
    this.#chunks.push(new Uint8Array(bytes));
    this.size += bytes.length;
    return done(undefined);
  }

  replace(position: number, bytes: Uint8Array): Steps<void> {
    this.#overlap(position, bytes.length, (part, at) => part.set(bytes.subarray(at, at + part.length)));
    return done(undefined);
  }

  read(target: Uint8Array, position: number): Steps<void> {
    this.#overlap(position, target.length, (part, at) => target.set(part, at));
    return done(undefined);
  }

  *moveTo(target: Spool): Steps<void> {
    for (const chunk of this.#takeChunks()) {
      yield* target.append(chunk);
      yield pause;
    }
  }

  /** Everything in one piece, which is then no longer here. */
  *take(): Steps<Uint8Array> {
    if (this.size > constants.MAX_LENGTH) {
      throw new TooLargeError(
        `the result has ${this.size} bytes, this runtime allows ${constants.MAX_LENGTH} in memory; build into a file`,
      );
    }
    yield* this.#join();
    return this.#chunks.pop() ?? new Uint8Array(0);
  }

  openRegion(): Region {
    runNow(this.#join());
    return Region.fromBytes((this.#chunks[0] ?? new Uint8Array(0)).subarray());
  }

  /** Makes one chunk of all. */
  *#join(): Steps<void> {
    if (this.#chunks.length <= 1) return;
    const whole = new Uint8Array(this.size);
    let position = 0;
    for (const chunk of this.#takeChunks()) {
      whole.set(chunk, position);
      position += chunk.length;
      yield pause;
    }
    this.#chunks = [whole];
  }

  /** Visits the parts of chunks that make up a range, each with its offset in the range. */
  #overlap(position: number, length: number, visit: (part: Uint8Array, at: number) => void): void {
    let start = 0;
    for (const chunk of this.#chunks) {
      const from = Math.max(position, start);
      const to = Math.min(position + length, start + chunk.length);
      if (from < to) visit(chunk.subarray(from - start, to - start), from - position);
      start += chunk.length;
      if (start >= position + length) break;
    }
  }

  /** One chunk after the other, without holding on to those that were given out. */
  *#takeChunks(): Generator<Uint8Array> {
    const chunks = this.#chunks.reverse();
    this.#chunks = [];
    for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) yield chunk;
  }
}
