/** Slot types with and without types of their members, each with values of it. */
import fc from 'fast-check';
import { OptionalSlot, type Schema, t } from 'sharedbuffers';
import { type Tagged, untag } from '#src/exact/tagged.js';
import {
  arrays,
  dates,
  dateTimes,
  decimals,
  floats,
  integers,
  singles,
  someBytes,
  texts,
} from './arbitrary-scalars.js';
import {
  type Context,
  dictsOf,
  dynamicBooleans,
  dynamicIntegers,
  inner,
  keys,
  lists,
  listsOf,
  members,
  sets,
  setsOf,
  values,
} from './arbitrary-values.js';

export interface Kind {
  /** The type as schema JSON calls it; the types of members are not stored. */
  readonly json: string;
  /** The type as a schema takes it. */
  readonly type: object;
  readonly struct?: NestedStruct;
  values(context: Context): fc.Arbitrary<Tagged>;
}

/** The schema of a slot or a member. */
export interface NestedStruct {
  readonly name: string;
  readonly schema: Schema;
  readonly typecode: number | undefined;
  readonly isRecursive: boolean;
  values(context: Context): fc.Arbitrary<Tagged>;
}

const constant = (json: string, type: object, tagged: fc.Arbitrary<Tagged>): Kind => ({
  json,
  type,
  values: () => tagged,
});

const ranges: [json: string, type: object, min: bigint, max: bigint][] = [
  ['int8', t.int8, -(2n ** 7n), 2n ** 7n - 1n],
  ['uint8', t.uint8, 0n, 2n ** 8n - 1n],
  ['int16', t.int16, -(2n ** 15n), 2n ** 15n - 1n],
  ['uint16', t.uint16, 0n, 2n ** 16n - 1n],
  ['int32', t.int32, -(2n ** 31n), 2n ** 31n - 1n],
  ['uint32', t.uint32, 0n, 2n ** 32n - 1n],
  ['int64', t.int64, -(2n ** 63n), 2n ** 63n - 1n],
  ['uint64', t.uint64, 0n, 2n ** 64n - 1n],
  // what it reads beyond these is an error
  ['int', t.int, -(2n ** 53n) + 1n, 2n ** 53n - 1n],
];

/** Types that take no types of members. */
const plainKinds: readonly Kind[] = [
  constant('bool', t.bool, fc.boolean()),
  ...ranges.map(([json, type, min, max]) => constant(json, type, integers(min, max))),
  constant('float32', t.float32, singles),
  constant('float64', t.float64, floats),
  constant('str', t.text, texts),
  constant('bytes', t.bytes, someBytes),
  constant('datetime', t.datetime, dateTimes),
  constant('date', t.date, dates),
  constant('Decimal', t.decimal, decimals),
  constant('ndarray', t.ndarray, arrays),
  constant('buffer', t.buffer, someBytes),
  { json: 'object', type: t.any, values },
  { json: 'object', type: t.any, values },
  { json: 'object', type: t.any, values },
];

/** `Map` and `Set` make 0 of -0. */
const floatKeys = (tagged: fc.Arbitrary<Tagged>) =>
  tagged.filter((value) => !['nan', '-0.0'].includes(String(untag(value, '$float'))));

/** Members that can be keys too. */
const keyKinds: readonly Kind[] = [
  { json: '', type: t.bool, values: dynamicBooleans },
  ...ranges.map(([json, type, min, max]) => ({
    json,
    type,
    values: (context: Context) => dynamicIntegers(context, min, max),
  })),
  constant('', t.float32, floatKeys(singles)),
  constant('', t.float64, floatKeys(floats)),
  constant('', t.text, texts),
  constant('', t.bytes, someBytes),
  { json: '', type: t.any, values: keys },
];

const leafKinds: readonly Kind[] = [
  ...keyKinds.filter(({ type }) => type !== t.any),
  constant('', t.datetime, dateTimes),
  constant('', t.date, dates),
  constant('', t.decimal, decimals),
  constant('', t.ndarray, arrays),
  { json: '', type: t.any, values },
];

type Bits = Context['bits'];

/** Where there are integers alone, there are no members that must be booleans. */
const without = (bits: Bits, kinds: readonly Kind[]) =>
  bits === 'integers' ? kinds.filter(({ type }) => type !== t.bool) : kinds;

const recordKind = (struct: NestedStruct): Kind => ({
  json: `struct:${struct.name}`,
  type: struct.schema,
  struct,
  values: (context) => struct.values(context),
});

/** Members of collections, of which some may be None. */
function memberKind(structs: readonly NestedStruct[], bits: Bits, depth: number): fc.Arbitrary<Kind> {
  const records = structs.filter(({ typecode }) => typecode !== undefined).map(recordKind);
  const leaf = fc.constantFrom(...without(bits, leafKinds), ...records);
  const kind =
    depth <= 0
      ? leaf
      : fc.oneof(
          { weight: 3, arbitrary: leaf },
          { weight: 1, arbitrary: collectionKind(structs, bits, depth - 1) },
        );
  return fc.tuple(kind, fc.nat(3)).map(([kind, choice]) => (choice > 0 ? kind : nullable(kind)));
}

function nullable(kind: Kind): Kind {
  return {
    ...kind,
    type: new OptionalSlot(kind.type),
    values: (context) => fc.option(kind.values(context), { freq: 3 }),
  };
}

const listForms = [
  ['list', t.list],
  ['proxied_list', t.listView],
] as const;
const tupleForms = [
  ['tuple', t.tuple],
  ['proxied_tuple', t.tupleView],
] as const;
const setForms = [
  ['frozenset', t.set],
  ['proxied_frozenset', t.setView],
] as const;
const dictForms = [
  ['dict', t.dict],
  ['proxied_dict', t.dictView],
] as const;

const asTuple = (items: Tagged[]): Tagged => ({ $tuple: items });

/** Collections of both forms, with and without types of their members. */
function collectionKind(structs: readonly NestedStruct[], bits: Bits, depth: number): fc.Arbitrary<Kind> {
  const member = memberKind(structs, bits, depth);
  const keyKind = fc.constantFrom(...without(bits, keyKinds));
  return fc.oneof(
    fc.constantFrom(...listForms).map(([json, make]) => ({ json, type: make(), values: lists })),
    fc.constantFrom(...tupleForms).map(([json, make]) => ({
      json,
      type: make(),
      values: (context: Context) => lists(context).map(asTuple),
    })),
    fc.constantFrom(...setForms).map(([json, make]) => ({ json, type: make(), values: sets })),
    fc.constantFrom(...dictForms).map(([json, make]) => ({
      json,
      type: make(),
      values: (context: Context) => dictsOf(keys(inner(context)), members(inner(context))),
    })),
    fc.tuple(fc.constantFrom(...listForms), member).map(([[json, make], { type, values }]) => ({
      json,
      type: make(type),
      values: (context: Context) => listsOf(values(inner(context))),
    })),
    fc
      .tuple(fc.constantFrom(...tupleForms), fc.array(member, { minLength: 1, maxLength: 3 }))
      .map(([[json, make], places]) => ({
        json,
        type: make(...places.map(({ type }) => type)),
        values: (context: Context) =>
          fc.tuple(...places.map(({ values }) => values(inner(context)))).map(asTuple),
      })),
    fc.tuple(fc.constantFrom(...setForms), keyKind).map(([[json, make], { type, values }]) => ({
      json,
      type: make(type),
      values: (context: Context) => setsOf(values(inner(context))),
    })),
    fc.tuple(fc.constantFrom(...dictForms), keyKind, member).map(([[json, make], key, { type, values }]) => ({
      json,
      type: make(key.type, type),
      values: (context: Context) => dictsOf(key.values(inner(context)), values(inner(context))),
    })),
  );
}

/** The type of a slot. @param structs whose records it may hold */
export function arbitraryKind(
  structs: readonly NestedStruct[],
  bits: Bits,
  depth: number,
): fc.Arbitrary<Kind> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...plainKinds) },
    { weight: 3, arbitrary: collectionKind(structs, bits, depth) },
    ...(structs.length === 0 ? [] : [{ weight: 1, arbitrary: fc.constantFrom(...structs.map(recordKind)) }]),
  );
}
