/** Standard output, written in large pieces and no faster than it is read. */
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';

const pieceLength = 2 ** 16;

export class Output {
  #pending = '';

  constructor(
    readonly stream: NodeJS.WritableStream,
    readonly signal: AbortSignal,
  ) {}

  /** Takes a line; whoever prints many calls `settle` between them. */
  line(text: string): void {
    this.#pending += `${text}\n`;
  }

  /** Whether enough is pending that it should be written: then `flush` is to be awaited. */
  get isFull(): boolean {
    return this.#pending.length >= pieceLength;
  }

  /** Writes what is pending, waits while the reader is slow, and gives signals a turn. */
  async flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    if (text !== '' && !this.stream.write(text)) await once(this.stream, 'drain', { signal: this.signal });
    else await nextTurn();
    this.signal.throwIfAborted();
  }
}

/** A reader that has seen enough, as `head` has, is no failure: the program ends. */
export function endQuietlyWhenClosed(stream: NodeJS.WritableStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') process.exit(0);
    throw error;
  });
}
