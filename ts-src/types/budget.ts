/** What one read may cost. A small file can describe far more than it holds, since values may be pointed to twice. */
import { TooLargeError } from '../errors.js';
import type { Region } from '../region.js';

/** Text and bytes count as one value for every so many characters or bytes. */
const unitsPerValue = 64;

export class Budget {
  #left: number;

  /** @param further values beyond the limit of the region that are paid for */
  constructor(
    readonly region: Region,
    further = 0,
  ) {
    this.#left = region.limits.maxValues + further;
  }

  /** Pays for so many values before they are read. */
  take(count: number): void {
    this.#left -= count;
    if (this.#left < 0) {
      const { maxValues } = this.region.limits;
      throw new TooLargeError(
        `a collection of more than ${maxValues} values; read it through a view (t.listView, …) or raise maxValues`,
      );
    }
  }

  /** Pays for a text or bytes that were read. */
  takeUnits(length: number): void {
    if (length >= unitsPerValue) this.take(Math.floor(length / unitsPerValue));
  }
}

export function requireDepth(region: Region, depth: number): void {
  const { maxDepth } = region.limits;
  if (depth >= maxDepth) {
    throw new TooLargeError(
      `values nest deeper than ${maxDepth}, or in a cycle; raise maxDepth to read them`,
    );
  }
}

/** The budget of the exact read that is going on: records within collections start reads of their own. */
let current: Budget | undefined;

/** Lets all that `read` reads pay from one budget, that of the outermost such call. */
export function withBudget<T>(region: Region, read: (budget: Budget) => T): T {
  if (current !== undefined) return read(current);
  current = new Budget(region);
  try {
    return read(current);
  } finally {
    current = undefined;
  }
}

/**
 * What one comparison, hash or conversion may cost. These follow views from value to value, where no budget goes
 * along, and a small file can make that endless.
 */
const effort = { depth: 0, steps: 0 };
const maxEffortDepth = 512;
const maxEffortSteps = 16_000_000;

/** To be called before the members of a collection are looked at, with `leaveEffort` in a `finally`. */
export function enterEffort(): void {
  if (effort.depth === 0) effort.steps = 0;
  effort.depth++;
  effort.steps++;
  if (effort.depth > maxEffortDepth || effort.steps > maxEffortSteps) {
    effort.depth--;
    throw new TooLargeError('values nest too deeply, or in a cycle, to look at all of them at once');
  }
}

export function leaveEffort(): void {
  effort.depth--;
}

/** Says that so many members are looked at. */
export function countEffort(count: number): void {
  effort.steps += count;
}
