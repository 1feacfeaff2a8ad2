/** Telling a caller how far a build is, some times a second. */
import type { BuildPhase, BuildSettings } from './options.js';
import type { Spool } from './spool.js';

const millisecondsBetween = 100;

export class Progress {
  /** Entries taken so far. */
  records = 0;
  /** Bytes packed so far. */
  bytes = 0;

  readonly #tell: BuildSettings['onProgress'];
  readonly #expected: number | undefined;
  #phase: BuildPhase = 'packing';
  #output: Spool | undefined;
  #total = 0;
  #told = Number.NEGATIVE_INFINITY;

  /** @param expected how many entries the input has, where it says so */
  constructor(tell: BuildSettings['onProgress'], expected: number | undefined) {
    this.#tell = tell;
    this.#expected = expected;
  }

  /** Says how far it is, unless it has just done so. */
  update(): void {
    if (this.#tell === undefined) return;
    const time = performance.now();
    if (time - this.#told < millisecondsBetween) return;
    this.#told = time;
    this.#say(this.#done());
  }

  sorting(): void {
    this.#begin('sorting');
  }

  /** @param total size that the output will have */
  writing(output: Spool, total: number): void {
    this.#output = output;
    this.#total = total;
    this.#begin('writing');
  }

  finished(): void {
    this.#say(1);
  }

  #begin(phase: BuildPhase): void {
    this.#phase = phase;
    this.#told = Number.NEGATIVE_INFINITY;
    this.update();
  }

  #say(done: number | undefined): void {
    this.#tell?.({ phase: this.#phase, done, records: this.records, bytes: this.bytes });
  }

  #done(): number | undefined {
    if (this.#phase === 'sorting') return 0;
    if (this.#output !== undefined) return Math.min(this.#output.size / this.#total, 1);
    return this.#expected === undefined ? undefined : Math.min(this.records / this.#expected, 1);
  }
}
