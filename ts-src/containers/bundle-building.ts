/** Building of bundles: what goes into them, and the two loops over it. */
import type { BuildOptions, BuildReport, Entries } from '../building/build.js';
import { checkEntries, checkSyncEntries, isAsync, untilAborted } from '../building/entries.js';
import { readFile } from '../building/reading-steps.js';
import { runNow, runSoon, type Steps } from '../building/steps.js';
import { openWorkspace } from '../building/workspace.js';
import { describe, InvalidTypeError } from '../errors.js';
import { Region } from '../region.js';
import { bytesOf } from '../schema/schema.js';
import { BundleWriter } from './bundle-writer.js';
import { isPath, pathOf } from './container.js';
import type { IdTable } from './id-table.js';
import { readKind } from './kind.js';
import type { RecordSource } from './record-source.js';

/** A container to be built in its place in the bundle, without a file of its own. */
export interface BundlePlan {
  /** The class, as `mappingOf` and the like make it. */
  readonly container: {
    build(entries: never, path: string, options?: BuildOptions): Promise<BuildReport>;
    buildSync(entries: never, path: string, options?: BuildOptions): BuildReport;
  };
  /** What its `build` takes. */
  readonly entries: Entries<unknown>;
  /** Options of its build. */
  readonly options?: BuildOptions;
}

/** What an entry is made of: the path of a file, bytes, an open container, or one to be built. */
export type BundleSource =
  | string
  | URL
  | Uint8Array
  | ArrayBufferLike
  | OpenArray
  | OpenTable
  | OpenMapping
  | BundlePlan;

/** Open containers, by what shows where their bytes are. */
interface OpenArray {
  readonly source: RecordSource;
}
interface OpenTable {
  readonly table: IdTable;
}
interface OpenMapping extends OpenTable {
  readonly records: OpenArray;
}

/** Pairs of name and source. */
export type BundleEntries = Iterable<readonly [name: string, source: BundleSource]>;
/** Pairs of name and source, which may come asynchronously. */
export type AsyncBundleEntries = BundleEntries | AsyncIterable<readonly [name: string, source: BundleSource]>;

/** How far the build of a bundle is. */
export interface BundleProgress {
  /** The entry at hand; `undefined` when all are done. */
  readonly entry: string | undefined;
  /** How many are complete. */
  readonly entries: number;
  /** Bytes of the bundle so far. */
  readonly bytes: number;
}

/** What the build of a bundle may be asked for: options of builds that make sense for all of it. */
export interface BundleBuildOptions
  extends Pick<BuildOptions, 'signal' | 'memoryLimit' | 'tempDir' | 'sync'> {
  /** Is told how far the build is, some times a second. What it throws ends the build. */
  onProgress?: (progress: BundleProgress) => void;
}

/** What came of the build of a bundle. */
export interface BundleReport {
  /** The file that was built. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** How many entries it has. */
  readonly entries: number;
  /** How long it took. */
  readonly seconds: number;
}

export async function buildBundle(
  entries: AsyncBundleEntries,
  path: string | URL,
  options?: BundleBuildOptions,
): Promise<BundleReport> {
  const job = new BundleJob(path, options);
  const input = checkEntries(entries);
  const workspace = await runSoon(openWorkspace(job.path, job.options.tempDir, job.options.sync));
  try {
    const writer = new BundleWriter(workspace);
    const check = job.checkOf(writer);
    const { signal } = job.options;
    for await (const entry of signal !== undefined && isAsync(input) ? untilAborted(input, signal) : input) {
      const [name, source] = job.begin(entry);
      if (isPlan(source)) {
        const { target, end } = await runSoon(writer.beginBuilt(name), check);
        await source.container.build(
          source.entries as never,
          target as never,
          job.memberOptions(source, check),
        );
        await runSoon(end(), check);
      } else {
        await runSoon(addSource(writer, name, source), check);
      }
    }
    await runSoon(writer.finish(), check);
    await runSoon(workspace.complete(), check);
    await runSoon(workspace.publish());
    return job.report(writer);
  } catch (error) {
    // Why the build failed matters more than why that could not be tidied up.
    await runSoon(workspace.discard()).catch(() => {});
    throw error;
  }
}

export function buildBundleSync(
  entries: BundleEntries,
  path: string | URL,
  options?: BundleBuildOptions,
): BundleReport {
  const job = new BundleJob(path, options);
  const input = checkSyncEntries(entries);
  const workspace = runNow(openWorkspace(job.path, job.options.tempDir, job.options.sync));
  try {
    const writer = new BundleWriter(workspace);
    const check = job.checkOf(writer);
    for (const entry of input) {
      const [name, source] = job.begin(entry);
      if (isPlan(source)) {
        const { target, end } = runNow(writer.beginBuilt(name), check);
        source.container.buildSync(
          source.entries as never,
          target as never,
          job.memberOptions(source, check),
        );
        runNow(end(), check);
      } else {
        runNow(addSource(writer, name, source), check);
      }
    }
    runNow(writer.finish(), check);
    runNow(workspace.complete(), check);
    runNow(workspace.publish());
    return job.report(writer);
  } catch (error) {
    try {
      runNow(workspace.discard());
    } catch {
      // Why the build failed matters more.
    }
    throw error;
  }
}

const optionNames: readonly string[] = ['onProgress', 'signal', 'memoryLimit', 'tempDir', 'sync'];
const millisecondsBetween = 100;

/** What both loops need to know of one build. */
class BundleJob {
  /** The file that was built. */
  readonly path: string;
  readonly options: BundleBuildOptions;
  readonly #start = performance.now();
  #entry: string | undefined;
  #told = Number.NEGATIVE_INFINITY;

  constructor(path: string | URL, options: BundleBuildOptions | undefined) {
    this.path = pathOf(path);
    this.options = checkOptions(options);
    this.options.signal?.throwIfAborted();
  }

  begin(entry: unknown): [string, BundleSource] {
    if (!Array.isArray(entry) || entry.length !== 2) {
      throw new InvalidTypeError(`expected an entry of a bundle, [name, source], found ${describe(entry)}`);
    }
    this.#entry = entry[0];
    return entry as [string, BundleSource];
  }

  /** Between the steps of the work: ends it where it was aborted, else says how far it is. */
  checkOf(writer: BundleWriter): () => void {
    return () => {
      this.options.signal?.throwIfAborted();
      if (performance.now() - this.#told >= millisecondsBetween) this.#tell(writer);
    };
  }

  /** The options of a plan, and those of the bundle where it has none. */
  memberOptions({ options = {} }: BundlePlan, check: () => void): BuildOptions {
    const { signal, memoryLimit } = this.options;
    const { onProgress } = options;
    return {
      ...(signal !== undefined && { signal }),
      ...(memoryLimit !== undefined && { memoryLimit }),
      ...options,
      onProgress(progress) {
        onProgress?.(progress);
        check();
      },
    };
  }

  report(writer: BundleWriter): BundleReport {
    this.#entry = undefined;
    this.#tell(writer);
    const seconds = (performance.now() - this.#start) / 1000;
    return { path: this.path, bytes: writer.size, entries: writer.count, seconds };
  }

  #tell(writer: BundleWriter): void {
    this.#told = performance.now();
    this.options.onProgress?.({ entry: this.#entry, entries: writer.count, bytes: writer.size });
  }
}

function checkOptions(options: BundleBuildOptions | undefined): BundleBuildOptions {
  const given: unknown = options ?? {};
  if (typeof given !== 'object' || given === null) {
    throw new InvalidTypeError(`expected options as an object, found ${describe(options)}`);
  }
  for (const name of Object.keys(given)) {
    if (optionNames.includes(name)) continue;
    throw new InvalidTypeError(`unknown option "${name}"; the options are ${optionNames.join(', ')}`);
  }
  const { onProgress, signal, tempDir, sync } = given as BundleBuildOptions;
  expectOption('onProgress', 'a function', onProgress, typeof onProgress === 'function');
  expectOption('signal', 'an AbortSignal', signal, signal instanceof AbortSignal);
  expectOption('tempDir', 'the path of a folder', tempDir, typeof tempDir === 'string');
  expectOption('sync', 'a boolean', sync, typeof sync === 'boolean');
  return given;
}

function expectOption(name: string, expected: string, value: unknown, valid: boolean): void {
  if (value === undefined || valid) return;
  throw new InvalidTypeError(`option ${name}: expected ${expected}, found ${describe(value)}`);
}

function isPlan(source: unknown): source is BundlePlan {
  return isObject(source) && 'container' in source && 'entries' in source;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function addSource(
  writer: BundleWriter,
  name: string,
  source: Exclude<BundleSource, BundlePlan>,
): Steps<void> {
  if (isPath(source)) return writer.add(name, (append) => readFile(pathOf(source), append));
  if (source instanceof Uint8Array || source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) {
    const bytes = bytesOf(source);
    if (bytes.length <= pieceBytes) return writer.addWhole(name, bytes);
    return writer.add(name, (append) => append(bytes));
  }
  const { region, start, end } = placeOf(name, source);
  return writer.add(name, (append) => copyRegion(region, start, end, append));
}

/** Where the bytes of an open container are. */
function placeOf(
  name: string,
  source: OpenArray | OpenTable | OpenMapping,
): { region: Region; start: number; end: number } {
  if (isObject(source) && 'table' in source && source.table.region instanceof Region) {
    const { region, sections } = source.table;
    const kind = readKind(region, sections)?.kind;
    if (!('records' in source) && kind !== undefined && kind !== 'id-mapper') {
      throw new InvalidTypeError(
        `the entry ${describe(name)}: an id mapper within a ${kind}; give the ${kind}`,
      );
    }
    return { region, start: 0, end: region.size };
  }
  if (isObject(source) && 'source' in source && source.source.region instanceof Region) {
    const { region, offset, end } = source.source;
    return { region, start: offset, end };
  }
  throw new InvalidTypeError(
    `the entry ${describe(name)}: expected a path, bytes, an open container, or { container, entries } to be ` +
      `built, found ${describe(source)}`,
  );
}

const pieceBytes = 2 ** 20;

function* copyRegion(
  region: Region,
  start: number,
  end: number,
  append: (bytes: Uint8Array) => Steps<void>,
): Steps<void> {
  for (let position = start; position < end; position += pieceBytes) {
    const length = Math.min(pieceBytes, end - position);
    yield* append(region.bytesAt(position, length, 'a container'));
  }
}
