/** What the classes of mappings can do: open and build. */
import type { BuildOptions, BuildReport, Entries } from '../building/build.js';
import type { Plan } from '../building/plan.js';
import { describe, InvalidTypeError } from '../errors.js';
import { Schema } from '../schema/schema.js';
import { type BuildTarget, buildTo, buildToSync } from './build-target.js';
import type { ContainerOptions } from './container.js';
import type { IdMapperClass } from './id-mapper.js';
import { requireSchema } from './mapped-array.js';
import type { AnyMapping } from './mapping.js';
import { type MappingGeneration, mappingGeneration } from './mapping-generation.js';
import type { MultiIdMapperClass } from './multi-id-mapper.js';
import { type FileSource, openBytesAs, openFileAs } from './opening.js';
import type { ContainerForm } from './origin.js';
import type { KeyForm } from './table-keys.js';
import { verifyMapping } from './verify.js';

export type AnyIdMapperClass = IdMapperClass<unknown> | MultiIdMapperClass<unknown>;

/** The static side of a mapping class; `M` is what its instances are. */
export interface MappingStatics<KeyInput, Input, M> {
  /** @internal */
  readonly keyForm: KeyForm;
  /** The class of the id mapper within. */
  readonly idMapper: AnyIdMapperClass;
  /**
   * Maps a file, or the part of it that `offset` and `size` name, or what a descriptor names. Simple and multi forms
   * open each other's files.
   * @throws system errors as Node's own; `CorruptDataError`, `UnsupportedError`; `SharedBuffersError` with
   *   `ERR_SHAREDBUFFERS_SCHEMA_MISMATCH` where the stored schema does not fit the declared one, with
   *   `ERR_SHAREDBUFFERS_FILE_CHANGED` where a descriptor names a file that has changed
   */
  open<T extends M>(
    this: new (
      generation: MappingGeneration,
    ) => T,
    source: FileSource,
    options?: ContainerOptions,
  ): T;
  /** Reads a mapping from bytes in memory, in place. */
  from<T extends M>(
    this: new (
      generation: MappingGeneration,
    ) => T,
    bytes: Uint8Array | ArrayBufferLike,
    options?: ContainerOptions,
  ): T;
  /** Builds from pairs of key and record; the file appears under its name when it is complete and synced. */
  build(
    entries: Entries<readonly [KeyInput, Input]>,
    path: string | URL,
    options?: BuildOptions,
  ): Promise<BuildReport>;
  /** Builds in memory. */
  build(entries: Entries<readonly [KeyInput, Input]>, options?: BuildOptions): Promise<Uint8Array>;
  /** `build` at once, without giving the thread to others. */
  buildSync(
    entries: Iterable<readonly [KeyInput, Input]>,
    path: string | URL,
    options?: BuildOptions,
  ): BuildReport;
  /** `build` into memory, at once. */
  buildSync(entries: Iterable<readonly [KeyInput, Input]>, options?: BuildOptions): Uint8Array;
}

type Opener = new (generation: MappingGeneration) => AnyMapping<unknown, object>;

/** How the files of such a class are read. */
export function mappingForm(
  kind: 'mapping' | 'multi-mapping',
  { kind: idMapper }: AnyIdMapperClass,
  schema: Schema | undefined,
): ContainerForm<MappingGeneration> {
  return {
    kind,
    accepts: kind === 'mapping' ? ['mapping', 'multi-mapping'] : ['multi-mapping', 'mapping'],
    idMapper,
    generation: (region, options, before) => mappingGeneration(region, idMapper, schema, options, before),
    verify: verifyMapping,
  };
}

/** The class of mappings by such an id mapper; whoever calls this says of what type it is. */
export function withMappingStatics(
  base: Opener,
  kind: 'mapping' | 'multi-mapping',
  idMapper: AnyIdMapperClass,
  schema: Schema | undefined,
): unknown {
  const form = mappingForm(kind, idMapper, schema);
  const plan = (): Plan => ({ kind, idMapper: idMapper.kind, schema: requireSchema(schema) });
  return class extends base {
    static readonly keyForm = idMapper.keyForm;
    static readonly idMapper = idMapper;

    static open(this: Opener, source: FileSource, options?: ContainerOptions) {
      return openFileAs((generation) => new this(generation), source, options, form);
    }

    static from(this: Opener, bytes: Uint8Array | ArrayBufferLike, options?: ContainerOptions) {
      return openBytesAs((generation) => new this(generation), bytes, options, form);
    }

    static build(entries: Entries<unknown>, target?: BuildTarget, options?: BuildOptions) {
      return buildTo(plan(), entries, target, options);
    }

    static buildSync(entries: Iterable<unknown>, target?: BuildTarget, options?: BuildOptions) {
      return buildToSync(plan(), entries, target, options);
    }
  };
}

/** @throws InvalidTypeError where that is no id mapper or no schema */
export function checkMappingParts(maker: string, idMapper: unknown, schema: unknown): void {
  if (typeof idMapper !== 'function' || (idMapper as Partial<AnyIdMapperClass>).kind === undefined) {
    throw new InvalidTypeError(
      `${maker}: expected an id mapper class first, such as StringIdMapper, found ${describe(idMapper)}`,
    );
  }
  if (schema !== undefined && !(schema instanceof Schema)) {
    throw new InvalidTypeError(`${maker}: expected a Schema second, found ${describe(schema)}`);
  }
}
