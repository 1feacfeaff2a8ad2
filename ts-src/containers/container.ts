/** What all containers share: they hold a generation of opened data, and give it back once. */
import { fileURLToPath } from 'node:url';
import { ClosedError, describe, InvalidTypeError } from '../errors.js';
import { type OpenOptions, Region } from '../region.js';
import { bytesOf } from '../schema/schema.js';
import type { StructSchema } from '../types/struct.js';

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
}

/** What was opened together and is given back together. Replaced as a whole where a file is replaced. */
export interface Generation {
  readonly region: Region;
}

const optionNames = new Set(['offset', 'size', 'copy', 'maxDepth', 'maxValues', 'requireSlots', 'types']);

export abstract class Container<G extends Generation> {
  #generation: G | undefined;

  constructor(generation: G) {
    this.#generation = generation;
  }

  /** The data in use. */
  protected get generation(): G {
    if (this.#generation === undefined) throw new ClosedError();
    return this.#generation;
  }

  get closed(): boolean {
    return this.#generation === undefined || this.#generation.region.closed;
  }

  /**
   * Gives the mapping back. Whatever was read from it and not copied (records, views) throws `ClosedError` from then
   * on. Idempotent; a container that is not closed is given back when it is garbage collected.
   */
  close(): void {
    this.#generation?.region.close();
    this.#generation = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
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
    if (error instanceof Error) nameFile(error, path);
    throw error;
  }
}

/** The part of a buffer that a container is in, as a region of its own. */
export function regionOfBytes(
  bytes: Uint8Array | ArrayBufferLike,
  options: ContainerOptions | undefined,
): Region {
  checkOptions(options);
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

export function pathOf(path: unknown): string {
  if (typeof path === 'string') return path;
  if (path instanceof URL) return fileURLToPath(path);
  throw new InvalidTypeError(`expected the path of a file, found ${describe(path)}`);
}

function checkOptions(options: ContainerOptions | undefined): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) {
    throw new InvalidTypeError(`expected options as an object, found ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!optionNames.has(name)) {
      throw new InvalidTypeError(`unknown option "${name}"; the options are ${[...optionNames].join(', ')}`);
    }
  }
}

/** Says which file an error is about, where its message does not yet. */
function nameFile(error: Error, path: string | URL): void {
  const name = pathOf(path);
  if (!error.message.includes(name)) error.message = `${name}: ${error.message}`;
}
