/** Opening containers: from a path, from a descriptor, from bytes. */
import { resolve } from 'node:path';
import { isAnyArrayBuffer } from 'node:util/types';
import { InvalidTypeError } from '../errors.js';
import type { FileState } from '../file-state.js';
import type { Region } from '../region.js';
import {
  type Container,
  type ContainerOptions,
  checkOptions,
  type Generation,
  isPath,
  openFileWith,
  pathOf,
  regionOfBytes,
  setOrigin,
} from './container.js';
import { type ContainerDescriptor, checkDescriptor, optionsOf, requireUnchanged } from './descriptor.js';
import { checkKind } from './kind.js';
import { type ContainerForm, generationOf, Origin } from './origin.js';

/** What names a file. */
export type FileSource = string | URL | ContainerDescriptor;

/** Whether something names a file; bytes do not. Whether it is a descriptor is looked at on opening. */
export function isFileSource(source: unknown): source is FileSource {
  return !ArrayBuffer.isView(source) && !isAnyArrayBuffer(source);
}

/** What makes containers of a class, and what it makes them of. */
export interface ContainerType<G extends Generation, C extends Container<G>> {
  readonly make: (generation: G) => C;
  readonly form: ContainerForm<G>;
}

/** Says what a region holds, by itself or by what its descriptor says. */
export type Chooser<G extends Generation, C extends Container<G>> = (
  region: Region,
  described: ContainerDescriptor | undefined,
) => ContainerType<G, C>;

export function openFile<G extends Generation, C extends Container<G>>(
  source: FileSource,
  options: ContainerOptions | undefined,
  choose: Chooser<G, C>,
): C {
  checkOptions(options);
  const place = placeOf(source, options);
  return openFileWith(place.path, place.options, (region) => {
    const { described } = place;
    // Who follows a file wants what it is now.
    if (described !== undefined && !place.options.follow)
      requireUnchanged(described, region.file as FileState);
    const { make, form } = choose(region, described);
    if (described !== undefined) checkKind(described, form.accepts, form.idMapper);
    const container = make(generationOf(form, region, place.options));
    setOrigin(container, new Origin(resolve(place.path), form, place.options));
    return container;
  });
}

interface Place {
  readonly path: string;
  readonly options: ContainerOptions;
  readonly described?: ContainerDescriptor;
}

function placeOf(source: FileSource, options: ContainerOptions = {}): Place {
  if (isPath(source) || typeof source !== 'object' || source === null)
    return { path: pathOf(source), options };
  const described = checkDescriptor(source);
  if (options.offset !== undefined || options.size !== undefined) {
    throw new InvalidTypeError(
      'options offset and size: the descriptor says already where in its file the container is',
      'ERR_SHAREDBUFFERS_INVALID_ARGUMENT',
    );
  }
  return { path: described.path, options: { ...optionsOf(described), ...options }, described };
}

/** `openFile` for a class that takes one form and no other. */
export function openFileAs<G extends Generation, C extends Container<G>>(
  make: (generation: G) => C,
  source: FileSource,
  options: ContainerOptions | undefined,
  form: ContainerForm<G>,
): C {
  return openFile(source, options, () => ({ make, form }));
}

export function openBytesAs<G extends Generation, C extends Container<G>>(
  make: (generation: G) => C,
  bytes: Uint8Array | ArrayBufferLike,
  options: ContainerOptions | undefined,
  form: ContainerForm<G>,
): C {
  return make(generationOf(form, regionToKeep(bytes, options), options));
}

/** @throws InvalidTypeError for options that only a file can have */
export function regionToKeep(
  bytes: Uint8Array | ArrayBufferLike,
  options: ContainerOptions | undefined,
): Region {
  const region = regionOfBytes(bytes, options);
  if (!options?.follow) return region;
  throw new InvalidTypeError(
    'option follow: bytes in memory have no path that could mean something else',
    'ERR_SHAREDBUFFERS_INVALID_ARGUMENT',
  );
}
