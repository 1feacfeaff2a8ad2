/** Where a build appends bytes: a file, or memory. */
import { constants } from 'node:buffer';
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { TooLargeError } from '../errors.js';
import { Region } from '../region.js';
import { done, pause, perform, type Steps } from './steps.js';

export interface Spool {
  /** Bytes appended so far. */
  readonly size: number;
  /** The bytes may be used otherwise when the work is done. */
  append(bytes: Uint8Array): Steps<void>;
  /** Writes over the first bytes, which were appended as one piece of that length. */
  replaceStart(bytes: Uint8Array): Steps<void>;
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
  size = 0;

  constructor(
    readonly file: number,
    readonly path: string,
  ) {}

  *append(bytes: Uint8Array): Steps<void> {
    yield* this.#write(bytes, this.size);
    this.size += bytes.length;
  }

  *replaceStart(bytes: Uint8Array): Steps<void> {
    yield* this.#write(bytes, 0);
  }

  *moveTo(target: Spool): Steps<void> {
    const buffer = Buffer.allocUnsafeSlow(Math.min(copyBytes, this.size));
    for (let position = 0; position < this.size; ) {
      const length = Math.min(buffer.length, this.size - position);
      const count = yield* this.#read(buffer, length, position);
      if (count === 0) throw new Error(`${this.path} became shorter while it was in use`);
      yield* target.append(buffer.subarray(0, count));
      position += count;
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

  #read(buffer: Uint8Array, length: number, position: number): Steps<number> {
    const { file } = this;
    return perform({
      now: () => fs.readSync(file, buffer, 0, length, position),
      soon: async () => (await readSoon(file, buffer, 0, length, position)).bytesRead,
    });
  }
}

export class MemorySpool implements Spool {
  size = 0;
  #chunks: Uint8Array[] = [];

  append(bytes: Uint8Array): Steps<void> {
    this.#chunks.push(new Uint8Array(bytes));
    this.size += bytes.length;
    return done(undefined);
  }

  replaceStart(bytes: Uint8Array): Steps<void> {
    this.#chunks[0] = new Uint8Array(bytes);
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
    const whole = new Uint8Array(this.size);
    let position = 0;
    for (const chunk of this.#takeChunks()) {
      whole.set(chunk, position);
      position += chunk.length;
      yield pause;
    }
    return whole;
  }

  openRegion(): Region {
    return Region.fromBytes(Buffer.concat(this.#chunks));
  }

  /** One chunk after the other, without holding on to those that were given out. */
  *#takeChunks(): Generator<Uint8Array> {
    const chunks = this.#chunks.reverse();
    this.#chunks = [];
    for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) yield chunk;
  }
}
