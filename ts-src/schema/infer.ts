/** The TypeScript types of records, inferred from the slots of their schema. */
import type { CollectionRead, CollectionSlot, CollectionWrite } from '../types/member-types.js';
import type { OptionalSlot, ReadOf, TypedColumnOf, WriteOf } from '../types/slot-type.js';
import type { LazyMarker, SelfMarker } from '../types/struct.js';
import type { Schema } from './schema.js';

/** What may stand behind a slot name: a type of `t`, a schema, or the `optional()` form of one. */
export type Slot = object;
/** Slots by name. */
export type SlotMap = { readonly [name: string]: Slot };

type OptionalKeys<Slots> = {
  [K in keyof Slots]: Slots[K] extends OptionalSlot<unknown> ? K : never;
}[keyof Slots];
type RequiredKeys<Slots> = Exclude<keyof Slots, OptionalKeys<Slots>>;

type Unwrapped<T> = T extends OptionalSlot<infer Inner> ? Inner : T;

type SlotValue<T, Self> = T extends SelfMarker
  ? Self
  : T extends LazyMarker<infer S>
    ? S extends Schema<infer _Slots, infer P>
      ? P
      : never
    : T extends Schema<infer _Slots, infer P>
      ? P
      : T extends CollectionSlot<infer Form, infer Members>
        ? CollectionRead<Form, Members, Self>
        : ReadOf<T>;

type SlotInput<T, Self> = T extends SelfMarker
  ? Self
  : T extends LazyMarker<infer S>
    ? S extends Schema<infer Slots, infer _P>
      ? InputOf<Slots>
      : never
    : T extends Schema<infer Slots, infer _P>
      ? InputOf<Slots>
      : T extends CollectionSlot<infer Form, infer Members>
        ? CollectionWrite<Form, Members, Self>
        : WriteOf<T>;

/** A record as it reads. */
export type RecordOf<Slots> = {
  readonly [K in RequiredKeys<Slots>]: SlotValue<Slots[K], RecordOf<Slots>>;
} & {
  readonly [K in OptionalKeys<Slots>]?: SlotValue<Unwrapped<Slots[K]>, RecordOf<Slots>> | null;
};

/** A record as packing accepts it: `number` for 64-bit slots too, any object of the right shape for nested records. */
export type InputOf<Slots> = {
  readonly [K in RequiredKeys<Slots>]: SlotInput<Slots[K], InputOf<Slots>>;
} & {
  readonly [K in OptionalKeys<Slots>]?: SlotInput<Unwrapped<Slots[K]>, InputOf<Slots>> | null;
};

/** The type of the records of a schema: `type City = Infer<typeof City>`. */
export type Infer<S> = S extends Schema<infer Slots, infer _P> ? RecordOf<Slots> : never;

/** The type of what may be packed as a record of a schema. */
export type InferInput<S> = S extends Schema<infer Slots, infer _P> ? InputOf<Slots> : never;

/** What a column of a slot is: a typed array for numbers and booleans, an array of what single reads answer for others. */
type ColumnOf<T, Self> =
  unknown extends TypedColumnOf<Unwrapped<T>>
    ? T extends OptionalSlot<unknown>
      ? (SlotValue<Unwrapped<T>, Self> | null | undefined)[]
      : SlotValue<T, Self>[]
    : TypedColumnOf<Unwrapped<T>>;

/** The columns of the slots of a schema, as `column()` answers them. */
export type ColumnsOf<Slots> = { readonly [K in keyof Slots]: ColumnOf<Slots[K], RecordOf<Slots>> };

/** The columns of a schema that only the file knows. */
export interface AnyColumns {
  readonly [slot: string]: AnyColumn;
}

/** A column of a slot whose type only the file knows. */
export type AnyColumn =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | unknown[];
