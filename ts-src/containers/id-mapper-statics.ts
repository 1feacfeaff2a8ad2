/** What the classes of id mappers can do: open, build, merge. */
import type { BuildOptions, BuildReport, Entries } from '../building/build.js';
import type { IdMapperPlan } from '../building/plan.js';
import { type BuildTarget, buildTo, buildToSync } from './build-target.js';
import { type ContainerOptions, openFileWith, regionOfBytes } from './container.js';
import type { AnyIdMapper } from './id-mapper.js';
import { type IdMapperGeneration, idMapperGeneration } from './id-mapper-generation.js';
import type { IdMapperKind } from './id-mapper-kinds.js';
import { type IdMapperParts, mergedEntries } from './merge.js';
import type { KeyForm } from './table-keys.js';

/** The static side of an id mapper class; `I` is what its instances are. */
export interface IdMapperStatics<KeyInput, I> {
  readonly kind: IdMapperKind;
  readonly keyForm: KeyForm;
  /**
   * Maps a file, or the part of it that `offset` and `size` name. Simple and multi forms open each other's files.
   * @throws system errors as Node's own; `CorruptDataError`, `UnsupportedError`
   */
  open<T extends I>(
    this: new (
      generation: IdMapperGeneration,
    ) => T,
    path: string | URL,
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
  build(entries: Entries<readonly [KeyInput, number | bigint]>, options?: BuildOptions): Promise<Uint8Array>;
  buildSync(
    entries: Iterable<readonly [KeyInput, number | bigint]>,
    path: string | URL,
    options?: BuildOptions,
  ): BuildReport;
  buildSync(entries: Iterable<readonly [KeyInput, number | bigint]>, options?: BuildOptions): Uint8Array;
  /**
   * Builds one id mapper of several with keys of the same sort, simple or multi: what `build` makes of all their
   * entries, one part after the other. Keys are copied as they are stored.
   * @throws InvalidTypeError where parts have other keys; what `build` throws
   */
  merge(parts: IdMapperParts, path: string | URL, options?: BuildOptions): Promise<BuildReport>;
  merge(parts: IdMapperParts, options?: BuildOptions): Promise<Uint8Array>;
  mergeSync(parts: IdMapperParts, path: string | URL, options?: BuildOptions): BuildReport;
  mergeSync(parts: IdMapperParts, options?: BuildOptions): Uint8Array;
}

type Opener = new (generation: IdMapperGeneration) => AnyIdMapper<unknown>;
type Base = abstract new (generation: IdMapperGeneration) => AnyIdMapper<unknown>;

/** The class of an id mapper of that kind; whoever calls this says of what type it is. */
export function withStatics(base: Base, kind: IdMapperKind, form: KeyForm): unknown {
  const plan: IdMapperPlan = { kind: 'id-mapper', idMapper: kind };
  const made = class extends (base as Opener) {
    static readonly kind = kind;
    static readonly keyForm = form;

    static open(this: Opener, path: string | URL, options?: ContainerOptions) {
      return openFileWith(path, options, (region) => new this(idMapperGeneration(region, kind)));
    }

    static from(this: Opener, bytes: Uint8Array | ArrayBufferLike, options?: ContainerOptions) {
      return new this(idMapperGeneration(regionOfBytes(bytes, options), kind));
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
