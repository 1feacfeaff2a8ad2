/** Schemas with slots of every type, and records of them as tagged JSON. */
import fc from 'fast-check';
import { OptionalSlot, Schema, t } from 'sharedbuffers';
import type { Tagged } from '#src/exact/tagged.js';
import type { SlotMap } from '#src/schema/infer.js';
import { unregisterStruct } from '#src/types/struct-registry.js';
import { arbitraryKind, type Kind } from './arbitrary-kinds.js';
import { type Context, inner, once } from './arbitrary-values.js';

interface Slot {
  readonly name: string;
  /** `undefined`: a record of the same schema. */
  readonly kind: Kind | undefined;
  readonly isRequired: boolean;
}

/** A schema that can make records of itself. */
export class Struct {
  readonly schema: Schema;

  constructor(
    readonly name: string,
    readonly slots: readonly Slot[],
    readonly alignment: number,
    readonly version: 1 | 2,
    /** `undefined`: it has none, so its records are known by their place alone. */
    readonly typecode: number | undefined,
  ) {
    const types = slots.map(({ name, kind, isRequired }) => {
      const type = kind?.type ?? t.self;
      return [name, isRequired ? type : new OptionalSlot(type)];
    });
    this.schema = new Schema(this.name, Object.fromEntries(types) as SlotMap, { alignment, version });
  }

  /** As schema JSON has it. */
  get json(): object {
    return {
      name: this.name,
      slots: this.slots.map(({ name, kind }) => [name, kind?.json ?? `struct:${this.name}`]),
      alignment: this.alignment,
      ...(this.version === 1 && { reinitialize: true }),
      ...(this.typecode !== undefined && { typecode: this.typecode }),
    };
  }

  get isRecursive(): boolean {
    return this.slots.some(({ kind }) => kind === undefined || kind.struct?.isRecursive);
  }

  /** Records, some slots of which are missing or None. */
  readonly values = once((context): fc.Arbitrary<Tagged> => {
    const fields = this.slots.map((slot) => this.#field(slot, inner(context)));
    return fc.tuple(...fields).map((values) => {
      const present = this.slots.flatMap(({ name }, index) => {
        const value = values[index];
        return value === undefined ? [] : [[name, value] as const];
      });
      return { $struct: this.name, fields: Object.fromEntries(present) };
    });
  });

  #field({ kind, isRequired }: Slot, context: Context): fc.Arbitrary<Tagged | undefined> {
    if (isRequired) return (kind as Kind).values(context);
    const absent = fc.constantFrom(null, undefined);
    if (kind === undefined && context.depth <= 0) return absent;
    const values = kind === undefined ? this.values(context) : kind.values(context);
    return fc.oneof({ weight: 5, arbitrary: values }, { weight: 1, arbitrary: absent });
  }
}

/** A schema with what its records refer to, and records of it. */
export interface World {
  readonly root: Struct;
  /** Schemas of records within those of the root, those first that others refer to. */
  readonly structs: readonly Struct[];
  readonly records: Tagged[];
}

/** The world as schema JSON. */
export function jsonOf({ root, structs }: World): object {
  return { ...root.json, types: structs.map((struct) => struct.json) };
}

/** Makes the structs known by their typecodes; answers what makes them unknown again. */
export function registerStructs({ structs }: World): () => void {
  for (const { schema, typecode } of structs) if (typecode !== undefined) schema.register(typecode);
  return () => {
    for (const { schema } of structs) unregisterStruct(schema);
  };
}

/** Some that sort after ASCII, and by code point other than by UTF-16; none that Python's proxies use themselves. */
const names = [
  ...'abcdefghjklmnopqrstuvwxyz',
  'A',
  'Zz',
  '_x',
  'été',
  '名',
  'ｆ',
  '𝒳',
  'toJSON',
  'name',
  'length',
];
const manyNames = Array.from({ length: 64 }, (_, index) => `slot${index}`);
const alignments = fc.constantFrom(1, 2, 3, 4, 8, 8, 8, 16);
const typecodes = [...'SCNgx'].map((code) => code.charCodeAt(0)).concat(0x80, 0xff);

function arbitrarySlots(structs: readonly Struct[], bits: Context['bits']): fc.Arbitrary<Slot[]> {
  const kind = arbitraryKind(structs, bits, 2);
  const slots = (from: readonly string[], minLength: number, maxLength: number) =>
    fc
      .record({
        picked: fc.shuffledSubarray([...from], { minLength, maxLength }),
        kinds: fc.array(kind, { minLength: maxLength, maxLength }),
        recursive: fc.nat(30),
        required: fc.array(fc.boolean(), { minLength: maxLength, maxLength }),
      })
      .map(({ picked, kinds, required, recursive }) =>
        picked.map((name, index) => ({
          name,
          kind: index === recursive ? undefined : kinds[index],
          isRequired: index !== recursive && required[index] === true,
        })),
      );
  return fc.oneof(
    { weight: 12, arbitrary: slots(names, 1, 9) },
    { weight: 1, arbitrary: slots(manyNames, 17, 64) },
  );
}

function arbitraryStruct(
  name: string,
  structs: readonly Struct[],
  typecode: number | undefined,
  bits: Context['bits'],
): fc.Arbitrary<Struct> {
  return fc
    .record({
      slots: arbitrarySlots(structs, bits),
      alignment: alignments,
      version: fc.constantFrom(1 as const, 2 as const, 2 as const, 2 as const),
      hasTypecode: fc.boolean(),
    })
    .map(({ slots, alignment, version, hasTypecode }) => {
      // Python makes a schema that refers to itself by "reinitializing" it, which leaves version 1
      const possible = slots.some(({ kind }) => kind === undefined) ? 1 : version;
      return new Struct(name, slots, alignment, possible, hasTypecode ? typecode : undefined);
    });
}

function arbitraryStructs(count: number, bits: Context['bits']): fc.Arbitrary<Struct[]> {
  if (count === 0) return fc.constant([]);
  return arbitraryStructs(count - 1, bits).chain((structs) =>
    arbitraryStruct(`Type${count}`, structs, typecodes[count], bits).map((struct) => [...structs, struct]),
  );
}

/** @param count how many records there are */
export function worlds(count: number, bits: Context['bits']): fc.Arbitrary<World> {
  return fc
    .nat(3)
    .chain((structCount) => arbitraryStructs(structCount, bits))
    .chain((structs) => arbitraryStruct('Root', structs, undefined, bits).map((root) => ({ structs, root })))
    .chain(({ structs, root }) => {
      const dynamic = structs.filter(({ typecode }) => typecode !== undefined);
      const record = root.values({ depth: 4, structs: dynamic, bits });
      const records = fc.array(record, { minLength: count, maxLength: count, size: 'max' });
      return records.map((records) => ({ structs, root, records }));
    });
}
