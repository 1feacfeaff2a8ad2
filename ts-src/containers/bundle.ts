/** Bundles: several named containers in one zip file of stored entries, each read in place. */
import { statSync } from 'node:fs';
import { describe, OutOfRangeError } from '../errors.js';
import { changeBetween, stateOfUnheld } from '../file-state.js';
import { Region } from '../region.js';
import {
  type AsyncBundleEntries,
  type BundleBuildOptions,
  type BundleEntries,
  type BundleReport,
  buildBundle,
  buildBundleSync,
} from './bundle-building.js';
import { Container, type ContainerOptions, type Generation, setWithin } from './container.js';
import { crc32 } from './crc32.js';
import { FindingList, type Verification } from './findings.js';
import { findKind } from './kind.js';
import { type AnyContainer, open as openAny, typeOf } from './open.js';
import { type FileSource, isFileSource, openBytesAs, openFileAs } from './opening.js';
import type { ContainerForm } from './origin.js';
import { dataOffsetOf, readDirectory, refusalOf, type ZipDirectory, type ZipEntry } from './zip-reading.js';

export interface BundleGeneration extends Generation {
  readonly region: Region;
  readonly directory: ZipDirectory;
  readonly options: ContainerOptions;
}

/** An entry, as the directory of the bundle has it. */
export interface BundleEntry {
  /** Its name, unique within the bundle. */
  readonly name: string;
  /** Bytes of its content, unpacked where it is compressed. */
  readonly size: number;
  /** CRC-32 of its content. */
  readonly checksum: number;
  /** Why it cannot be read in place: `compressed (deflate)`, `encrypted`; `undefined` where it can. */
  readonly refused: string | undefined;
}

/** What opens an entry: the class of a container. */
export interface BundleEntryClass {
  new (generation: never): { readonly closed: boolean; close(): void };
  /** Opens what is in a file. */
  open(path: string, options?: ContainerOptions): unknown;
  /** Opens what bytes hold. */
  from(bytes: Uint8Array, options?: ContainerOptions): unknown;
}

type Opened = InstanceType<BundleEntryClass>;

/**
 * A bundle of named containers. Containers are opened when they are first asked for, and closed with the bundle.
 * Other files may be among them, as `bytes`.
 */
export class Bundle extends Container<BundleGeneration> {
  /** By name, and by the class that they were opened with: `undefined` for what they say they are. */
  readonly #opened = new Map<string, Map<BundleEntryClass | undefined, Opened>>();
  /** Those of files that were replaced, for as long as somebody reads from them. */
  #replaced: WeakRef<Opened>[] = [];

  /**
   * Maps a bundle by its path or its descriptor, or reads one from bytes in memory. Where another file takes its place
   * (`follow`, `refresh`), containers are asked for anew: those that were opened before keep what they have.
   * @param options also those that its containers are opened with
   * @throws system errors as Node's own; `CorruptDataError` where that is no zip file; `SharedBuffersError` with
   *   `ERR_SHAREDBUFFERS_FILE_CHANGED` where a descriptor names a file that has changed
   */
  static open(source: FileSource | Uint8Array | ArrayBufferLike, options?: ContainerOptions): Bundle {
    return isFileSource(source)
      ? openFileAs(makeBundle, source, options, bundleForm)
      : openBytesAs(makeBundle, source, options, bundleForm);
  }

  /**
   * Builds a bundle of pairs [name, source], each the path of a file, bytes, an open container, or a container to be
   * built in its place: `{ container: Cities, entries }`. The file appears, or replaces the one that is there, when
   * it is complete and synced.
   * @throws InvalidTypeError, OutOfRangeError for names that cannot be; what reading and building the sources throws
   */
  static build(
    entries: AsyncBundleEntries,
    path: string | URL,
    options?: BundleBuildOptions,
  ): Promise<BundleReport> {
    return buildBundle(entries, path, options);
  }

  /** `build` without giving the thread to others. */
  static buildSync(entries: BundleEntries, path: string | URL, options?: BundleBuildOptions): BundleReport {
    return buildBundleSync(entries, path, options);
  }

  /** How many entries there are. */
  get size(): number {
    return this.generation.directory.entries.size;
  }

  /** Whether there is an entry of that name. */
  has(name: string): boolean {
    return this.generation.directory.entries.has(name);
  }

  /** The names of all entries, in the order of the directory. */
  names(): MapIterator<string> {
    return this.generation.directory.entries.keys();
  }

  /**
   * The container of that name, as what it says it is; `undefined` where there is none.
   * @throws UnsupportedError where it is compressed, or does not say what it is, as containers built by Python do
   *   not: open those with `open`
   */
  get(name: string): AnyContainer | undefined {
    return this.has(name) ? (this.#open(name, undefined) as AnyContainer) : undefined;
  }

  /**
   * The container of that name, as one of a class. The same one as long as it is not closed.
   * @throws OutOfRangeError where there is none; UnsupportedError where it is compressed; what the class throws
   */
  open<C extends BundleEntryClass>(name: string, type: C): InstanceType<C> {
    return this.#open(name, type) as InstanceType<C>;
  }

  /**
   * The content of an entry, in place: whatever it is. Empty when the bundle is closed.
   * @throws OutOfRangeError where there is none; UnsupportedError where it is compressed
   */
  bytes(name: string): Uint8Array {
    const { region } = this.generation;
    const { size } = this.#entry(name);
    return region.bytesAt(this.#dataOffset(name), size, `the entry ${describe(name)}`);
  }

  /** What the directory says of an entry; `undefined` where there is none. */
  entry(name: string): BundleEntry | undefined {
    const entry = this.generation.directory.entries.get(name);
    return entry && { name, size: entry.size, checksum: entry.crc, refused: refusalOf(entry) };
  }

  /**
   * Where the content of an entry is in the file: options with which it can be opened without the bundle.
   * @throws OutOfRangeError where there is none; UnsupportedError where it is compressed
   */
  placeOf(name: string): { offset: number; size: number } {
    const offset = (this.generation.options.offset ?? 0) + this.#dataOffset(name);
    return { offset, size: this.#entry(name).size };
  }

  /** Whether the content of an entry is what was written, by its checksum. Reads all of it. */
  isIntact(name: string): boolean {
    const { region } = this.generation;
    const { size, crc } = this.#entry(name);
    const start = this.#dataOffset(name);
    let found = 0;
    for (let at = 0; at < size; at += checkedBytes) {
      const piece = region.bytesAt(start + at, Math.min(checkedBytes, size - at), 'an entry');
      found = crc32(piece, found);
    }
    return found === crc;
  }

  /** Pairs of name and container, as `get` answers them. */
  *[Symbol.iterator](): Generator<[string, AnyContainer], undefined, unknown> {
    for (const name of this.names()) yield [name, this.get(name) as AnyContainer];
    return undefined;
  }

  /** Gives all mappings back, those of the containers too. Idempotent. */
  override close(): void {
    for (const each of this.#openedOnes()) each.close();
    for (const each of this.#replaced) each.deref()?.close();
    this.#opened.clear();
    this.#replaced = [];
    super.close();
  }

  protected override switched(): void {
    this.#replaced = this.#replaced.filter((each) => each.deref()?.closed === false);
    for (const each of this.#openedOnes()) this.#replaced.push(new WeakRef(each));
    this.#opened.clear();
  }

  #openedOnes(): Opened[] {
    return [...this.#opened.values()].flatMap((containers) => [...containers.values()]);
  }

  #entry(name: string): ZipEntry {
    const { entries } = this.generation.directory;
    const entry = entries.get(name);
    if (entry !== undefined) return entry;
    const names = [...entries.keys()].slice(0, 20).map(describe).join(', ');
    throw new OutOfRangeError(
      `the bundle has no entry ${describe(name)}; it has ${names || 'none'}${entries.size > 20 ? ', …' : ''}`,
      'ERR_SHAREDBUFFERS_INVALID_ARGUMENT',
    );
  }

  #dataOffset(name: string): number {
    const { region, directory } = this.generation;
    return dataOffsetOf(region, directory, this.#entry(name));
  }

  #open(name: string, type: BundleEntryClass | undefined): Opened {
    const before = this.#opened.get(name)?.get(type);
    if (before !== undefined && !before.closed) return before;
    try {
      const opened = this.#openPart(name, type);
      const containers = this.#opened.get(name) ?? new Map();
      this.#opened.set(name, containers.set(type, opened));
      return opened;
    } catch (error) {
      if (error instanceof Error && !error.message.includes(describe(name))) {
        error.message = `the entry ${describe(name)} of the bundle: ${error.message}`;
      }
      throw error;
    }
  }

  /**
   * A container has a mapping of its own, of its part of the file (or a private copy of that, where the bundle has one of
   * the file), so that it can be closed by itself, and passed on to other threads by the file's name. If the name means
   * another file by now, it is seen through what the bundle has.
   */
  #openPart(name: string, type: BundleEntryClass | undefined): Opened {
    const { options } = this.generation;
    const { offset: _offset, size: _size, follow: _follow, ...limits } = options;
    const path = this.#unchangedPath();
    if (path !== undefined) {
      const part = { ...limits, ...this.placeOf(name) };
      const opened = (type === undefined ? openAny(path, part) : type.open(path, part)) as Opened;
      if (opened instanceof Container) setWithin(opened, `the bundle ${path}`);
      if (this.#unchangedPath() !== undefined) return opened;
      opened.close();
    }
    const { copy: _copy, ...rest } = limits;
    const bytes = this.bytes(name);
    return (type === undefined ? openAny(bytes, rest) : type.from(bytes, rest)) as Opened;
  }

  /** The path of the file if there is one and it is still the one that was opened. */
  #unchangedPath(): string | undefined {
    const { file, path } = this.generation.region;
    if (file === undefined || path === undefined) return undefined;
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats !== undefined && changeBetween(file, stateOfUnheld(stats)) === 'none' ? path : undefined;
  }
}

const makeBundle = (generation: BundleGeneration) => new Bundle(generation);

/** How bundles are read. */
export const bundleForm: ContainerForm<BundleGeneration> = {
  kind: 'bundle',
  accepts: ['bundle'],
  idMapper: undefined,
  generation: (region, options) => ({ region, directory: readDirectory(region), options: options ?? {} }),
  verify: verifyBundle,
};

/** Checks the checksums of all entries, and all of those entries that say what they are. */
export function* verifyBundle(generation: BundleGeneration, findings: FindingList): Verification {
  const bundle = new Bundle(generation);
  let seen = 0;
  for (const name of bundle.names()) {
    // What cannot be read in place may be fine all the same.
    if (bundle.entry(name)?.refused !== undefined) continue;
    yield seen;
    const { options } = generation;
    const start = bundle.placeOf(name).offset - (options.offset ?? 0);
    const own = new FindingList(findings.limit);
    if (!bundle.isIntact(name)) own.add(0, 'its checksum differs from what was written');
    let rows = 0;
    for (rows of verifyEntry(bundle.bytes(name), options, own)) yield seen + rows;
    seen += rows;
    for (const { offset, message } of own.list)
      findings.add(start + offset, `entry ${describe(name)}: ${message}`);
    findings.count += own.count - own.list.length;
  }
  yield seen;
}

function* verifyEntry(bytes: Uint8Array, options: ContainerOptions, findings: FindingList): Verification {
  const region = Region.fromBytes(bytes);
  if (findKind(region) === undefined) return;
  try {
    const { form } = typeOf(region, undefined);
    const { types } = options;
    if (form.verify) yield* form.verify(form.generation(region, types && { types }), findings);
  } catch (error) {
    findings.addError(error, 0);
  }
}

const checkedBytes = 2 ** 20;
