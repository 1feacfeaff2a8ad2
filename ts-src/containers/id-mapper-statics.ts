/** What the classes of id mappers can do: open, build, merge. */
import type { BuildOptions, BuildReport, Entries } from '../building/build.js';
import type { IdMapperPlan } from '../building/plan.js';
import { type BuildTarget, buildTo, buildToSync } from './build-target.js';
import type { ContainerOptions } from './container.js';
import type { AnyIdMapper } from './id-mapper.js';
import { type IdMapperGeneration, idMapperGeneration } from './id-mapper-generation.js';
import type { IdMapperKind } from './id-mapper-kinds.js';
import { type IdMapperParts, mergedEntries } from './merge.js';
import { type FileSource, openBytesAs, openFileAs } from './opening.js';
import type { ContainerForm } from './origin.js';
import type { KeyForm } from './table-keys.js';
import { verifyIdMapper } from './verify.js';

/** The static side of an id mapper class; `I` is what its instances are. */
export interface IdMapperStatics<KeyInput, I> {
  /** @internal */
  readonly kind: IdMapperKind;
  /** @internal */
  readonly keyForm: KeyForm;
  /**
   * Maps a file, or the part of it that `offset` and `size` name, or what a descriptor names. Simple and multi forms
   * open each other's files.
   * @throws system errors as Node's own; `CorruptDataError`, `UnsupportedError`; `SharedBuffersError` with
   *   `ERR_SHAREDBUFFERS_FILE_CHANGED` where a descriptor names a file that has changed
   */
  open<T extends I>(
    this: new (
      generation: IdMapperGeneration,
    ) => T,
    source: FileSource,
    options?: ContainerOptions,
  ): T;
  /** Reads an id mapper from bytes in memory, in place. */
  from<T extends I>(
    this: new (
      generation: IdMapperGeneration,
    ) => T,
    bytes: Uint8Array | ArrayBufferLike,
    options?: ContainerOptions,
  ): T;
  /** Builds from pairs of key and unsigned integer; the file appears when it is complete and synced. */
  build(
    entries: Entries<readonly [KeyInput, number | bigint]>,
    path: string | URL,
    options?: BuildOptions,
  ): Promise<BuildReport>;
  /** Builds into memory, and answers the bytes. */
  build(entries: Entries<readonly [KeyInput, number | bigint]>, options?: BuildOptions): Promise<Uint8Array>;
  /** `build` at once, without giving the thread to others. */
  buildSync(
    entries: Iterable<readonly [KeyInput, number | bigint]>,
    path: string | URL,
    options?: BuildOptions,
  ): BuildReport;
  /** `build` into memory, at once. */
  buildSync(entries: Iterable<readonly [KeyInput, number | bigint]>, options?: BuildOptions): Uint8Array;
  /**
   * Builds one id mapper of several with keys of the same sort, simple or multi: what `build` makes of all their
   * entries, one part after the other. Keys are copied as they are stored.
   * @throws InvalidTypeError where parts have other keys; what `build` throws
   */
  merge(parts: IdMapperParts, path: string | URL, options?: BuildOptions): Promise<BuildReport>;
  /** Merges into memory, and answers the bytes. */
  merge(parts: IdMapperParts, options?: BuildOptions): Promise<Uint8Array>;
  /** `merge` at once, without giving the thread to others. */
  mergeSync(parts: IdMapperParts, path: string | URL, options?: BuildOptions): BuildReport;
  /** `merge` into memory, at once. */
  mergeSync(parts: IdMapperParts, options?: BuildOptions): Uint8Array;
}

type Opener = new (generation: IdMapperGeneration) => AnyIdMapper<unknown>;
type Base = abstract new (generation: IdMapperGeneration) => AnyIdMapper<unknown>;

/** How the files of such a class are read. */
export function idMapperForm(idMapper: IdMapperKind): ContainerForm<IdMapperGeneration> {
  return {
    kind: 'id-mapper',
    accepts: ['id-mapper'],
    idMapper,
    generation: (region) => idMapperGeneration(region, idMapper),
    verify: verifyIdMapper,
  };
}

/** The class of an id mapper of that kind; whoever calls this says of what type it is. */
export function withStatics(base: Base, kind: IdMapperKind, form: KeyForm): unknown {
  const file = idMapperForm(kind);
  const plan: IdMapperPlan = { kind: 'id-mapper', idMapper: kind };
  const made = class extends (base as Opener) {
    static readonly kind = kind;
    static readonly keyForm = form;

    static open(this: Opener, source: FileSource, options?: ContainerOptions) {
      return openFileAs((generation) => new this(generation), source, options, file);
    }

    static from(this: Opener, bytes: Uint8Array | ArrayBufferLike, options?: ContainerOptions) {
      return openBytesAs((generation) => new this(generation), bytes, options, file);
    }

    static build(entries: Entries<unknown>, target?: BuildTarget, options?: BuildOptions) {
      return buildTo(plan, entries, target, options);
    }

    static buildSync(entries: Iterable<unknown>, target?: BuildTarget, options?: BuildOptions) {
      return buildToSync(plan, entries, target, options);
    }

    static async merge(parts: IdMapperParts, target?: BuildTarget, options?: BuildOptions) {
      return await buildTo(plan, mergedEntries(kind, parts), target, options);
    }

    static mergeSync(parts: IdMapperParts, target?: BuildTarget, options?: BuildOptions) {
      return buildToSync(plan, mergedEntries(kind, parts), target, options);
    }
  };
  Object.defineProperty(made, 'name', { value: kind.name });
  return made;
}
