/** The options of a build, its progress and its report. */
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import type { Plan } from './plan.js';

const policies = ['error', 'first', 'last', 'keep'] as const;

/** What becomes of entries whose keys are equal. */
export type DuplicatePolicy = (typeof policies)[number];

export interface BuildOptions {
  /**
   * What becomes of entries whose keys are equal: the build fails (`'error'`, the default), the one given first or
   * last wins, or all rows are kept, of which lookups find the first (`'keep'`; among numeric keys, that with the
   * least value). The records of dropped rows stay in the file, where only `records` shows them.
   */
  duplicates?: DuplicatePolicy;
  /** Is told how far the build is, some times a second. What it throws ends the build. */
  onProgress?: (progress: BuildProgress) => void;
  /** Ends the build; what it rejects with is the reason of the abort. */
  signal?: AbortSignal;
  /**
   * How many bytes of packed records and keys may wait in memory to be written. What is sorted or indexed is in
   * memory besides: 16 to 24 bytes a key (twice that while sorting), 8 bytes a record. Default 256 MiB.
   */
  memoryLimit?: number;
  /** Where records wait until the id table before them is complete. Default: the folder of the file. */
  tempDir?: string;
}

export type BuildPhase = 'packing' | 'sorting' | 'writing';

export interface BuildProgress {
  readonly phase: BuildPhase;
  /** How much of the phase is done, 0 to 1; `undefined` while it packs input of unknown length. */
  readonly done: number | undefined;
  /** Entries taken so far. */
  readonly records: number;
  /** Bytes packed so far. */
  readonly bytes: number;
}

export interface BuildReport {
  /** The file that was built. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** Entries taken from the input. */
  readonly records: number;
  /** Records stored, or values of an id mapper. */
  readonly values: number;
  readonly seconds: number;
  /** Rows left out because of their keys, by `duplicates: 'first'` or `'last'`. */
  readonly duplicatesDropped: number;
}

/** Options as they were checked. */
export interface BuildSettings {
  readonly duplicates: DuplicatePolicy;
  readonly onProgress: ((progress: BuildProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly tempDir: string | undefined;
  /** How many bytes are packed before they are written. */
  readonly flushBytes: number;
}

const optionNames: readonly string[] = ['duplicates', 'onProgress', 'signal', 'memoryLimit', 'tempDir'];
const defaultMemoryLimit = 256 * 2 ** 20;
const smallestMemoryLimit = 2 ** 20;
const largestFlush = 2 ** 20;

/** @throws InvalidTypeError, OutOfRangeError that name the option */
export function checkOptions(plan: Plan, options: BuildOptions | undefined): BuildSettings {
  const given: BuildOptions = options ?? {};
  if (typeof given !== 'object') {
    throw new InvalidTypeError(`expected options as an object, found ${describe(options)}`);
  }
  for (const name of Object.keys(given)) {
    if (!optionNames.includes(name)) {
      throw new InvalidTypeError(`unknown option "${name}"; the options are ${optionNames.join(', ')}`);
    }
  }
  const { onProgress, signal, tempDir } = given;
  expectOption('onProgress', 'a function', onProgress, typeof onProgress === 'function');
  expectOption('signal', 'an AbortSignal', signal, signal instanceof AbortSignal);
  expectOption('tempDir', 'the path of a folder', tempDir, typeof tempDir === 'string');
  return {
    duplicates: checkPolicy(plan, given.duplicates),
    onProgress,
    signal,
    tempDir,
    flushBytes: Math.min(largestFlush, Math.floor(checkLimit(given.memoryLimit) / 16)),
  };
}

function expectOption(name: string, expected: string, value: unknown, valid: boolean): void {
  if (value === undefined || valid) return;
  throw new InvalidTypeError(`option ${name}: expected ${expected}, found ${describe(value)}`);
}

function checkPolicy(plan: Plan, policy: DuplicatePolicy | undefined): DuplicatePolicy {
  if (plan.kind === 'array') {
    if (policy === undefined) return 'keep';
    throw new InvalidTypeError('option duplicates: an array has no keys that could be equal');
  }
  if (policy === undefined) return plan.idMapper.multi ? 'keep' : 'error';
  if (policies.includes(policy)) return policy;
  throw new InvalidTypeError(
    `option duplicates: expected ${policies.map((name) => `'${name}'`).join(', ')}, found ${describe(policy)}`,
  );
}

function checkLimit(limit: number | undefined): number {
  if (limit === undefined) return defaultMemoryLimit;
  expectOption('memoryLimit', 'a number of bytes', limit, typeof limit === 'number');
  if (limit >= smallestMemoryLimit) return limit;
  throw new OutOfRangeError(
    `option memoryLimit: expected at least ${smallestMemoryLimit} bytes, found ${limit}`,
  );
}
