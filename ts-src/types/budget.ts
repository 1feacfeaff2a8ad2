/**
 * What one read, comparison, search or check may cost. A small file can describe far more than it holds, since values may
 * be pointed to twice: what is paid for is bounded by what the bytes that are there can account for.
 */
import { TooLargeError } from '../errors.js';
import type { Region } from '../region.js';

/** Text and bytes count as one value for every so many characters or bytes. */
const unitsPerValue = 64;

export class Budget {
  readonly #allowed: number;
  #left: number;

  /**
   * @param allowed how many values; those that a copy may have, where it is not said
   * @param whole the budget that this one is a part of
   */
  constructor(
    readonly region: Region,
    allowed = region.limits.maxValues,
    readonly whole?: Budget,
  ) {
    this.#allowed = allowed;
    this.#left = allowed;
  }

  /** Pays for so many values before they are read. */
  take(count: number): void {
    this.whole?.take(count);
    this.#left -= count;
    if (this.#left < 0) {
      throw new TooLargeError(
        `more than ${this.#allowed} values at once, for which ${this.region.size} bytes cannot account or which are ` +
          'too many to copy; read them through views (t.listView, …), or raise maxValues',
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

const budgetsOfChecks = new WeakMap<object, Budget>();

/**
 * The budget of what one check of a file (known by its findings) looks at more than once: keys and members, for their
 * hashes, and long texts, which many may point to.
 */
export function budgetOfCheck(region: Region, findings: object): Budget {
  let budget = budgetsOfChecks.get(findings);
  if (budget === undefined) {
    budget = new Budget(region, region.limits.maxVisits);
    budgetsOfChecks.set(findings, budget);
  }
  return budget;
}

/**
 * The operation that is going on: a comparison, search, hash or conversion follows views from value to value, and a
 * small file can make that endless. What it reads is paid from one budget for each region; what it looks at in memory is
 * counted in steps.
 */
const operation = { depth: 0, steps: 0, budgets: [] as Budget[] };
const maxOperationDepth = 512;
const maxSteps = 16_000_000;
/** What looking into a collection takes, in steps: as much as so many numbers. */
const stepsPerCollection = 4;

/** Runs a part of an operation, in which the members of a collection are looked at. */
export function operate<T>(run: () => T): T {
  enterOperation();
  try {
    return run();
  } finally {
    leaveOperation();
  }
}

/** `operate` in two halves; `leaveOperation` belongs in a `finally`. */
export function enterOperation(): void {
  if (operation.depth === 0) {
    operation.steps = 0;
    operation.budgets = [];
  }
  if (operation.depth >= maxOperationDepth) {
    throw new TooLargeError('values nest too deeply, or in a cycle, to look at all of them at once');
  }
  countSteps(stepsPerCollection);
  operation.depth++;
}

export function leaveOperation(): void {
  operation.depth--;
}

/** Says that so many values are looked at. */
export function countSteps(count: number): void {
  operation.steps += count;
  if (operation.steps > maxSteps) {
    throw new TooLargeError('values hold too many others, or each other, to look at all of them at once');
  }
}

/** The budget that a value read now is paid from: that of the operation that is going on, else one of its own. */
export function budgetFor(region: Region): Budget {
  if (operation.depth === 0) return new Budget(region);
  for (const budget of operation.budgets) if (budget.region === region) return budget;
  const budget = new Budget(region, region.limits.maxVisits);
  operation.budgets.push(budget);
  return budget;
}

/**
 * A walk through a view, from item to item. Each is paid for like any read; all together have a limit that only values
 * which are shared over and over reach. Within an operation everything is paid from its budget.
 */
export class Walk {
  readonly #isPart = operation.depth > 0;
  readonly #all: Budget;

  constructor(region: Region) {
    this.#all = this.#isPart ? budgetFor(region) : new Budget(region, region.limits.maxWalk);
  }

  /** The budget of the next item. */
  next(): Budget {
    const all = this.#all;
    all.take(1);
    return this.#isPart ? all : new Budget(all.region, undefined, all);
  }
}

/** The budget of an item of a view: within an operation the item is paid for too. */
export function budgetForItem(region: Region): Budget {
  const budget = budgetFor(region);
  if (operation.depth > 0) budget.take(1);
  return budget;
}
