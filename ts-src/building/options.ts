/** The options of a build, its progress and its report. */
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import type { Plan } from './plan.js';

const policies = ['error', 'first', 'last', 'keep'] as const;

const indexes = ['none', 'radix', 'direct'] as const;

/** What a file has, beyond its sorted rows, to find keys faster. */
export type IndexChoice = (typeof indexes)[number];

/** What becomes of entries whose keys are equal. */
export type DuplicatePolicy = (typeof policies)[number];

/** What a build may be asked for. */
export interface BuildOptions {
  /**
   * What becomes of entries whose keys are equal: the build fails (`'error'`, the default), the one given first or
   * last wins, or all rows are kept, of which lookups find the first (`'keep'`; among numeric keys, that with the
   * least value). The records of dropped rows stay in the file, where only `records` shows them.
   */
  duplicates?: DuplicatePolicy;
  /**
   * Leaves out entries that repeat both key and value of another, where equal keys are kept; for multi forms. Among
   * records these are the ones that `dedupe`, which this implies, finds equal: all of them, unless the input has so
   * many distinct ones that it forgets some. The values of a key are in ascending order then; of records, this is the
   * order in which they were first met.
   */
  dropEqualPairs?: boolean;
  /**
   * Stores equal values once: records, and the values of their slots, that are packed to the same bytes. Remembers as
   * many of the latest as an eighth of `memoryLimit` allows, so that of equal values far apart some are stored again.
   */
  dedupe?: boolean;
  /**
   * Within one record the same object is stored once. `'build'` extends that over the whole build, for the objects
   * met lately: what was stored when an object was first met is what all records refer to, so it must not be changed
   * and used again. Default `'record'`.
   */
  idmap?: 'record' | 'build';
  /**
   * What the file has to find keys faster, beyond its sorted rows: `'radix'`, a table of 1 to 2 bytes a row that leads to
   * a few neighbouring rows; `'direct'`, for keys that are numbers or stored strings, another one of about 23 bytes a
   * row, from keys to records at once; `'none'`. Python's readers look at neither, and readers of this library work
   * without. Where a table would not pay, as for a few rows, it is left out. Default: `'direct'` where every key has one
   * value, `'radix'` for multi-mappings.
   */
  index?: IndexChoice;
  /** Is told how far the build is, some times a second. What it throws ends the build. */
  onProgress?: (progress: BuildProgress) => void;
  /** Ends the build; what it rejects with is the reason of the abort. */
  signal?: AbortSignal;
  /**
   * How many bytes a build into a file may hold in memory, however large the input: what waits to be written, rows
   * while they are sorted and merged, what `dedupe` and `idmap` remember. What the runtime needs for itself, and one
   * record as it is being packed, come on top. Default 256 MiB.
   */
  memoryLimit?: number;
  /** Where records wait until the id table before them is complete, and rows to be merged. Default: the folder of the file. */
  tempDir?: string;
  /**
   * Whether the file, and its name in its folder, are on the disk before the build ends, so that they outlast a loss of
   * power. Without that it ends sooner, and the system writes the file when it sees fit; what others see of it is
   * complete all the same. Default true.
   */
  sync?: boolean;
}

export type BuildPhase = 'packing' | 'sorting' | 'writing';

/** How far a build is. */
export interface BuildProgress {
  /** Records are packed first, then rows sorted, then all of it is put together in the file. */
  readonly phase: BuildPhase;
  /** How much of the phase is done, 0 to 1; `undefined` while it packs input of unknown length. */
  readonly done: number | undefined;
  /** Entries taken so far. */
  readonly records: number;
  /** Bytes packed so far. */
  readonly bytes: number;
}

/** What came of a build. */
export interface BuildReport {
  /** The file that was built. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** Entries taken from the input. */
  readonly records: number;
  /** Records stored, or values of an id mapper. */
  readonly values: number;
  /** How long it took. */
  readonly seconds: number;
  /** Rows left out because of their keys, by `duplicates: 'first'` or `'last'`. */
  readonly duplicatesDropped: number;
}

/** Options as they were checked. */
export interface BuildSettings {
  readonly duplicates: DuplicatePolicy;
  readonly index: IndexChoice;
  readonly onProgress: ((progress: BuildProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly tempDir: string | undefined;
  readonly sync: boolean;
  readonly dropEqualPairs: boolean;
  /** How many bytes are packed before they are written. */
  readonly flushBytes: number;
  /** What packers have room for: more than that, for the record that goes beyond it. */
  readonly packerBytes: number;
  /** How many bytes of rows are sorted at once; sorting needs that much again. */
  readonly runBytes: number;
  /** How many bytes are used for merging. */
  readonly mergeBytes: number;
  /** How many bytes are used for an index while it is built. */
  readonly indexBytes: number;
  /** How many bytes are used to find equal values; `undefined` where these are not looked for. */
  readonly dedupeBytes: number | undefined;
  /** How many objects are remembered over the whole build; `undefined` where none is. */
  readonly idmapValues: number | undefined;
}

const optionNames: readonly string[] = [
  'duplicates',
  'dropEqualPairs',
  'dedupe',
  'idmap',
  'index',
  'onProgress',
  'signal',
  'memoryLimit',
  'tempDir',
  'sync',
];
const defaultMemoryLimit = 256 * 2 ** 20;
const smallestMemoryLimit = 2 ** 20;
const largestFlush = 2 ** 20;
const packerReserve = 64 * 1024;
/** What an object that is remembered may take: the object itself, which stays alive, and its place in a map. */
const bytesOfObject = 4096;

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
  const { onProgress, signal, tempDir, sync, dropEqualPairs, dedupe, idmap } = given;
  expectOption('onProgress', 'a function', onProgress, typeof onProgress === 'function');
  expectOption('signal', 'an AbortSignal', signal, signal instanceof AbortSignal);
  expectOption('tempDir', 'the path of a folder', tempDir, typeof tempDir === 'string');
  expectOption('sync', 'a boolean', sync, typeof sync === 'boolean');
  expectOption('dropEqualPairs', 'a boolean', dropEqualPairs, typeof dropEqualPairs === 'boolean');
  expectOption('dedupe', 'a boolean', dedupe, typeof dedupe === 'boolean');
  expectOption('idmap', "'record' or 'build'", idmap, idmap === 'record' || idmap === 'build');
  const duplicates = checkPolicy(plan, given.duplicates);
  if (dropEqualPairs) checkEqualPairs(plan, duplicates);
  const index = checkIndex(plan, given.index);
  const limit = checkLimit(given.memoryLimit);
  const flushBytes = Math.min(largestFlush, Math.floor(limit / 16));
  return {
    duplicates,
    index,
    dropEqualPairs: dropEqualPairs ?? false,
    onProgress,
    signal,
    tempDir,
    sync: sync ?? true,
    flushBytes,
    packerBytes: flushBytes + packerReserve,
    runBytes: Math.floor(limit / 8),
    mergeBytes: Math.floor(limit / 8),
    indexBytes: Math.floor(limit / 8),
    dedupeBytes: dedupe || dropEqualPairs ? Math.floor(limit / 8) : undefined,
    idmapValues: idmap === 'build' ? Math.ceil(limit / 8 / bytesOfObject) : undefined,
  };
}

function checkEqualPairs(plan: Plan, duplicates: DuplicatePolicy): void {
  if (plan.kind === 'array' || !plan.idMapper.multi) {
    throw new InvalidTypeError('option dropEqualPairs: only where a key may have several values');
  }
  if (duplicates !== 'keep') {
    throw new InvalidTypeError("option dropEqualPairs: goes with duplicates: 'keep' alone");
  }
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

function checkIndex(plan: Plan, index: IndexChoice | undefined): IndexChoice {
  if (plan.kind === 'array') {
    if (index === undefined) return 'none';
    throw new InvalidTypeError('option index: an array has no keys to find');
  }
  if (index === undefined) return plan.idMapper.multi ? 'radix' : 'direct';
  if (indexes.includes(index)) return index;
  throw new InvalidTypeError(
    `option index: expected ${indexes.map((name) => `'${name}'`).join(', ')}, found ${describe(index)}`,
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
