/** Schemas: the slots of a record, their types and where they lie, and the operations on single records. */
import { Packer } from '../building/packer.js';
import { type WritableSchema, writeRecord } from '../building/record-writer.js';
import { type SlotWrite, slotWrites } from '../building/slot-writes.js';
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import { RecordReader } from '../proxies/reader.js';
import { Region } from '../region.js';
import { CollectionType } from '../types/collection.js';
import { type AnySlotType, OptionalSlot } from '../types/slot-type.js';
import { LazyMarker, SelfMarker, type StructSchema, StructType } from '../types/struct.js';
import { markStruct, registerStruct } from '../types/struct-registry.js';
import { bindReader } from './binding.js';
import { recordFromExact } from './exact-record.js';
import type { InputOf, RecordOf, SlotMap } from './infer.js';
import { interchangeProblems } from './interchange.js';
import { Layout } from './layout.js';
import { sortForStorage } from './storage-order.js';
import type { StoredSchema } from './stored.js';

/** How records are laid out and shown. */
export interface SchemaOptions<Slots, P> {
  /** Every record, and every value that it points to, starts at a multiple of this many bytes. Default 8. */
  alignment?: number;
  /** Stored with the schema, for whoever reads the file: whatever a pickle can hold. */
  userData?: unknown;
  /** Layout version of records: 2, or 1 as older Python schemas have it. Default 2. */
  version?: 1 | 2;
  /** Adds behaviour to the proxies of this schema: extend the given class. Slots win over what it adds. */
  proxy?: (Base: new () => RecordOf<Slots>) => new () => P;
}

/** A slot as it was declared. */
export interface SchemaSlot {
  /** Its name. */
  readonly name: string;
  /** Its type. */
  readonly type: AnySlotType;
  /** Whether every record must have it, as building checks. */
  readonly required: boolean;
}

const optionNames: readonly string[] = ['alignment', 'userData', 'version', 'proxy', 'storedOrder'];
const maxSlots = 64;
export const refusedNames = new Set(['__proto__', 'constructor']);

/** The slots of a record and their types. Records of a schema are packed, built into files, and read through proxies. */
export class Schema<const Slots extends SlotMap = SlotMap, P = RecordOf<Slots>> implements WritableSchema {
  /** Exists for inference only. */
  declare readonly '~record': P;

  /** How messages, `console.log` and declarations call the records. */
  readonly name: string;
  /** Every record starts at a multiple of this many bytes. */
  readonly alignment: number;
  /** Layout version of records. */
  readonly version: 1 | 2;
  /** What was given as `userData`. */
  readonly userData: unknown;
  /** The slots in the order of declaration. */
  readonly slots: readonly SchemaSlot[];
  /** @internal */
  readonly layout: Layout;
  /** What was given as `proxy`. */
  readonly proxy: ((Base: never) => unknown) | undefined;

  #reader: RecordReader | undefined;
  #stored: StoredSchema | undefined;
  #packer: Packer | undefined;
  #writes: readonly SlotWrite[] | undefined;

  /**
   * @param name how messages, `console.log` and declarations call the records
   * @param slots up to 64 slots by name
   * @throws InvalidTypeError, OutOfRangeError that name the slot
   */
  constructor(
    name: string,
    slots: Slots,
    options: SchemaOptions<Slots, P> & { storedOrder?: readonly string[] } = {},
  ) {
    if (typeof name !== 'string' || name === '') {
      throw new InvalidTypeError(`new Schema: expected a name, found ${describe(name)}`);
    }
    this.name = name;
    for (const option of Object.keys(options)) {
      if (optionNames.includes(option)) continue;
      const known = optionNames.slice(0, -1).join(', ');
      throw new InvalidTypeError(`Schema ${name}: unknown option "${option}"; the options are ${known}`);
    }
    this.alignment = checkAlignment(name, options.alignment ?? 8);
    this.version = options.version ?? 2;
    this.userData = options.userData;
    this.proxy = options.proxy as ((Base: never) => unknown) | undefined;
    this.slots = this.#resolveSlots(slots);
    const stored = sortForStorage(this.slots, options.storedOrder);
    this.layout = new Layout(stored, this.alignment, this.version);
  }

  /**
   * How records are written, in the order in which the slots are stored.
   * @internal
   */
  get writes(): readonly SlotWrite[] {
    if (this.#writes === undefined) {
      const required = this.slots.filter((slot) => slot.required).map((slot) => slot.name);
      this.#writes = slotWrites(this.layout, new Set(required));
    }
    return this.#writes;
  }

  /** Reads records that were packed by this very schema. */
  get reader(): RecordReader {
    this.#reader ??= new RecordReader(
      this,
      this.layout,
      this.slots.map((slot) => ({
        ...slot,
        place: this.layout.slots.find((place) => place.name === slot.name),
      })),
    );
    return this.#reader;
  }

  /**
   * Packs one record.
   * @throws InvalidTypeError, OutOfRangeError that name slot and value
   */
  pack(value: InputOf<Slots>): Uint8Array {
    return this.#packWith((packed) => new Uint8Array(packed), value);
  }

  /**
   * Packs one record into a buffer, from `offset` on; nothing is written unless all of it fits.
   * @returns the number of bytes written
   */
  packInto(value: InputOf<Slots>, buffer: Uint8Array | ArrayBuffer, offset = 0): number {
    const target = bytesOf(buffer);
    return this.#packWith((packed) => {
      if (!Number.isSafeInteger(offset) || offset < 0 || offset + packed.length > target.length) {
        throw new OutOfRangeError(
          `${this.name}.packInto: ${packed.length} bytes at ${offset} do not fit into a buffer of ${target.length}`,
        );
      }
      target.set(packed, offset);
      return packed.length;
    }, value);
  }

  /** A lazy proxy of the record at `offset`: nothing is decoded until a slot is read, and nothing is copied. */
  unpackFrom(buffer: Uint8Array | ArrayBuffer, offset = 0): P {
    const bytes = bytesOf(buffer);
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + this.layout.headerBytes > bytes.length) {
      throw new OutOfRangeError(
        `${this.name}.unpackFrom: no record can start at ${offset} in a buffer of ${bytes.length} bytes`,
      );
    }
    return this.reader.proxyAt(Region.fromBytes(bytes), offset) as P;
  }

  /**
   * Gives the schema its typecode, which its records carry where the place does not say what they are: in `t.any`
   * and as members of collections. Every reader must register the same code, Python too.
   * @param code an ASCII letter without a meaning of its own, or a number from 0x80 to 0xff
   * @throws InvalidTypeError where the code cannot be used, is taken, or the schema has another one
   */
  register(code: string | number): this {
    registerStruct(this, code);
    return this;
  }

  /** Says that an object is a record of this schema, where the place does not say it; answers the object. */
  of<T extends InputOf<Slots> & object>(value: T): T {
    return markStruct(this, value);
  }

  /** A slot that records may leave out or set to `null`, holding a record of this schema. */
  optional(): OptionalSlot<this> {
    return new OptionalSlot(this);
  }

  /** Whether records stored by `other` can be read through this schema; `incompatibility` says why not. */
  isCompatible(other: StructSchema): boolean {
    return this.incompatibility(other) === undefined;
  }

  /** Why records stored by `other` cannot be read through this schema; `undefined` where they can. */
  incompatibility(other: StructSchema): string | undefined {
    try {
      bindReader(this, other);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** What Python could not read of files with this schema; empty where everything is fine. */
  get interchange(): readonly string[] {
    return interchangeProblems(this);
  }

  /** What a file stores of this schema. */
  toStored(): StoredSchema {
    if (this.#stored === undefined) {
      const stored: StoredSchema = {
        slotKeys: this.layout.slots.map((slot) => slot.name),
        slotTypes: new Map(),
        alignment: this.alignment,
        version: this.version,
        bases: null,
        userData: this.userData,
      };
      this.#stored = stored;
      for (const { name, type } of this.slots) stored.slotTypes.set(name, type.storedType());
    }
    return this.#stored;
  }

  /** The record that tagged JSON describes, as `pack` accepts it. */
  fromExact(tagged: Tagged): InputOf<Slots> & object {
    return recordFromExact(this, tagged) as InputOf<Slots> & object;
  }

  #resolveSlots(slots: Slots): SchemaSlot[] {
    if (typeof slots !== 'object' || slots === null) {
      throw new InvalidTypeError(
        `Schema ${this.name}: expected an object of slots, { name: t.text, … }, found ${describe(slots)}`,
      );
    }
    const entries = Object.entries(slots);
    if (entries.length > maxSlots) {
      throw new OutOfRangeError(
        `Schema ${this.name}: expected at most ${maxSlots} slots, found ${entries.length}`,
      );
    }
    return entries.map(([name, slot]) => {
      if (refusedNames.has(name))
        throw new InvalidTypeError(`Schema ${this.name}: a slot cannot be called ${name}`);
      const required = !(slot instanceof OptionalSlot);
      return { name, type: this.#slotType(name, required ? slot : slot.type), required };
    });
  }

  #slotType(name: string, slot: unknown): AnySlotType {
    if (slot instanceof Schema) return new StructType(() => slot);
    if (slot instanceof SelfMarker) return new StructType(() => this);
    if (slot instanceof CollectionType) return slot.resolve(() => this);
    if (slot instanceof LazyMarker) return new StructType(() => this.#resolveLazy(name, slot));
    if (isSlotType(slot)) return slot;
    const advice = typeof slot === 'function' ? '; collections say what they hold, as in t.list(t.text)' : '';
    throw new InvalidTypeError(
      `Schema ${this.name}: slot "${name}": expected a type (t.…) or a Schema, found ${describe(slot)}${advice}`,
    );
  }

  #resolveLazy(name: string, marker: LazyMarker): Schema {
    const schema = marker.resolve();
    if (schema instanceof Schema) return schema;
    throw new InvalidTypeError(
      `Schema ${this.name}: slot "${name}": t.lazy must answer a Schema, found ${describe(schema)}`,
    );
  }

  #packWith<T>(use: (packed: Uint8Array) => T, value: unknown): T {
    // Getters of the value may pack too, so the packer is taken away while it is in use.
    const packer = this.#packer ?? new Packer(1024);
    this.#packer = undefined;
    try {
      writeRecord(packer, this, value);
      return use(packer.bytes.subarray(0, packer.length));
    } finally {
      packer.rollback(0);
      if (packer.bytes.length <= 2 ** 20) this.#packer = packer;
    }
  }
}

function isSlotType(value: unknown): value is AnySlotType {
  return typeof value === 'object' && value !== null && 'inline' in value && 'fromExact' in value;
}

function checkAlignment(name: string, alignment: number): number {
  if (Number.isInteger(alignment) && alignment >= 1 && alignment <= 4096) return alignment;
  throw new OutOfRangeError(
    `Schema ${name}: alignment: expected an integer from 1 to 4096, found ${describe(alignment)}`,
  );
}

export function bytesOf(buffer: Uint8Array | ArrayBufferLike): Uint8Array {
  if (buffer instanceof Uint8Array) return buffer;
  if (buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer) return new Uint8Array(buffer);
  throw new InvalidTypeError(`expected a Uint8Array or an ArrayBuffer, found ${describe(buffer)}`);
}
