/** What a collection knows of its members: how they are checked and written, and what reading makes of them. */
import type { Packer } from '../building/packer.js';
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { fromTaggedValue } from './any-exact.js';
import type { Budget } from './budget.js';
import { CollectionType } from './collection.js';
import { Float } from './float.js';
import { codeOfStoredName, readBytes, readRtti, readText, typecodeAt } from './rtti.js';
import {
  writeRtti,
  writeRttiBool,
  writeRttiFloat,
  writeRttiInteger,
  writeRttiOfCode,
  writeRttiStruct,
} from './rtti-writing.js';
import { type IntegerMode, typecodeSize } from './sequence-format.js';
import { type AnySlotType, OptionalSlot } from './slot-type.js';
import { LazyMarker, SelfMarker, type StructSchema, StructType } from './struct.js';
import { rtti } from './typecodes.js';
import { paid } from './weight.js';

type Range = readonly [min: number | bigint, max: number | bigint];

const integerRanges: Readonly<Record<string, Range>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0, 2n ** 64n - 1n],
};

const integerModes: Readonly<Record<string, IntegerMode>> = {
  int: 'number',
  int64: 'bigint',
  uint64: 'bigint',
};

export type MemberKind = 'any' | 'integer' | 'float' | 'bool' | 'value' | 'collection' | 'struct' | 'self';

const largestFloat32 = 3.4028234663852886e38;

/** The type of the members of a collection, or of one place of a tuple. */
export class Member {
  readonly kind: MemberKind;
  readonly name: string;
  /** Whether members may be `null`. */
  readonly isNullable: boolean;
  readonly mode: IntegerMode;
  /** For integers: the smallest and the largest that the type allows. */
  readonly range: Range;
  /** What 32 bits hold of that, as numbers; everything they hold where members are of any type. */
  readonly narrowRange: readonly [min: number, max: number] | undefined;
  /** For floats: whether they have 32 bits. */
  readonly isSingle: boolean;
  /** For values and collections: the typecode that they are written with. */
  readonly typecode: number;
  readonly #type: AnySlotType | undefined;

  constructor(slot: unknown) {
    const type = typeOfSlot(slot instanceof OptionalSlot ? slot.type : slot);
    this.kind = kindOf(type);
    this.isNullable = this.kind === 'any' || slot instanceof OptionalSlot;
    this.#type = this.kind === 'any' || type instanceof SelfMarker ? undefined : type;
    this.name = this.kind === 'struct' ? 'struct' : (this.#type?.name ?? this.kind);
    this.mode = integerModes[this.name] ?? 'either';
    this.range = integerRanges[this.name] ?? [0, 0];
    this.narrowRange = narrowRangeOf(this.kind, this.range);
    this.isSingle = this.name === 'float32';
    const hasTypecode = this.kind === 'value' || this.kind === 'collection';
    this.typecode = hasTypecode ? typecodeOf(this.#type as AnySlotType) : 0;
  }

  /** What decides the stored form of a member: members of one key are stored alike. */
  get storage(): string {
    const optional = this.isNullable && this.kind !== 'any' ? '?' : '';
    if (this.kind === 'struct') return `#${numberOfSchema(this.#schema)}${optional}`;
    return (this.#type instanceof CollectionType ? this.#type.storage : this.name) + optional;
  }

  get #schema(): StructSchema {
    return (this.#type as StructType).schema();
  }

  /** The member in a schema of its own: `t.self` among the members becomes that schema. */
  resolve(schema: () => StructSchema): Member {
    const optional = (type: object) =>
      this.isNullable && this.kind !== 'any' ? new OptionalSlot(type) : type;
    if (this.kind === 'self') return new Member(optional(new StructType(schema)));
    if (!(this.#type instanceof CollectionType)) return this;
    const resolved = this.#type.resolve(schema);
    return resolved === this.#type ? this : new Member(optional(resolved));
  }

  /** Appends one member; answers the position to point to. */
  write(packer: Packer, value: unknown): number {
    switch (this.kind) {
      case 'any':
        return writeRtti(packer, value);
      case 'integer':
        return writeRttiInteger(packer, this.checkInteger(value));
      case 'float':
        return writeRttiFloat(packer, this.checkFloat(value), this.isSingle);
      case 'bool':
        if (typeof value === 'boolean') return writeRttiBool(packer, value);
        throw new InvalidTypeError(`expected a boolean (bool), found ${describe(value)}`);
      case 'struct':
        return writeRttiStruct(packer, this.#schema, value as object);
      case 'self':
        throw new InvalidTypeError(
          't.self is for the slots of a schema; there is none around this collection',
        );
      case 'collection':
        return (this.#type as CollectionType).store(packer, value as never, this.typecode);
      case 'value':
        return writeRttiOfCode(packer, this.typecode, value);
    }
  }

  checkInteger(value: unknown): number | bigint {
    const [min, max] = this.range;
    const isInteger = typeof value === 'bigint' || Number.isSafeInteger(value);
    if (isInteger && (value as number) >= min && (value as number) <= max) return value as number | bigint;
    const message = `expected an integer from ${min} to ${max} (${this.name}), found ${describe(value)}`;
    if (typeof value === 'number' || typeof value === 'bigint') throw new OutOfRangeError(message);
    throw new InvalidTypeError(message);
  }

  /** @returns the number as it will be read, rounded where the type has 32 bits */
  checkFloat(value: unknown): number {
    const number = value instanceof Float ? value.value : value;
    if (typeof number !== 'number') {
      throw new InvalidTypeError(`expected a number (${this.name}), found ${describe(value)}`);
    }
    if (!this.isSingle) return number;
    const rounded = Math.fround(number);
    if (Number.isFinite(rounded) || !Number.isFinite(number)) return rounded;
    throw new OutOfRangeError(
      `expected a number from -${largestFloat32} to ${largestFloat32} (float32), found ${describe(number)}`,
    );
  }

  /** Reads the dynamic value at a position as a member of this type, as far as it is one. */
  read(region: Region, position: number, depth: number, budget: Budget): unknown {
    const type = this.#type;
    if (type === undefined || type.inline) return readRtti(region, position, depth, budget, this.mode);
    const code = typecodeAt(region, position);
    const value = position + typecodeSize;
    if (type instanceof CollectionType && type.readsTypecode(code))
      return type.readIn(region, value, depth, budget);
    if (code === rtti.text || code === rtti.bytes) {
      if (this.typecode === rtti.text) return readText(region, value, budget);
      if (this.typecode === rtti.bytes) return readBytes(region, value, budget);
    }
    return code === this.typecode && this.kind === 'value'
      ? paid(budget, type.read(region, value, depth))
      : readRtti(region, position, depth, budget, this.mode);
  }

  /** Makes what JavaScript gives for a key what it is stored as: arrays become tuples where the type says so. */
  asKey(value: unknown): unknown {
    if (value === null) return null;
    if (this.kind === 'float') return this.checkFloat(value);
    return this.#type instanceof CollectionType ? this.#type.asKey(value) : value;
  }

  /** The value of tagged JSON, as packing accepts it for such a member. */
  fromExact(tagged: Tagged): unknown {
    if (tagged === null && this.isNullable) return null;
    return this.#type === undefined ? fromTaggedValue(tagged) : this.#type.fromExact(tagged);
  }
}

function narrowRangeOf(kind: MemberKind, [min, max]: Range): readonly [number, number] | undefined {
  if (kind === 'any') return [-(2 ** 31), 2 ** 31 - 1];
  if (kind !== 'integer') return undefined;
  return [Math.max(Number(min), -(2 ** 31)), Math.min(Number(max), 2 ** 31 - 1)];
}

export const anyMember = new Member(undefined);

export function memberOf(slot: unknown): Member {
  return slot === undefined ? anyMember : new Member(slot);
}

function typeOfSlot(slot: unknown): AnySlotType | SelfMarker | undefined {
  if (slot === undefined || slot instanceof SelfMarker) return slot;
  if (slot instanceof LazyMarker) return new StructType(() => slot.resolve() as StructSchema);
  if (typeof slot === 'object' && slot !== null) {
    if ('inline' in slot) return slot as AnySlotType;
    if ('layout' in slot && 'reader' in slot) return new StructType(() => slot as unknown as StructSchema);
  }
  throw new InvalidTypeError(`expected a type (t.…) or a Schema for the members, found ${describe(slot)}`);
}

function kindOf(type: AnySlotType | SelfMarker | undefined): MemberKind {
  if (type === undefined) return 'any';
  if (type instanceof SelfMarker) return 'self';
  if (type instanceof StructType) return 'struct';
  if (type instanceof CollectionType) return 'collection';
  if (!type.inline) return type.storedType() === 'mapped_object' ? 'any' : 'value';
  if (type.name === 'bool') return 'bool';
  return type.name in integerRanges ? 'integer' : 'float';
}

function typecodeOf(type: AnySlotType): number {
  if (type instanceof CollectionType) return type.typecode;
  const stored = String(type.storedType());
  if (stored === 'mapped_unicode') return rtti.text;
  if (stored === 'mapped_bytes') return rtti.bytes;
  const code = codeOfStoredName(stored);
  if (code !== undefined) return code;
  throw new InvalidTypeError(
    `values of the type ${type.name} cannot be members of collections: they have no typecode`,
  );
}

const schemaNumbers = new WeakMap<StructSchema, number>();
let schemaCount = 0;

function numberOfSchema(schema: StructSchema): number {
  const known = schemaNumbers.get(schema);
  if (known !== undefined) return known;
  schemaCount++;
  schemaNumbers.set(schema, schemaCount);
  return schemaCount;
}
