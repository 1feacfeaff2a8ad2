/** Where the records of a typed array come from: its header, its index and the schema stored with it. */
import { CorruptDataError, UnsupportedError } from '../errors.js';
import type { GatherArray } from '../native/index.js';
import type { RecordReader } from '../proxies/reader.js';
import { type Region, readError } from '../region.js';
import { bindReader } from '../schema/binding.js';
import { schemaFromStored } from '../schema/from-stored.js';
import { missing, none } from '../schema/layout.js';
import { readSchemaPickle } from '../schema/pickle-reader.js';
import { plainPickle } from '../schema/plain-pickle.js';
import type { Schema } from '../schema/schema.js';
import type { StoredSchema } from '../schema/stored.js';
import { readSections, type Section } from './sections.js';

export const arrayHeaderBytes = 56;
/** The newest layout of arrays that is read here. */
const readableVersion = 2;

/** What the stored schema is read from; and the schema, once it was. */
interface Stored {
  readonly pickle: Uint8Array;
  readonly names: readonly string[];
  schema?: Schema;
}

/** Whether this is the pickle of the schema, as far as that is known without reading it. */
function isPickleOf(schema: Schema, { buffer, byteOffset, length }: Uint8Array): boolean {
  const plain = plainPickle(schema.toStored());
  return plain?.length === length && plain === Buffer.from(buffer, byteOffset, length).toString('latin1');
}

export class RecordSource {
  readonly region: Region;
  /** Position of the array's header; record positions count from it. */
  readonly offset: number;
  readonly end: number;
  readonly count: number;
  readonly indexOffset: number;
  readonly version: number;
  /** The schema that records show: the declared one, else the stored one. */
  readonly schema: Schema;
  readonly reader: RecordReader;
  readonly sections: readonly Section[];
  readonly #stored: Stored | undefined;

  /**
   * @param limit position that the array may not reach beyond
   * @param structNames names for the stored schema and those nested in it, which the stored schema itself lacks
   * @param before the records that these take the place of: where their file stores the same schema, the same classes of
   *   proxies go on, and with them what the runtime has learned of these
   * @throws CorruptDataError, UnsupportedError; SharedBuffersError where the declared schema does not fit the stored
   */
  constructor(
    region: Region,
    offset: number,
    limit: number,
    declared: Schema | undefined,
    structNames: (sections: readonly Section[]) => readonly string[] | undefined,
    before?: RecordSource,
  ) {
    region.requireRange(offset, arrayHeaderBytes, 'the header of an array');
    const totalSize = region.readSize(offset, 'the size of an array');
    const indexPointer = region.readSize(offset + 8, 'the position of the index of an array');
    this.region = region;
    this.offset = offset;
    this.end = offset + totalSize;
    this.count = region.readSize(offset + 16, 'the number of records of an array');
    this.indexOffset = offset + indexPointer;
    if (this.end > limit || indexPointer < arrayHeaderBytes || this.indexOffset + this.count * 8 > this.end) {
      throw new CorruptDataError(
        `the array claims ${totalSize} bytes with ${this.count} records, their index at ${indexPointer}, ` +
          `where ${limit - offset} bytes are there: the file is truncated, corrupt, or no array`,
        offset,
      );
    }
    this.version = this.#checkVersion();
    this.sections = readSections(region, offset + arrayHeaderBytes, this.indexOffset, this.count);
    const names = structNames(this.sections) ?? [];
    const pickle = this.#schemaPickle();
    this.#stored = pickle && { pickle: pickle.slice(), names };
    if (before !== undefined && this.#isStoredAs(before)) {
      this.#stored = before.#stored;
      this.schema = before.schema;
      this.reader = before.reader;
      return;
    }
    if (declared !== undefined && pickle !== undefined && isPickleOf(declared, pickle)) {
      this.schema = declared;
      this.reader = declared.reader;
      return;
    }
    const { storedSchema } = this;
    const schema = declared ?? storedSchema;
    if (schema === undefined) {
      throw new UnsupportedError('the file stores no schema; open it with the schema that it was built with');
    }
    this.schema = schema;
    this.reader = storedSchema === undefined ? schema.reader : bindReader(schema, storedSchema);
  }

  /**
   * The schema that the file stores; `undefined` where it stores none.
   * @throws CorruptDataError, UnsupportedError; not after the constructor, which asks unless it knows the answer
   */
  get storedSchema(): Schema | undefined {
    const stored = this.#stored;
    if (stored === undefined) return undefined;
    stored.schema ??= schemaFromStored(readSchemaPickle(stored.pickle), stored.names);
    return stored.schema;
  }

  /** Where the array is, as native code takes it. */
  get place(): GatherArray {
    return {
      arrayOffset: this.offset,
      arrayIndexOffset: this.indexOffset,
      arrayCount: this.count,
      arrayEnd: this.end,
    };
  }

  /** Position of a record, of which the index is taken as given. */
  position(index: number): number {
    const at = this.indexOffset + index * 8;
    const { view, start } = this.region.windowAt(at, 8);
    let pointer: number;
    try {
      pointer = view.getUint32(at - start, true) + view.getUint32(at - start + 4, true) * 2 ** 32;
    } catch (error) {
      throw readError(error, { region: this.region, view, start }, at);
    }
    if (pointer < arrayHeaderBytes || this.offset + pointer >= this.end) {
      throw this.region.corrupt(`record ${index} would be at ${pointer}, outside of its array`, at);
    }
    return this.offset + pointer;
  }

  /** The record of an index that is known to be one. */
  record(index: number): object {
    return this.reader.proxyAt(this.region, this.position(index));
  }

  /**
   * Looks at every record for slots that its schema requires and that it lacks.
   * @throws CorruptDataError that names the record and the slot
   */
  requireSlots(): void {
    const required = this.reader.slots.filter((slot) => slot.required);
    for (let index = 0; index < this.count; index++) {
      const position = this.position(index);
      const { headerBytes } = this.reader.layout;
      this.region.requireRange(position, headerBytes, `the header of record ${index}`);
      const { view, start } = this.region.windowAt(position);
      const offsets = this.reader.layout.offsets(view, position - start);
      for (const { name, place } of required) {
        const at = place === undefined ? missing : (offsets[place.index] as number);
        if (at >= 0) continue;
        const found = at === none ? 'None' : 'no value';
        throw new CorruptDataError(
          `record ${index}: ${this.schema.name}.${name} is required, found ${found}`,
          position,
        );
      }
    }
  }

  /** Versions and the stored schema mean nothing in an array without records: Python looks at neither. */
  #checkVersion(): number {
    const version = this.region.readSize(this.offset + 24, 'the version of an array');
    if (this.count === 0) return version;
    const firstRecord = this.region.readSize(this.indexOffset, 'the position of the first record');
    if (firstRecord < arrayHeaderBytes) {
      throw new UnsupportedError('the array is of version 0, which cannot be read reliably; build it anew');
    }
    const needed = this.region.readSize(this.offset + 32, 'the reader version of an array');
    if (needed > readableVersion) {
      throw new UnsupportedError(
        `the array needs a reader of version ${needed}, this one reads up to ${readableVersion}`,
      );
    }
    return version;
  }

  /**
   * Reads the schema that the file stores anew, exactly: integral floats of its user data are `Float`s, which programs
   * that use the data would rather have as numbers.
   */
  readExactSchema(): StoredSchema | undefined {
    const pickle = this.#schemaPickle();
    return pickle && readSchemaPickle(pickle, { exactFloats: true });
  }

  #isStoredAs(other: RecordSource): boolean {
    const a = this.#stored;
    const b = other.#stored;
    if (a === undefined || b === undefined) return a === b;
    return Buffer.compare(a.pickle, b.pickle) === 0 && a.names.join('\n') === b.names.join('\n');
  }

  #schemaPickle(): Uint8Array | undefined {
    const pointer = this.region.readSize(this.offset + 40, 'the position of the stored schema');
    const size = this.region.readSize(this.offset + 48, 'the size of the stored schema');
    if (pointer === 0 || size === 0) return undefined;
    if (this.offset + pointer + size > this.end) {
      throw new CorruptDataError(
        `the stored schema of ${size} bytes at ${pointer} leaves its array`,
        this.offset + 40,
      );
    }
    return this.region.headerBytes(this.offset + pointer, size, 'the stored schema');
  }
}
