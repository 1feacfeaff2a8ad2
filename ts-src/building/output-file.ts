/** The file that becomes the result of a build. */
import type { RegionHandle } from '../native/index.js';
import type { Region } from '../region.js';
import { setSize } from './file-steps.js';
import { FileSpool } from './spool.js';
import { pause, runNow, type Steps } from './steps.js';

/** What one of Linux's huge pages has on most processors. */
const pieceBytes = 2 ** 21;

/**
 * Written in pieces of 2 MiB that begin at multiples of that: what comes in one call Linux keeps in one page, where the file
 * system can (XFS, and ext4 since 6.16), and maps as one. A lookup in a large table then waits less for the processor to find
 * out where pages are, which are 512 times fewer.
 */
export class OutputFile extends FileSpool {
  /** The last bytes, while they are less than a piece; they are not in the file yet. */
  #held: Buffer | undefined;
  #heldBytes = 0;

  override *append(bytes: Uint8Array): Steps<void> {
    for (let taken = 0; taken < bytes.length; ) {
      const room = pieceBytes - (this.size % pieceBytes);
      const left = bytes.length - taken;
      if (this.#heldBytes === 0 && left >= room) {
        const whole = room + Math.floor((left - room) / pieceBytes) * pieceBytes;
        yield* super.append(bytes.subarray(taken, taken + whole));
        taken += whole;
      } else {
        const part = bytes.subarray(taken, taken + room);
        this.#hold(part);
        taken += part.length;
        if (part.length === room) yield* this.flush();
        // Who appends expects that others have the thread now and then.
        else yield pause;
      }
    }
  }

  override *replace(position: number, bytes: Uint8Array): Steps<void> {
    const written = this.#writtenOf(position, bytes.length);
    if (written < bytes.length) {
      this.#held?.set(bytes.subarray(written), position + written - this.#writtenBytes);
    }
    if (written > 0) yield* super.replace(position, bytes.subarray(0, written));
  }

  /** Appends zeros that take no place on disk. */
  *skip(count: number): Steps<void> {
    yield* this.flush();
    this.size += count;
    // What comes next is held, and the zeros may be read before it is written.
    yield* setSize(this.file, this.size);
  }

  override *read(target: Uint8Array, position: number): Steps<void> {
    const written = this.#writtenOf(position, target.length);
    if (written > 0) yield* super.read(target.subarray(0, written), position);
    if (written < target.length) {
      const start = position + written - this.#writtenBytes;
      target.set((this.#held as Buffer).subarray(start, start + target.length - written), written);
    }
  }

  override openRegion(start?: number): Region {
    runNow(this.flush());
    return super.openRegion(start);
  }

  override openHandle(start?: number): RegionHandle {
    runNow(this.flush());
    return super.openHandle(start);
  }

  /** Writes what is held. */
  *flush(): Steps<void> {
    if (this.#held === undefined || this.#heldBytes === 0) return;
    const bytes = this.#held.subarray(0, this.#heldBytes);
    yield* super.replace(this.#writtenBytes, bytes);
    this.#heldBytes = 0;
  }

  get #writtenBytes(): number {
    return this.size - this.#heldBytes;
  }

  /** How many of the bytes of a range are in the file. */
  #writtenOf(position: number, length: number): number {
    return Math.min(Math.max(this.#writtenBytes - position, 0), length);
  }

  #hold(part: Uint8Array): void {
    this.#held ??= Buffer.allocUnsafeSlow(pieceBytes);
    this.#held.set(part, this.#heldBytes);
    this.#heldBytes += part.length;
    this.size += part.length;
  }
}
