/** Id mappers: from keys to unsigned integers. */
import type { BuildOptions, BuildReport, Entries } from '../building/build.js';
import { InvalidTypeError, SharedBuffersError } from '../errors.js';
import { native } from '../native/index.js';
import type { Region } from '../region.js';
import { type BuildTarget, buildTo, buildToSync } from './build-target.js';
import { Container, type ContainerOptions, openFileWith, regionOfBytes } from './container.js';
import { type IdMapperKind, idMapperKinds } from './id-mapper-kinds.js';
import { IdTable } from './id-table.js';
import { checkKind, readKind } from './kind.js';

/** How the keys of a table come out when it is iterated. */
export type KeyForm = 'number' | 'bigint' | 'text';

export interface IdMapperGeneration {
  readonly region: Region;
  readonly table: IdTable;
  /** The value of a key; `undefined` where the key is absent. */
  readonly find: (key: unknown) => number | bigint | undefined;
}

/** @param region holds nothing but the table */
export function idMapperGeneration(region: Region, kind: IdMapperKind): IdMapperGeneration {
  const table = new IdTable(region, kind, 0, region.size);
  checkKind(readKind(region, table.sections), ['id-mapper'], kind);
  return mapperOfTable(table);
}

export function mapperOfTable(table: IdTable): IdMapperGeneration {
  return {
    region: table.region,
    table,
    find: native.createSearch(table.region.handle, table.searchSpec('value')),
  };
}

/** The key of a row, in the form that the id mapper answers keys in. */
export function keyOfRow(table: IdTable, row: number, form: KeyForm): string | number | bigint {
  if (form === 'text') return table.textKey(row);
  const key = table.firstColumn(row);
  if (form === 'bigint') return BigInt(key);
  if (typeof key === 'bigint') {
    throw new SharedBuffersError(
      'ERR_SHAREDBUFFERS_UNSAFE_INTEGER',
      `the key ${key} is beyond what a number holds exactly (2^53); use NumericIdMapper.bigint to read bigint keys`,
    );
  }
  return key;
}

export function requireStringKeys(table: IdTable): void {
  if (table.kind.keys === 'string') return;
  throw new InvalidTypeError(
    `keysAsBytes() is for string keys; the keys of a ${table.kind.name} are numbers`,
  );
}

/**
 * An id mapper, searched in place. `size` is the number of rows of its table, in whose order it iterates: by number,
 * or by hash.
 */
export abstract class IdMapper<K, KeyInput = K>
  extends Container<IdMapperGeneration>
  implements ReadonlyMap<K, number | bigint>
{
  /** How the keys of this class come out. */
  static readonly keyForm: KeyForm = 'text';

  get size(): number {
    return this.generation.table.rowCount;
  }

  /** The id table, for the parts of this library that look deeper. */
  get table(): IdTable {
    return this.generation.table;
  }

  /**
   * The value of a key: a `number`, or a `bigint` beyond 2^53; `undefined` where the key is absent, as anything is
   * that cannot be a key. Of equal keys the first row answers.
   */
  get(key: K | KeyInput): number | bigint | undefined {
    return this.generation.find(key);
  }

  has(key: K | KeyInput): boolean {
    return this.generation.find(key) !== undefined;
  }

  *keys(): MapIterator<K> {
    const { table } = this.generation;
    for (let row = 0; row < table.rowCount; row++) yield this.#key(table, row);
    return undefined;
  }

  /**
   * The keys of a table of strings as the bytes that are stored, whether they are text or not.
   * @throws InvalidTypeError where keys are numbers
   */
  *keysAsBytes(): MapIterator<Uint8Array> {
    const { table } = this.generation;
    requireStringKeys(table);
    for (let row = 0; row < table.rowCount; row++) yield table.bytesKey(row);
    return undefined;
  }

  *values(): MapIterator<number | bigint> {
    const { table } = this.generation;
    for (let row = 0; row < table.rowCount; row++) yield table.value(row);
    return undefined;
  }

  *entries(): MapIterator<[K, number | bigint]> {
    const { table } = this.generation;
    for (let row = 0; row < table.rowCount; row++) yield [this.#key(table, row), table.value(row)];
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[K, number | bigint]> {
    return this.entries();
  }

  forEach(callback: (value: number | bigint, key: K, mapper: this) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }

  #key(table: IdTable, row: number): K {
    return keyOfRow(table, row, (this.constructor as typeof IdMapper).keyForm) as K;
  }
}

/** The class of an id mapper: what opens and builds it, and what `mappingOf` takes. Extend it to add behaviour. */
export interface IdMapperClass<K, KeyInput = K> {
  new (generation: IdMapperGeneration): IdMapper<K, KeyInput>;
  readonly kind: IdMapperKind;
  readonly keyForm: KeyForm;
  /**
   * Maps a file, or the part of it that `offset` and `size` name.
   * @throws system errors as Node's own; `CorruptDataError`, `UnsupportedError`
   */
  open<T extends IdMapper<K, KeyInput>>(
    this: new (
      generation: IdMapperGeneration,
    ) => T,
    path: string | URL,
    options?: ContainerOptions,
  ): T;
  /** Reads an id mapper from bytes in memory, in place. */
  from<T extends IdMapper<K, KeyInput>>(
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
}

function idMapperClass<K, KeyInput>(
  name: keyof typeof idMapperKinds,
  form: KeyForm,
): IdMapperClass<K, KeyInput> {
  const kind: IdMapperKind = idMapperKinds[name];
  const plan = { kind: 'id-mapper', idMapper: kind } as const;
  type Opener = new (generation: IdMapperGeneration) => IdMapper<K, KeyInput>;
  const made = class extends IdMapper<K, KeyInput> {
    static readonly kind = kind;
    static override readonly keyForm = form;

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
  };
  Object.defineProperty(made, 'name', { value: name });
  return made as unknown as IdMapperClass<K, KeyInput>;
}

const BigIntIdMapper = idMapperClass<bigint, number | bigint>('NumericIdMapper', 'bigint');

/** Keys are unsigned 64-bit integers, read as `number`; `NumericIdMapper.bigint` reads them as `bigint`. */
export const NumericIdMapper: IdMapperClass<number, number | bigint> & {
  readonly bigint: typeof BigIntIdMapper;
} = Object.assign(idMapperClass<number, number | bigint>('NumericIdMapper', 'number'), {
  bigint: BigIntIdMapper,
});

/** Keys and values are unsigned 32-bit integers: half the size. */
export const NumericId32Mapper = idMapperClass<number, number | bigint>('NumericId32Mapper', 'number');

/** Keys are strings, found by their 64-bit hash. */
export const StringIdMapper = idMapperClass<string, string | Uint8Array>('StringIdMapper', 'text');

/** Keys are strings, found by their 32-bit hash; values, and the bytes of all keys, stay below 2^32. */
export const StringId32Mapper = idMapperClass<string, string | Uint8Array>('StringId32Mapper', 'text');
