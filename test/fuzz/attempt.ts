/** Running what may answer or throw an error of this library, and nothing else. */
import { SharedBuffersError } from 'sharedbuffers';
import type { Random } from './random.js';

/** What must not happen. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** One input's use: what it did last, and whether it has had its time. */
export class Attempts {
  /** What is being done; said of a finding. */
  doing = 'nothing';
  /** Calls so far. */
  calls = 0;
  readonly #deadline: number;

  /**
   * @param milliseconds after which no further call is begun: walks through garbage can be long, step by step
   * @param random decides on what is not done with every input, since it takes long
   */
  constructor(
    milliseconds: number,
    readonly random: Random,
  ) {
    this.#deadline = performance.now() + milliseconds;
  }

  get isOver(): boolean {
    return performance.now() > this.#deadline;
  }

  /** Answers what `run` answers; `undefined` where it threw an error of this library. */
  try<T>(doing: string, run: () => T): T | undefined {
    if (this.isOver) return undefined;
    this.calls++;
    const before = this.doing;
    this.doing = doing;
    try {
      return run();
    } catch (error) {
      if (error instanceof Violation) throw error;
      if (error instanceof SharedBuffersError) return undefined;
      throw new Violation(`${doing}: ${describeError(error)}`, { cause: error });
    } finally {
      this.doing = before;
    }
  }

  /**
   * `try`, once in a few times: an input is used for a part of everything, and many inputs for all of it, which finds
   * more in the same time.
   */
  sometimes(doing: string, run: () => unknown): void {
    if (this.random.oneIn(3)) this.try(doing, run);
  }

  /** The first values of what may be endless. */
  take<T>(doing: string, count: number, values: () => Iterable<T>): T[] {
    const taken: T[] = [];
    this.try(doing, () => {
      for (const value of values()) {
        taken.push(value);
        if (taken.length >= count || this.isOver) break;
      }
    });
    return taken;
  }
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
