/** Where a build appends bytes: a file, or memory. */
import { constants } from 'node:buffer';
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { TooLargeError } from '../errors.js';
import { native, type RegionHandle } from '../native/index.js';
import { Region } from '../region.js';
import { done, pause, perform, type Steps } from './steps.js';

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
  /**
   * The same for native code alone, to be closed by `native.closeRegion`. Nothing of a file stays mapped then, as it does
   * until the views of a region are collected, for which Windows would not let the file be replaced or removed.
   */
  openHandle(): RegionHandle;
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

  /** @param start where the region begins */
  openRegion(start = 0): Region {
    return Region.openFile(this.path, { offset: start, size: this.size - start });
  }

  openHandle(start = 0): RegionHandle {
    return native.openRegion(this.path, start, this.size - start);
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
  readonly #memory = native.createMemory();

  append(bytes: Uint8Array): Steps<void> {
    native.appendMemory(this.#memory, bytes);
    this.size += bytes.length;
    return done(undefined);
  }

  replace(position: number, bytes: Uint8Array): Steps<void> {
    native.writeMemory(this.#memory, position, bytes);
    return done(undefined);
  }

  read(target: Uint8Array, position: number): Steps<void> {
    native.readMemory(this.#memory, position, target);
    return done(undefined);
  }

  *moveTo(target: Spool): Steps<void> {
    if (target instanceof MemorySpool) {
      native.moveMemory(this.#memory, target.#memory);
      target.size += this.size;
      this.size = 0;
      return;
    }
    const buffer = Buffer.allocUnsafeSlow(Math.min(copyBytes, this.size));
    while (this.size > 0) {
      const part = buffer.subarray(0, Math.min(buffer.length, this.size));
      this.#shift(part);
      yield* target.append(part);
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
    for (let position = 0; position < whole.length; position += copyBytes) {
      this.#shift(whole.subarray(position, position + copyBytes));
      yield pause;
    }
    return whole;
  }

  openRegion(): Region {
    return Region.fromBytes(this.#copy());
  }

  openHandle(): RegionHandle {
    return native.regionFromBytes(this.#copy());
  }

  #copy(): Uint8Array {
    const bytes = new Uint8Array(this.size);
    native.readMemory(this.#memory, 0, bytes);
    return bytes;
  }

  /** Gives the memory back: V8 does not know how much it is, and may not look for it for long. */
  free(): void {
    native.freeMemory(this.#memory);
    this.size = 0;
  }

  #shift(target: Uint8Array): void {
    native.shiftMemory(this.#memory, target);
    this.size -= target.length;
  }
}
