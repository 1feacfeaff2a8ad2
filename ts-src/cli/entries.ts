/** Lines of input as what builds take: records, pairs of key and record, pairs of key and integer. */

import type { IdMapperKind } from '../containers/id-mapper-kinds.js';
import { describe, InvalidTypeError, SharedBuffersError } from '../errors.js';
import { fromTaggedInt, parseTagged, type Tagged } from '../exact/tagged.js';
import type { Schema } from '../schema/schema.js';
import { CommandError } from './failures.js';
import { keyFromTagged } from './keys.js';
import type { Line } from './lines.js';
import { type PlainRecords, wideInteger } from './plain.js';

/** Makes an entry of a line; throws what is wrong with it. */
export type EntryParser = (text: string) => unknown;

/** All entries of an input; what is wrong with one is said with its line. */
export async function* entriesOf(
  lines: AsyncIterable<Line>,
  name: string,
  parse: EntryParser,
): AsyncGenerator<unknown> {
  for await (const { text, number } of lines) {
    let entry: unknown;
    try {
      entry = parse(text);
    } catch (error) {
      if (!(error instanceof SharedBuffersError)) throw error;
      throw new CommandError(`${name}:${number}: ${error.message}`);
    }
    yield entry;
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidTypeError(`the line is no JSON: ${(error as Error).message.split('\n', 1)[0]}`);
  }
}

export function plainRecord(records: PlainRecords): EntryParser {
  return (text) => records.record(parseJson(text));
}

export function plainIdMapperEntry(idMapper: IdMapperKind): EntryParser {
  return (text) => {
    const [key, value] = pairOf(parseJson(text), 'integer');
    return [plainEntryKey(idMapper, key), wideInteger(value)];
  };
}

/**
 * Rows as `{"key": …, …slots}` or as `[key, {…slots}]`.
 * @param keySlot the slot that holds the key; then rows are `{…slots}`
 */
export function plainMappingEntry(
  idMapper: IdMapperKind,
  schema: Schema,
  records: PlainRecords,
  keySlot: string | undefined,
): EntryParser {
  const storesKey = keySlot !== undefined || schema.slots.some(({ name }) => name === 'key');
  const keyName = keySlot ?? 'key';
  return (text) => {
    const json = parseJson(text);
    if (Array.isArray(json)) {
      const [key, value] = pairOf(json as unknown[], 'record');
      return [plainEntryKey(idMapper, key), records.record(value)];
    }
    if (typeof json !== 'object' || json === null || !Object.hasOwn(json, keyName)) {
      const advice = keySlot === undefined ? '; --key names the slot that holds the key' : '';
      throw new InvalidTypeError(`there is no ${JSON.stringify(keyName)} in ${describe(json)}${advice}`);
    }
    const { [keyName]: key, ...rest } = json as Record<string, unknown>;
    return [plainEntryKey(idMapper, key), records.record(storesKey ? json : rest)];
  };
}

/** JSON has no integers beyond 2^53, so these are texts. */
function plainEntryKey(idMapper: IdMapperKind, key: unknown): unknown {
  return idMapper.keys === 'numeric' ? wideInteger(key) : key;
}
