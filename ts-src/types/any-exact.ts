/** Tagged JSON where the place does not say what a value is: the tags do. */
import { InvalidTypeError, TooLargeError } from '../errors.js';
import {
  describeTagged,
  fromTaggedBytes,
  fromTaggedFloat,
  fromTaggedInt,
  isTaggedInt,
  type Tagged,
  untag,
} from '../exact/tagged.js';
import { Float } from './float.js';
import { typeOfCode } from './rtti.js';
import { markStruct, structByName } from './struct-registry.js';
import { Tuple } from './tuple.js';

const maxDepth = 256;
let depth = 0;

/**
 * The value that tagged JSON describes, such that packing it where the place does not say what it is stores just
 * that: floats are wrapped, so that none becomes an integer, nor makes one of the integers around it.
 */
export function fromTaggedValue(tagged: Tagged): unknown {
  if (tagged === null || typeof tagged === 'string' || typeof tagged === 'boolean') return tagged;
  if (isTaggedInt(tagged)) return fromTaggedInt(tagged);
  if (typeof tagged === 'number') return new Float(tagged);
  if (depth >= maxDepth) throw new TooLargeError(`values nest deeper than ${maxDepth}`);
  depth++;
  try {
    return Array.isArray(tagged) ? tagged.map(fromTaggedValue) : fromTaggedObject(tagged);
  } finally {
    depth--;
  }
}

/** Tags of types that know them; the typecode leads to the type. */
const typecodes: Readonly<Record<string, string>> = {
  $datetime: 'v',
  $date: 'V',
  $decimal: 'F',
  $ndarray: 'n',
};

function fromTaggedObject(tagged: { [key: string]: Tagged }): unknown {
  const [tag = ''] = Object.keys(tagged);
  switch (tag) {
    case '$float':
      return new Float(fromTaggedFloat(tagged));
    case '$bytes':
      return fromTaggedBytes(tagged);
    case '$tuple':
      return Tuple.from(itemsOf(tagged, tag), fromTaggedValue);
    case '$set':
      return new Set(itemsOf(tagged, tag).map(fromTaggedValue));
    case '$dict':
      return new Map(pairsOf(tagged).map(([key, value]) => [fromTaggedValue(key), fromTaggedValue(value)]));
    case '$struct':
      return structFromTagged(tagged);
  }
  const type = Object.hasOwn(typecodes, tag)
    ? typeOfCode((typecodes[tag] as string).charCodeAt(0))
    : undefined;
  if (type !== undefined) return type.fromExact(tagged);
  throw new InvalidTypeError(`expected a value, found ${describeTagged(tagged)}`);
}

function structFromTagged(tagged: { [key: string]: Tagged }): object {
  const name = tagged.$struct;
  const schema = typeof name === 'string' ? structByName(name) : undefined;
  if (schema === undefined) {
    throw new InvalidTypeError(
      `no schema with a typecode is called ${JSON.stringify(name)}: register it first`,
    );
  }
  return markStruct(schema, schema.fromExact(tagged));
}

/** The items under the tag of a tuple or set. */
export function itemsOf(tagged: Tagged, tag: '$tuple' | '$set' | '$dict'): Tagged[] {
  const items = untag(tagged, tag);
  if (Array.isArray(items)) return items;
  throw new InvalidTypeError(`expected {"${tag}": […]}, found ${describeTagged(tagged)}`);
}

/** The pairs under the tag of a dict. */
export function pairsOf(tagged: Tagged): (readonly [key: Tagged, value: Tagged])[] {
  return itemsOf(tagged, '$dict').map((pair) => {
    if (Array.isArray(pair) && pair.length === 2) return pair as [Tagged, Tagged];
    throw new InvalidTypeError(`expected a pair of key and value in "$dict", found ${describeTagged(pair)}`);
  });
}

export function listOf(tagged: Tagged): Tagged[] {
  if (Array.isArray(tagged)) return tagged;
  throw new InvalidTypeError(`expected a list, […], found ${describeTagged(tagged)}`);
}
