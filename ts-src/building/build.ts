/**
 * Building of containers: entries are packed and written as they come, the result appears under its name when it is
 * complete. `build` shares the thread with others, `buildSync` does not; what they build is the same.
 */
import { fileURLToPath } from 'node:url';
import { describe, InvalidTypeError } from '../errors.js';
import { type Assembly, beginAssembly } from './assembly.js';
import {
  checkEntries,
  checkSyncEntries,
  type Entries,
  entryCount,
  isAsync,
  untilAborted,
} from './entries.js';
import { type BuildOptions, type BuildReport, type BuildSettings, checkOptions } from './options.js';
import type { Plan } from './plan.js';
import { Progress } from './progress.js';
import { Slices } from './slices.js';
import { pause, runNow, runSoon } from './steps.js';
import { MemoryWorkspace, openWorkspace, type Workspace } from './workspace.js';

export type { Entries } from './entries.js';
export type { BuildOptions, BuildPhase, BuildProgress, BuildReport, DuplicatePolicy } from './options.js';
export type { ArrayPlan, IdMapperPlan, MappingPlan, Plan } from './plan.js';

/**
 * Builds into a file: records for an array, pairs [key, value] for an id mapper, [key, record] for a mapping. The
 * file appears, or replaces the one that is there, when it is complete and (but for `sync: false`) synced; until then, and where the build
 * fails, nothing of it is to be seen.
 * @throws InvalidTypeError, OutOfRangeError that name the record, its key and the slot; `SharedBuffersError` with
 *   `ERR_SHAREDBUFFERS_DUPLICATE_KEY`; system errors as Node's own; what the input throws; the reason of an abort
 */
export async function build(
  plan: Plan,
  entries: Entries<unknown>,
  path: string | URL,
  options?: BuildOptions,
): Promise<BuildReport> {
  const start = performance.now();
  const input = checkEntries(entries);
  const job = new Job(plan, entryCount(input), checkOptions(plan, options));
  const target = checkPath(path);
  const workspace = await runSoon(openWorkspace(target, job.settings.tempDir, job.settings.sync));
  try {
    const assembly = await job.assembleSoon(input, workspace);
    await runSoon(workspace.complete(), job.check);
    await runSoon(workspace.publish());
    job.progress.finished();
    return job.report(assembly, target, workspace.output.size, start);
  } catch (error) {
    // Why the build failed matters more than why that could not be tidied up.
    await runSoon(workspace.discard()).catch(() => {});
    throw error;
  }
}

/** Builds what becomes a part of something greater: whoever has the workspace completes and publishes that. */
export async function buildPart(
  plan: Plan,
  entries: Entries<unknown>,
  workspace: Workspace,
  options?: BuildOptions,
): Promise<undefined> {
  const input = checkEntries(entries);
  const job = new Job(plan, entryCount(input), checkOptions(plan, options));
  await job.assembleSoon(input, workspace);
  job.progress.finished();
  return undefined;
}

/** `buildPart` without giving the thread to others. */
export function buildPartSync(
  plan: Plan,
  entries: Iterable<unknown>,
  workspace: Workspace,
  options?: BuildOptions,
): undefined {
  const input = checkSyncEntries(entries);
  const job = new Job(plan, entryCount(input), checkOptions(plan, options));
  job.assembleNow(input, workspace);
  job.progress.finished();
  return undefined;
}

/** Builds the same bytes in memory. */
export async function buildToMemory(
  plan: Plan,
  entries: Entries<unknown>,
  options?: BuildOptions,
): Promise<Uint8Array> {
  const input = checkEntries(entries);
  const job = new Job(plan, entryCount(input), checkOptions(plan, options));
  const workspace = new MemoryWorkspace();
  try {
    await job.assembleSoon(input, workspace);
    const bytes = await runSoon(workspace.output.take(), job.check);
    job.progress.finished();
    return bytes;
  } finally {
    workspace.discard();
  }
}

/** `build` without giving the thread to others; without a path, into memory. */
export function buildSync(
  plan: Plan,
  entries: Iterable<unknown>,
  path: string | URL,
  options?: BuildOptions,
): BuildReport;
export function buildSync(
  plan: Plan,
  entries: Iterable<unknown>,
  path?: undefined,
  options?: BuildOptions,
): Uint8Array;
export function buildSync(
  plan: Plan,
  entries: Iterable<unknown>,
  path?: string | URL,
  options?: BuildOptions,
): BuildReport | Uint8Array {
  const input = checkSyncEntries(entries);
  const job = new Job(plan, entryCount(input), checkOptions(plan, options));
  return path === undefined ? buildInMemoryNow(job, input) : buildFileNow(job, input, checkPath(path));
}

function buildFileNow(job: Job, entries: Iterable<unknown>, target: string): BuildReport {
  const start = performance.now();
  const workspace = runNow(openWorkspace(target, job.settings.tempDir, job.settings.sync));
  try {
    const assembly = job.assembleNow(entries, workspace);
    runNow(workspace.complete(), job.check);
    runNow(workspace.publish());
    job.progress.finished();
    return job.report(assembly, target, workspace.output.size, start);
  } catch (error) {
    try {
      runNow(workspace.discard());
    } catch {
      // Why the build failed matters more.
    }
    throw error;
  }
}

function buildInMemoryNow(job: Job, entries: Iterable<unknown>): Uint8Array {
  const workspace = new MemoryWorkspace();
  try {
    job.assembleNow(entries, workspace);
    const bytes = runNow(workspace.output.take(), job.check);
    job.progress.finished();
    return bytes;
  } finally {
    workspace.discard();
  }
}

/** One build: the two loops over the input, and what both of them need. */
class Job {
  readonly progress: Progress;
  /** Between the steps of the work: ends it where it was aborted, else says how far it is. */
  readonly check = () => {
    this.settings.signal?.throwIfAborted();
    this.progress.update();
  };

  constructor(
    readonly plan: Plan,
    entryCount: number | undefined,
    readonly settings: BuildSettings,
  ) {
    this.progress = new Progress(settings.onProgress, entryCount);
    settings.signal?.throwIfAborted();
  }

  async assembleSoon(entries: Entries<unknown>, workspace: Workspace): Promise<Assembly> {
    const { settings, progress, check } = this;
    const assembly = await runSoon(beginAssembly(this.plan, workspace, settings), check);
    const slices = new Slices();
    if (isAsync(entries)) {
      const { signal } = settings;
      for await (const entry of signal === undefined ? entries : untilAborted(entries, signal)) {
        if (this.#take(assembly, entry) || slices.isOver()) await this.#rest(assembly, slices);
      }
    } else {
      for (const entry of entries) {
        if (this.#take(assembly, entry) || slices.isOver()) await this.#rest(assembly, slices);
      }
    }
    await runSoon(assembly.finish(progress), check);
    return assembly;
  }

  assembleNow(entries: Iterable<unknown>, workspace: Workspace): Assembly {
    const { progress, check } = this;
    const assembly = runNow(beginAssembly(this.plan, workspace, this.settings), check);
    for (const entry of entries) {
      if (!this.#take(assembly, entry)) continue;
      progress.bytes = assembly.packed;
      runNow(assembly.flush(), check);
      check();
    }
    runNow(assembly.finish(progress), check);
    return assembly;
  }

  report(assembly: Assembly, path: string, bytes: number, start: number): BuildReport {
    return {
      path,
      bytes,
      records: this.progress.records,
      values: assembly.values,
      seconds: (performance.now() - start) / 1000,
      duplicatesDropped: assembly.dropped,
    };
  }

  /** Adds an entry; answers whether it is time to write. */
  #take(assembly: Assembly, entry: unknown): boolean {
    assembly.add(entry);
    this.progress.records++;
    return assembly.isFull;
  }

  /** Writes if there is enough to write, and gives the thread to others if it is time. */
  async #rest(assembly: Assembly, slices: Slices): Promise<void> {
    this.progress.bytes = assembly.packed;
    if (assembly.isFull) await runSoon(assembly.flush(), this.check);
    if (slices.timeIsUp) {
      await pause.soon();
      slices.begin();
    }
    this.check();
  }
}

function checkPath(path: unknown): string {
  if (typeof path === 'string') return path;
  if (path instanceof URL) return fileURLToPath(path);
  throw new InvalidTypeError(`expected the path of a file to build, found ${describe(path)}`);
}
