/** The TypeScript types of collections, inferred from the types of their members. */

import type { DictView } from '../proxies/views/dict-view.js';
import type { ListView, TupleView } from '../proxies/views/list-view.js';
import type { SetView } from '../proxies/views/set-view.js';
import type { InputOf } from '../schema/infer.js';
import type { Schema } from '../schema/schema.js';
import type { TypedArray } from './sequence-format.js';
import type { OptionalSlot, ReadOf, WriteOf } from './slot-type.js';
import type { LazyMarker, SelfMarker } from './struct.js';

/** The collections of this library; those in `…View` are read in place. */
export type CollectionForm =
  | 'list'
  | 'tuple'
  | 'set'
  | 'dict'
  | 'listView'
  | 'tupleView'
  | 'setView'
  | 'dictView';

/** What the type of a collection tells inference; exists for inference only. */
export interface CollectionSlot<Form extends CollectionForm, Members> {
  readonly '~form'?: Form;
  readonly '~members'?: Members;
}

/** A member as it reads; `Self` is the record that `t.self` stands for. */
export type MemberRead<M, Self = object> = M extends undefined
  ? unknown
  : M extends OptionalSlot<infer Inner>
    ? MemberRead<Inner, Self> | null
    : M extends SelfMarker
      ? Self
      : M extends LazyMarker<infer S>
        ? MemberRead<S, Self>
        : M extends Schema<infer _Slots, infer P>
          ? P
          : M extends CollectionSlot<infer Form, infer Members>
            ? CollectionRead<Form, Members, Self>
            : ReadOf<M>;

/** A member as packing accepts it. */
export type MemberWrite<M, Self = object> = M extends undefined
  ? unknown
  : M extends OptionalSlot<infer Inner>
    ? MemberWrite<Inner, Self> | null
    : M extends SelfMarker
      ? Self
      : M extends LazyMarker<infer S>
        ? MemberWrite<S, Self>
        : M extends Schema<infer Slots, infer _P>
          ? InputOf<Slots>
          : M extends CollectionSlot<infer Form, infer Members>
            ? CollectionWrite<Form, Members, Self>
            : WriteOf<M>;

type TupleRead<Members, Self> = Members extends readonly []
  ? readonly unknown[]
  : { readonly [I in keyof Members]: MemberRead<Members[I], Self> };

type TupleWrite<Members, Self> = Members extends readonly []
  ? readonly unknown[] | TypedArray
  : { readonly [I in keyof Members]: MemberWrite<Members[I], Self> };

type Pair<Members> = Members extends readonly [infer K, infer V] ? { key: K; value: V } : never;

/** A collection as it reads. */
export type CollectionRead<Form extends CollectionForm, Members, Self = object> = Form extends 'list'
  ? readonly MemberRead<Members, Self>[]
  : Form extends 'tuple'
    ? TupleRead<Members, Self>
    : Form extends 'set'
      ? ReadonlySet<MemberRead<Members, Self>>
      : Form extends 'dict'
        ? ReadonlyMap<MemberRead<Pair<Members>['key'], Self>, MemberRead<Pair<Members>['value'], Self>>
        : Form extends 'listView'
          ? ListView<MemberRead<Members, Self>>
          : Form extends 'tupleView'
            ? TupleView<TupleRead<Members, Self>>
            : Form extends 'setView'
              ? SetView<MemberRead<Members, Self>>
              : DictView<MemberRead<Pair<Members>['key'], Self>, MemberRead<Pair<Members>['value'], Self>>;

/** Typed arrays stand for lists and sets of numbers. */
type Numbers<M> = unknown extends M ? TypedArray : M extends number | bigint ? TypedArray : never;

type DictWrite<K, V> =
  | ReadonlyMap<K, V>
  | (unknown extends K
      ? { readonly [key: string]: V }
      : K extends string
        ? { readonly [key in K]: V }
        : never);

/** A collection as packing accepts it: what it reads as, and what is written more easily. */
export type CollectionWrite<Form extends CollectionForm, Members, Self = object> = Form extends
  | 'list'
  | 'listView'
  ? readonly MemberWrite<Members, Self>[] | ListView<MemberRead<Members, Self>> | Numbers<MemberRead<Members>>
  : Form extends 'tuple' | 'tupleView'
    ? TupleWrite<Members, Self> | TupleView<TupleRead<Members, Self>>
    : Form extends 'set' | 'setView'
      ? ReadonlySet<MemberWrite<Members, Self>> | Numbers<MemberRead<Members>>
      : DictWrite<MemberWrite<Pair<Members>['key'], Self>, MemberWrite<Pair<Members>['value'], Self>>;
