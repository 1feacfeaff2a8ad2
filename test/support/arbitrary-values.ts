/** Values of unknown type, nested in any way, as tagged JSON with sets and dicts in canonical order. */
import fc from 'fast-check';
import { taggedDict, taggedSet } from '#src/exact/canonical.js';
import { fromTaggedFloat, fromTaggedInt, isTaggedInt, type Tagged, untag } from '#src/exact/tagged.js';
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

/** What values may be made of. */
export interface Context {
  /** How deep they may nest still. */
  readonly depth: number;
  /** Schemas whose records may stand where the type of a value is stored with it. */
  readonly structs: readonly { values(context: Context): fc.Arbitrary<Tagged> }[];
  /**
   * Python stores `true` and 1, `false` and 0 of one record as one value, so what it packs has the ones or the others.
   * What is packed here may have both.
   */
  readonly bits: 'both' | 'booleans' | 'integers';
}

/** Makes a thing once for each context: arbitraries refer to each other all over the place. */
export function once<T>(make: (context: Context) => T): (context: Context) => T {
  const made = new WeakMap<Context, T>();
  return (context) => {
    const known = made.get(context);
    if (known !== undefined) return known;
    const result = make(context);
    made.set(context, result);
    return result;
  };
}

export const inner = once((context): Context => ({ ...context, depth: context.depth - 1 }));

/** Integers where the type of a value is stored with it. */
export function dynamicIntegers(context: Context, min = -(2n ** 63n), max = 2n ** 64n - 1n) {
  if (context.bits === 'both') return integers(min, max);
  // Python does not pack negative integers and those beyond 63 bits in one list
  const all = integers(min, max < 2n ** 63n ? max : 2n ** 63n - 1n);
  return context.bits === 'booleans' ? all.filter((value) => value !== 0 && value !== 1) : all;
}

export function dynamicBooleans(context: Context): fc.Arbitrary<Tagged> {
  return context.bits === 'integers' ? fc.constantFrom('true', 'false') : fc.boolean();
}

const scalars = once((context): fc.Arbitrary<Tagged> => {
  return fc.oneof(dynamicBooleans(context), dynamicIntegers(context), floats, texts, someBytes);
});

/** What a dict may have as a key and a set as a member. */
export const keys = once((context): fc.Arbitrary<Tagged> => {
  const isNan = (value: Tagged) => untag(value, '$float') === 'nan';
  const simple = fc.oneof(
    fc.constant(null),
    scalars(context).filter((value) => !isNan(value)),
  );
  if (context.depth <= 0) return simple;
  const nested = keys(inner(context));
  return fc.oneof(
    { weight: 6, arbitrary: simple },
    { weight: 1, arbitrary: fc.array(nested, { maxLength: 3 }).map((items) => ({ $tuple: items })) },
    { weight: 1, arbitrary: setsOf(nested) },
  );
});

/** Keys that Python holds to be equal have equal identities: 1, 1.0 and true are one key, text and bytes are two. */
export function identityOf(key: Tagged): string {
  if (typeof key === 'string') return JSON.stringify(key);
  if (typeof key === 'boolean') return String(Number(key));
  if (typeof key === 'number' && !Number.isInteger(key)) return String(key);
  if (isTaggedInt(key)) return String(fromTaggedInt(key));
  if (untag(key, '$float') !== undefined) {
    const float = fromTaggedFloat(key);
    return Number.isInteger(float) ? String(BigInt(float)) : String(float);
  }
  const items = untag(key, '$tuple') ?? untag(key, '$set');
  if (!Array.isArray(items)) return JSON.stringify(key);
  const identities = items.map(identityOf);
  return untag(key, '$set') === undefined ? `(${identities})` : `{${identities.sort()}}`;
}

export function setsOf(members: fc.Arbitrary<Tagged>): fc.Arbitrary<Tagged> {
  return fc.uniqueArray(members, { selector: identityOf, maxLength: 6 }).map(taggedSet);
}

export function dictsOf(keys: fc.Arbitrary<Tagged>, values: fc.Arbitrary<Tagged>): fc.Arbitrary<Tagged> {
  const entries = fc.uniqueArray(fc.tuple(keys, values), {
    selector: ([key]) => identityOf(key),
    maxLength: 6,
  });
  return entries.map(taggedDict);
}

export function listsOf(members: fc.Arbitrary<Tagged>): fc.Arbitrary<Tagged[]> {
  return fc.array(members, { maxLength: 6 });
}

/** Anything but None, as `t.any` stores it. */
export const values = once((context): fc.Arbitrary<Tagged> => {
  const simple = fc.oneof(
    { weight: 5, arbitrary: scalars(context) },
    { weight: 1, arbitrary: fc.oneof(dateTimes, dates, decimals, arrays) },
  );
  if (context.depth <= 0) return simple;
  const deeper = inner(context);
  const records = context.structs.map((struct) => struct.values(deeper));
  return fc.oneof(
    { weight: 4, arbitrary: simple },
    { weight: 3, arbitrary: lists(deeper) },
    { weight: 2, arbitrary: lists(deeper).map((items) => ({ $tuple: items })) },
    { weight: 1, arbitrary: sets(deeper) },
    { weight: 1, arbitrary: dictsOf(keys(deeper), members(deeper)) },
    ...records.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
});

/** Members of collections: anything. */
export const members = once((context): fc.Arbitrary<Tagged> => {
  return fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 12, arbitrary: values(context) });
});

/** Lists of one kind of number, which are stored without pointers, and of anything. */
export const lists = once((context): fc.Arbitrary<Tagged[]> => {
  return fc.oneof(
    fc.constantFrom(8n, 16n, 32n, 63n).chain((width) => listsOf(integers(-(2n ** width), 2n ** width - 1n))),
    listsOf(integers(0n, 2n ** 64n - 1n)),
    listsOf(fc.oneof(floats, singles)),
    listsOf(members(context)),
  );
});

/** Sets of small integers, which are stored as bitmaps, of others, of floats, and of anything. */
export const sets = once((context): fc.Arbitrary<Tagged> => {
  const numbers = floats.filter((value) => untag(value, '$float') !== 'nan');
  return fc.oneof(
    fc.constantFrom(55n, 119n, 130n, 2n ** 40n).chain((max) => setsOf(integers(0n, max))),
    setsOf(integers(-(2n ** 63n), 2n ** 63n - 1n)),
    setsOf(numbers),
    setsOf(keys(context)),
  );
});
