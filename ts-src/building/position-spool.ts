/** The positions of records, in their order: the first ones in memory, and where there are many all in a spool. */
import { writeSafeInteger } from '../types/numbers.js';
import type { Spool } from './spool.js';
import type { Steps } from './steps.js';

const positionBytes = 8;
const smallestBytes = 8 * 1024;
const largestBytes = 512 * 1024;

export class PositionSpool {
  count = 0;
  readonly #openSpool: () => Steps<Spool>;
  #spool: Spool | undefined;
  #bytes = Buffer.allocUnsafeSlow(smallestBytes);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** @param openSpool called when memory for it is used up */
  constructor(openSpool: () => Steps<Spool>) {
    this.#openSpool = openSpool;
  }

  /** Whether `flush` must come before another position. */
  get isFull(): boolean {
    return this.#length >= largestBytes;
  }

  add(position: number): void {
    if (this.#length === this.#bytes.length) this.#grow();
    writeSafeInteger(this.#view, this.#length, position);
    this.#length += positionBytes;
    this.count++;
  }

  *flush(): Steps<void> {
    this.#spool ??= yield* this.#openSpool();
    yield* this.#spool.append(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }

  /** Appends all positions to an output; none is left then. */
  *moveTo(output: Spool): Steps<void> {
    if (this.#spool !== undefined) yield* this.#spool.moveTo(output);
    yield* output.append(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }

  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    this.#bytes.copy(grown);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
