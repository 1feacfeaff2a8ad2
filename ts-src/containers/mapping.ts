/** Mappings: from keys to records; an id mapper and a typed array in one file. */
import type { BuildOptions, BuildReport, Entries } from '../building/build.js';
import { CorruptDataError, describe, InvalidTypeError } from '../errors.js';
import { native } from '../native/index.js';
import type { Region } from '../region.js';
import type { InputOf, RecordOf, SlotMap } from '../schema/infer.js';
import { Schema } from '../schema/schema.js';
import { type BuildTarget, buildTo, buildToSync } from './build-target.js';
import { Container, type ContainerOptions, openFileWith, regionOfBytes } from './container.js';
import {
  type IdMapper,
  type IdMapperClass,
  type KeyForm,
  keyOfRow,
  mapperOfTable,
  requireStringKeys,
} from './id-mapper.js';
import type { IdMapperKind } from './id-mapper-kinds.js';
import { IdTable } from './id-table.js';
import { checkKind, readKind } from './kind.js';
import { type ArrayGeneration, arrayOf, type MappedArray, requireSchema } from './mapped-array.js';
import { arrayHeaderBytes, RecordSource } from './record-source.js';

export interface MappingGeneration extends ArrayGeneration {
  readonly region: Region;
  readonly table: IdTable;
  readonly records: RecordSource;
  /** Position of the record of a key; -1 where the key is absent. */
  readonly find: (key: unknown) => number;
}

const footerBytes = 8;
const smallestBytes = 16 + arrayHeaderBytes + footerBytes;

/** Opens the mapping that a region holds: id table, array, and the array's position in the last eight bytes. */
export function mappingGeneration(
  region: Region,
  kind: IdMapperKind,
  schema: Schema | undefined,
  options: ContainerOptions | undefined,
): MappingGeneration {
  if (region.size < smallestBytes) {
    throw new CorruptDataError(`a mapping has at least ${smallestBytes} bytes, these are ${region.size}`, 0);
  }
  const footer = region.size - footerBytes;
  const arrayOffset = region.readSize(footer, 'the position of the records of a mapping');
  if (arrayOffset < 16 || arrayOffset + arrayHeaderBytes > footer) {
    throw new CorruptDataError(
      `the records of the mapping would be at ${arrayOffset} of ${region.size} bytes: ` +
        'the file is truncated, corrupt, or no mapping',
      footer,
    );
  }
  const table = new IdTable(region, kind, 0, arrayOffset);
  const description = readKind(region, table.sections);
  checkKind(description, ['mapping', 'multi-mapping'], kind);
  const records = new RecordSource(region, arrayOffset, footer, schema, () => description?.structs);
  if (options?.requireSlots) records.requireSlots();
  const find = native.createSearch(region.handle, {
    ...table.searchSpec('position'),
    arrayOffset,
    arrayIndexOffset: records.indexOffset,
    arrayCount: records.count,
    arrayEnd: records.end,
  });
  return { region, table, records, find };
}

/**
 * A mapping from keys to records, read in place. `size` is the number of rows of its id table, in whose order it
 * iterates. Made by a class from `mappingOf`, or by `open`.
 */
export class Mapping<K = unknown, R = object, KeyInput = K>
  extends Container<MappingGeneration>
  implements ReadonlyMap<K, R>
{
  /** How the keys of this class come out. */
  static readonly keyForm: KeyForm = 'text';
  /** The class of the id mapper within. */
  static readonly idMapper: IdMapperClass<unknown>;

  get size(): number {
    return this.generation.table.rowCount;
  }

  /** The schema that records show. */
  get schema(): Schema {
    return this.generation.records.schema;
  }

  /** The id table, for the parts of this library that look deeper. */
  get table(): IdTable {
    return this.generation.table;
  }

  /** The values, each once, in the order in which they are stored. Closed with the mapping. */
  get records(): MappedArray<R> {
    return new AnyArray(this.generation) as unknown as MappedArray<R>;
  }

  /** The id mapper, from keys to indexes in `records`. Closed with the mapping. */
  get idMapper(): IdMapper<K, KeyInput> {
    const { idMapper } = this.constructor as typeof Mapping;
    return new idMapper(mapperOfTable(this.generation.table)) as unknown as IdMapper<K, KeyInput>;
  }

  /**
   * The record of a key, as a lazy proxy; `undefined` where the key is absent, as anything is that cannot be a key.
   * Of equal keys the first row answers.
   */
  get(key: K | KeyInput): R | undefined {
    const { find, records } = this.generation;
    const position = find(key);
    return position < 0 ? undefined : (records.reader.proxyAt(records.region, position) as R);
  }

  has(key: K | KeyInput): boolean {
    return this.generation.find(key) >= 0;
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

  *values(): MapIterator<R> {
    const { table, records } = this.generation;
    for (let row = 0; row < table.rowCount; row++) yield recordOfRow(table, records, row) as R;
    return undefined;
  }

  *entries(): MapIterator<[K, R]> {
    const { table, records } = this.generation;
    for (let row = 0; row < table.rowCount; row++) {
      yield [this.#key(table, row), recordOfRow(table, records, row) as R];
    }
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[K, R]> {
    return this.entries();
  }

  forEach(callback: (record: R, key: K, mapping: this) => void, thisArg?: unknown): void {
    for (const [key, record] of this.entries()) callback.call(thisArg, record, key, this);
  }

  #key(table: IdTable, row: number): K {
    return keyOfRow(table, row, (this.constructor as typeof Mapping).keyForm) as K;
  }
}

const AnyArray = arrayOf();

/** The record that a row of the table refers to. */
export function recordOfRow(table: IdTable, records: RecordSource, row: number): object {
  const index = table.recordIndex(row);
  if (index >= records.count) {
    throw new CorruptDataError(
      `row ${row} of the id table refers to record ${index} of ${records.count}`,
      table.rowsOffset,
    );
  }
  return records.record(index);
}

/** A class of mappings; extend it to add behaviour. */
export interface MappingClass<K, R, KeyInput, Input> {
  new (generation: MappingGeneration): Mapping<K, R, KeyInput>;
  readonly keyForm: KeyForm;
  readonly idMapper: IdMapperClass<unknown>;
  /**
   * Maps a file, or the part of it that `offset` and `size` name.
   * @throws system errors as Node's own; `CorruptDataError`, `UnsupportedError`; `SharedBuffersError` with
   *   `ERR_SHAREDBUFFERS_SCHEMA_MISMATCH` where the stored schema does not fit the declared one
   */
  open<T extends Mapping<K, R, KeyInput>>(
    this: new (
      generation: MappingGeneration,
    ) => T,
    path: string | URL,
    options?: ContainerOptions,
  ): T;
  /** Reads a mapping from bytes in memory, in place. */
  from<T extends Mapping<K, R, KeyInput>>(
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
  buildSync(
    entries: Iterable<readonly [KeyInput, Input]>,
    path: string | URL,
    options?: BuildOptions,
  ): BuildReport;
  buildSync(entries: Iterable<readonly [KeyInput, Input]>, options?: BuildOptions): Uint8Array;
}

/**
 * The class of mappings from the keys of an id mapper to records of a schema. Without a schema the stored one is
 * used, and nothing can be built.
 * @throws InvalidTypeError where that is no id mapper or no schema
 */
export function mappingOf<K, KeyInput, Slots extends SlotMap, P = RecordOf<Slots>>(
  idMapper: IdMapperClass<K, KeyInput>,
  schema: Schema<Slots, P>,
): MappingClass<K, P, KeyInput, InputOf<Slots>>;
export function mappingOf<K, KeyInput>(
  idMapper: IdMapperClass<K, KeyInput>,
): MappingClass<K, object, KeyInput, never>;
export function mappingOf(idMapper: IdMapperClass<unknown>, schema?: Schema): unknown {
  if (typeof idMapper !== 'function' || idMapper.kind === undefined) {
    throw new InvalidTypeError(`mappingOf: expected an id mapper class first, found ${describe(idMapper)}`);
  }
  if (schema !== undefined && !(schema instanceof Schema)) {
    throw new InvalidTypeError(`mappingOf: expected a Schema second, found ${describe(schema)}`);
  }
  const { kind } = idMapper;
  const plan = () => ({ kind: 'mapping', idMapper: kind, schema: requireSchema(schema) }) as const;
  type Opener = new (generation: MappingGeneration) => Mapping;
  return class extends Mapping {
    static override readonly keyForm = idMapper.keyForm;
    static override readonly idMapper = idMapper;

    static open(this: Opener, path: string | URL, options?: ContainerOptions) {
      return openFileWith(
        path,
        options,
        (region) => new this(mappingGeneration(region, kind, schema, options)),
      );
    }

    static from(this: Opener, bytes: Uint8Array | ArrayBufferLike, options?: ContainerOptions) {
      return new this(mappingGeneration(regionOfBytes(bytes, options), kind, schema, options));
    }

    static build(entries: Entries<unknown>, target?: BuildTarget, options?: BuildOptions) {
      return buildTo(plan(), entries, target, options);
    }

    static buildSync(entries: Iterable<unknown>, target?: BuildTarget, options?: BuildOptions) {
      return buildToSync(plan(), entries, target, options);
    }
  };
}
