/** Lines of input as what builds take: records, pairs of key and record, pairs of key and integer. */

import type { IdMapperKind } from '../containers/id-mapper-kinds.js';
import { describe, InvalidTypeError } from '../errors.js';
import { fromTaggedInt, parseTagged, type Tagged } from '../exact/tagged.js';
import type { Schema } from '../schema/schema.js';
import { Tuple } from '../types/tuple.js';
import type { Input } from './input.js';
import { keyFromTagged } from './keys.js';
import { readLines } from './lines.js';
import { type PlainRecords, wideInteger } from './plain.js';

/** Makes an entry of a line; throws what is wrong with it. */
export type EntryParser = (text: string) => unknown;

/** Makes an entry of a value from JSON; throws what is wrong with it. */
export type EntryConverter = (json: unknown) => unknown;

/** Reads all entries of an input. */
export type EntryReader = (input: Input) => AsyncIterable<unknown>;

/** An entry for each line. */
export function lineReader(parse: EntryParser): EntryReader {
  return (input) => entriesOf(input, readLines(input.stream, input.name), ({ text }) => parse(text));
}

/** An entry for each line of JSON. */
export function jsonReader(convert: EntryConverter): EntryReader {
  return lineReader((text) => convert(parseJson(text)));
}

/** An entry for each item; the input says with which line something is wrong, and whether its entry was taken. */
export async function* entriesOf<Item extends { readonly number: number }>(
  input: Input,
  items: AsyncIterable<Item>,
  parse: (item: Item) => unknown,
): AsyncGenerator<unknown> {
  for await (const item of items) {
    input.line = item.number;
    let entry: unknown;
    try {
      entry = parse(item);
    } catch (error) {
      throw input.at(error);
    }
    input.isTaken = true;
    yield entry;
    input.isTaken = false;
  }
}

function pairOf<T>(value: T | readonly T[], what: string): readonly [T, T] {
  if (Array.isArray(value) && value.length === 2) return value as unknown as readonly [T, T];
  throw new InvalidTypeError(`expected a pair [key, ${what}], found ${describe(value)}`);
}

export function taggedRecord(schema: Schema): EntryParser {
  return (text) => schema.fromExact(parseTagged(text));
}

export function taggedMappingEntry(idMapper: IdMapperKind, schema: Schema): EntryParser {
  return (text) => {
    const [key, record] = pairOf<Tagged>(parseTagged(text), 'record');
    return [taggedEntryKey(idMapper, key), schema.fromExact(record)];
  };
}

export function taggedIdMapperEntry(idMapper: IdMapperKind): EntryParser {
  return (text) => {
    const [key, value] = pairOf<Tagged>(parseTagged(text), 'integer');
    return [taggedEntryKey(idMapper, key), fromTaggedInt(value)];
  };
}

function taggedEntryKey(idMapper: IdMapperKind, tagged: Tagged): unknown {
  const key = keyFromTagged(tagged, idMapper.keys);
  if (key !== undefined) return key;
  throw new InvalidTypeError(`${JSON.stringify(tagged)} cannot be a key of a ${idMapper.name}`);
}

const expectedLines = "expected JSON lines, a row in each, as jq -c '.[]' makes them of an array";

/** @throws InvalidTypeError */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A document that goes on over lines begins with one of these alone.
    if (/^\s*[[{]\s*$/.test(text)) {
      throw new InvalidTypeError(
        `the line begins a JSON document that goes on over several lines: ${expectedLines}`,
      );
    }
    throw new InvalidTypeError(`the line is no JSON: ${(error as Error).message.split('\n', 1)[0]}`);
  }
}

export function plainRecord(records: PlainRecords): EntryConverter {
  return (json) => records.record(json);
}

export function plainIdMapperEntry(idMapper: IdMapperKind): EntryConverter {
  return (json) => {
    const [key, value] = pairOf(json, 'integer');
    return [plainEntryKey(idMapper, key), wideInteger(value)];
  };
}

/** Rows as `{"key": …, …slots}` or as `[key, {…slots}]`. */
export function plainMappingEntry(
  idMapper: IdMapperKind,
  schema: Schema,
  records: PlainRecords,
): EntryConverter {
  const storesKey = schema.slots.some(({ name }) => name === 'key');
  return (json) => {
    if (Array.isArray(json)) {
      const [key, value] = pairOf(json as unknown[], 'record');
      return [plainEntryKey(idMapper, key), records.record(value)];
    }
    const { key, ...rest } = withSlot(json, 'key', '; --key names the slot that holds the key');
    return [plainEntryKey(idMapper, key), records.record(storesKey ? json : rest)];
  };
}

/** Rows as `{…slots}`, where one slot holds the key. */
export function plainKeyedEntry(idMapper: IdMapperKind, records: PlainRecords, slot: string): EntryConverter {
  return (json) => {
    const record = records.record(withSlot(json, slot, ''));
    return [plainEntryKey(idMapper, record[slot]), record];
  };
}

function withSlot(json: unknown, slot: string, advice: string): Record<string, unknown> {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  if (isObject && Object.hasOwn(json, slot)) return json as Record<string, unknown>;
  const found = `there is no ${JSON.stringify(slot)} in ${describe(json)}`;
  throw new InvalidTypeError(Array.isArray(json) ? `${found}: ${expectedLines}` : `${found}${advice}`);
}

/** JSON has no integers beyond 2^53, so these are texts; and no tuples, so these are arrays. */
function plainEntryKey(idMapper: IdMapperKind, key: unknown): unknown {
  if (idMapper.keys === 'object') return tupleKey(key);
  return idMapper.keys === 'numeric' ? wideInteger(key) : key;
}

function tupleKey(key: unknown): unknown {
  return Array.isArray(key) ? Tuple.from(key, tupleKey) : key;
}
