/** What all containers share: they hold a generation of opened data, replace it as a whole, and give it back. */
import { fileURLToPath } from 'node:url';
import { checkAdvice } from '../advice.js';
import { ClosedError, describe, InvalidTypeError, SharedBuffersError } from '../errors.js';
import { type ContainerStats, type OpenOptions, Region } from '../region.js';
import { bytesOf } from '../schema/schema.js';
import type { StructSchema } from '../types/struct.js';
import type { ContainerDescriptor } from './descriptor.js';
import { Follower, type FollowOptions } from './follower.js';
import { nameFile, type Origin } from './origin.js';

/** Options of everything that opens a container. */
export interface ContainerOptions extends OpenOptions {
  /**
   * Checks on opening that every record has the slots that its schema requires: files built elsewhere may break that
   * promise. Looks at each record once.
   */
  requireSlots?: boolean;
  /**
   * Schemas of records that are stored with their typecode (`t.any`, members of collections): to name those that the
   * file describes, and to show what their proxies add. A schema that the file does not name needs `register`.
   */
  types?: readonly StructSchema[];
  /**
   * Checks all of the file on opening, and all of each file that takes its place: headers, order, pointers, strings,
   * checksums. Reads every byte.
   */
  verify?: boolean;
  /**
   * Notices that the path means another file, and reads that one from then on: `onChange` tells. It never keeps the
   * process alive. A descriptor then only says where the file is, whatever has become of it.
   */
  follow?: boolean | FollowOptions;
}

/** What happened to the file of a container; see `onChange`. */
export type ChangeEvent =
  /** Another file took its place, and is read from now on. */
  | { readonly type: 'changed'; readonly path: string }
  /** What the path means now cannot be read, or was written to in place. What was read before still is. */
  | { readonly type: 'failed'; readonly path: string; readonly error: Error };

/** What `onChange` calls. */
export type ChangeListener = (event: ChangeEvent) => void;

/** What was opened together and is given back together. Replaced as a whole where a file is replaced. */
export interface Generation {
  readonly region: Region;
}

const optionNames = new Set([
  'offset',
  'size',
  'copy',
  'maxDepth',
  'maxValues',
  'requireSlots',
  'types',
  'verify',
  'follow',
  'preload',
  'advise',
]);

/** Says where a container that was just made came from, and has it follow its file where that was asked for. */
export function setOrigin<G extends Generation>(container: Container<G>, origin: Origin<G>): void {
  adopt(container, origin);
}

/** Says that a container is a part of something that is replaced as a whole. */
export function setWithin(container: Container<Generation>, within: string): void {
  const origin = originOf(container);
  if (origin !== undefined) origin.within = within;
}

/** The opened data of a container, for the parts of this library that look deeper. */
export function generationIn<G extends Generation>(container: Container<G>): G {
  return readGeneration(container);
}

let readGeneration: <G extends Generation>(container: Container<G>) => G;
let adopt: <G extends Generation>(container: Container<G>, origin: Origin<G>) => void;
let originOf: (container: Container<Generation>) => Origin<Generation> | undefined;

export abstract class Container<G extends Generation> {
  static {
    adopt = (container, origin) => container.#adopt(origin);
    originOf = (container) => container.#origin;
    readGeneration = (container) => container.generation;
  }

  #generation: G | undefined;
  #origin: Origin<G> | undefined;
  #follower: Follower | undefined;
  /** Regions that were replaced, for as long as somebody reads from them. */
  #replaced: WeakRef<Region>[] = [];
  readonly #listeners = new Set<{ readonly listener: ChangeListener }>();

  /** @param generation what opening made of a region; classes make their containers themselves */
  constructor(generation: G) {
    if (!(generation?.region instanceof Region)) {
      throw new InvalidTypeError(
        `new ${new.target.name}: containers are not made by hand; open a file with ${new.target.name}.open(path)`,
      );
    }
    this.#generation = generation;
  }

  /** The data in use. */
  protected get generation(): G {
    if (this.#generation === undefined) throw new ClosedError();
    return this.#generation;
  }

  /** Whether it was closed. Everything else but `close()` throws `ClosedError` then. */
  get closed(): boolean {
    return this.#generation === undefined || this.#generation.region.closed;
  }

  /**
   * Where its data are: `mapped`, pages of a file that all processes share; `private`, a copy of a file, as with `copy:
   * true` and where the runtime forbids buffers over memory that it does not own; `bytes`, the caller's buffer.
   */
  get storage(): Region['storage'] {
    return this.#open().region.storage;
  }

  /**
   * What opens the same data in another thread or process: plain data, for `postMessage`, `workerData` and `fork`.
   * @throws InvalidTypeError for containers over bytes, and for parts of others, which are not in a file by themselves
   */
  get descriptor(): ContainerDescriptor {
    const { file } = this.#open().region;
    if (this.#origin !== undefined && file !== undefined) return this.#origin.describe(file);
    throw new InvalidTypeError(
      'only what was opened from a file has a descriptor: write bytes to a file and open that; for the records and the ' +
        'id mapper of a mapping, pass the descriptor of the mapping on',
      'ERR_SHAREDBUFFERS_INVALID_ARGUMENT',
    );
  }

  /**
   * What the data take of the machine's memory. Takes a few milliseconds at most, so that it can be asked every second.
   * `lost` says whether the mapped file was cut short under its readers.
   */
  stats(): ContainerStats {
    return this.#open().region.stats();
  }

  /**
   * Reads the file that the path means now, if that is another one than before, and answers whether it is. From then
   * on everything that is asked of the container comes from the new file; records, iterators and views that were
   * read before keep the old one, which goes when the last of them is garbage collected. Containers over bytes
   * answer `false`.
   * @throws what `open` throws, and SharedBuffersError `ERR_SHAREDBUFFERS_FILE_CHANGED` where somebody wrote to the
   *   file in place; what was read before still is
   */
  refresh(): boolean {
    const current = this.#open();
    const { region } = current;
    const next = region.file && this.#origin?.readAgain(current);
    if (next === undefined) {
      region.requireIntact();
      return false;
    }
    this.#replaced = this.#replaced.filter((each) => each.deref() !== undefined);
    this.#replaced.push(new WeakRef(region));
    this.#generation = next;
    this.switched();
    this.#tell({ type: 'changed', path: this.#origin?.path as string });
    return true;
  }

  /**
   * Tells of each file that took the place of the one before, by `follow` or by `refresh()`, and of each that `follow`
   * found and could not read; where nobody listens, the latter are warnings of the process.
   * @returns what ends that
   */
  onChange(listener: ChangeListener): () => void {
    if (typeof listener !== 'function') {
      throw new InvalidTypeError(`onChange: expected a function, found ${describe(listener)}`);
    }
    const entry = { listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /**
   * Gives the mapping back, and those of replaced files that somebody still reads. Whatever was read from them and not
   * copied (records, views) throws `ClosedError` from then on. Idempotent; a container that is not closed is given back
   * when it is garbage collected.
   */
  close(): void {
    this.#follower?.stop();
    this.#follower = undefined;
    this.#listeners.clear();
    for (const each of this.#replaced) each.deref()?.close();
    this.#replaced = [];
    this.#generation?.region.close();
    this.#generation = undefined;
  }

  /** Closes it, at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Called when another generation took the place of the one before. */
  protected switched(): void {}

  #open(): G {
    if (this.closed) throw new ClosedError();
    return this.#generation as G;
  }

  #adopt(origin: Origin<G>): void {
    this.#origin = origin;
    const { follow } = origin.options;
    if (!follow) return;
    // Weakly, so that following does not keep a container that everybody else has lost.
    const container = new WeakRef(this);
    this.#follower = new Follower(origin.path, follow === true ? {} : follow, {
      isGone: () => container.deref()?.closed ?? true,
      refresh: () => container.deref()?.refresh(),
      failed(error) {
        const target = container.deref();
        if (target !== undefined) target.#tell({ type: 'failed', path: origin.path, error });
      },
    });
  }

  #tell(event: ChangeEvent): void {
    if (event.type === 'failed' && this.#listeners.size === 0) warnOf(event.error);
    for (const { listener } of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // The switch is made, and the others are to know: what a listener throws is an uncaught error, as anywhere.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

function warnOf(error: Error): void {
  process.emitWarning(`${error.message}; the data that was read before is kept`, {
    type: 'SharedBuffersWarning',
    ...(error instanceof SharedBuffersError && { code: error.code }),
  });
}

/** Opens a file for a container: the region is closed again where making the container of it fails. */
export function openFileWith<T>(
  path: string | URL,
  options: ContainerOptions | undefined,
  make: (region: Region) => T,
): T {
  checkOptions(options);
  const region = Region.openFile(pathOf(path), options);
  try {
    return make(region);
  } catch (error) {
    region.close();
    throw nameFile(error, pathOf(path));
  }
}

/** The part of a buffer that a container is in, as a region of its own. */
export function regionOfBytes(
  bytes: Uint8Array | ArrayBufferLike,
  options: ContainerOptions | undefined,
): Region {
  checkOptions(options);
  if (typeof bytes === 'string') {
    throw new InvalidTypeError(
      `expected a Uint8Array or an ArrayBuffer, found ${describe(bytes)}; a file is opened by open(path)`,
    );
  }
  const whole = bytesOf(bytes);
  const offset = options?.offset ?? 0;
  const end = options?.size === undefined ? whole.length : offset + options.size;
  if (!(offset >= 0 && offset <= end && end <= whole.length)) {
    throw new InvalidTypeError(
      `bytes ${offset} to ${end} were asked for, the buffer has ${whole.length}`,
      'ERR_SHAREDBUFFERS_INVALID_ARGUMENT',
    );
  }
  // A region of its own, even for a whole buffer, so that closing the container closes nothing else.
  return Region.fromBytes(whole.subarray(offset, end), options);
}

/** Whether something is the path of a file. */
export function isPath(target: unknown): target is string | URL {
  return typeof target === 'string' || target instanceof URL;
}

export function pathOf(path: unknown): string {
  if (typeof path === 'string') return path;
  if (path instanceof URL) return fileURLToPath(path);
  throw new InvalidTypeError(`expected the path of a file, found ${describe(path)}`);
}

export function checkOptions(options: ContainerOptions | undefined): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) {
    throw new InvalidTypeError(`expected options as an object, found ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!optionNames.has(name)) {
      throw new InvalidTypeError(`unknown option "${name}"; the options are ${[...optionNames].join(', ')}`);
    }
  }
  checkAdvice(options);
  for (const name of ['copy', 'requireSlots', 'verify'] as const) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'boolean') {
      throw new InvalidTypeError(`option ${name}: expected a boolean, found ${describe(value)}`);
    }
  }
  const { follow } = options;
  if (
    follow !== undefined &&
    typeof follow !== 'boolean' &&
    (typeof follow !== 'object' || follow === null)
  ) {
    throw new InvalidTypeError(`option follow: expected true or an object, found ${describe(follow)}`);
  }
}
