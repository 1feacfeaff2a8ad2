/** Records within records: nested schemas, `t.self` and `t.lazy`. Stored without type information: the slot knows. */
import type { Packer } from '../building/packer.js';
import { type WritableSchema, writeRecord } from '../building/record-writer.js';
import { InvalidTypeError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import type { ReaderSchema, RecordReader } from '../proxies/reader.js';
import type { Region } from '../region.js';
import type { StoredSchema, StoredType } from '../schema/stored.js';
import { type AnySlotType, type Findings, OptionalSlot, type PointerType } from './slot-type.js';

/** What a struct slot needs of the schema of its records. */
export interface StructSchema extends WritableSchema, ReaderSchema {
  readonly slots: readonly {
    readonly name: string;
    readonly type: AnySlotType;
    readonly required: boolean;
  }[];
  readonly reader: RecordReader;
  toStored(): StoredSchema;
  fromExact(tagged: Tagged): object;
}

export class StructType implements PointerType<object, object> {
  readonly inline = false;
  readonly size = 8;
  readonly columnKind = undefined;

  /**
   * @param schema asked for when it is first needed, so that schemas can refer to themselves and to later ones
   * @param reader how records of the file at hand are read, where the file has a schema of its own
   */
  constructor(
    readonly schema: () => StructSchema,
    readonly reader: () => RecordReader = () => schema().reader,
  ) {}

  get name(): string {
    return this.schema().name;
  }

  storedType(): StoredType {
    return this.schema().toStored();
  }

  read(region: Region, position: number): object {
    return this.reader().proxyAt(region, position);
  }

  write(packer: Packer, value: object): number {
    return writeRecord(packer, this.schema(), value);
  }

  readExact(region: Region, position: number, depth: number): Tagged {
    return this.reader().exactAt(region, position, depth);
  }

  fromExact(tagged: Tagged): object {
    return this.schema().fromExact(tagged);
  }

  verify(region: Region, position: number, depth: number, findings: Findings): void {
    this.reader().verifyAt(region, position, depth, findings);
  }
}

/** The marker `t.self` in the slots of a schema: a record of that same schema. */
export class SelfMarker {
  declare protected readonly self: true;

  optional(): OptionalSlot<this> {
    return new OptionalSlot(this);
  }
}

/** `t.lazy(() => Other)`: a schema that may be declared later. */
export class LazyMarker<S = unknown> {
  constructor(readonly resolve: () => S) {
    if (typeof resolve !== 'function')
      throw new InvalidTypeError('t.lazy: expected a function that answers a schema');
  }

  optional(): OptionalSlot<this> {
    return new OptionalSlot(this);
  }
}
