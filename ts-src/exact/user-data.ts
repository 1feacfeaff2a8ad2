/**
 * The user data of a schema as tagged JSON and back. Decimals and dates, which user data holds as opaque calls, are
 * written as the tagged values that they are.
 */
import { describe, InvalidTypeError, TooLargeError } from '../errors.js';
import { OpaqueCall, OpaqueGlobal } from '../schema/opaque.js';
import { OpaqueValue } from '../schema/stored.js';
import { Float } from '../types/float.js';
import { Tuple } from '../types/tuple.js';
import { taggedDict, taggedSet } from './canonical.js';
import {
  describeTagged,
  fromTaggedBytes,
  fromTaggedFloat,
  fromTaggedInt,
  isTaggedObject,
  type Tagged,
  taggedBytes,
  taggedFloat,
  taggedInt,
} from './tagged.js';

/** Shared values are written out each time, so a small pickle may hold more than anyone can print. */
const maxValues = 1_000_000;

class TaggedUserData {
  readonly #open = new Set<object>();
  #count = 0;

  tag(value: unknown): Tagged {
    if (++this.#count > maxValues) throw new TooLargeError(`the user data holds over ${maxValues} values`);
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'bigint') return taggedInt(value);
    if (typeof value === 'number') return tagNumber(value);
    if (typeof value === 'object') return this.#object(value);
    throw new InvalidTypeError(`user data cannot hold ${describe(value)}`);
  }

  #object(value: object): Tagged {
    if (value instanceof Float) return taggedFloat(value.value);
    if (value instanceof Uint8Array) return taggedBytes(value);
    if (value instanceof OpaqueValue) return tagOpaque(value);
    if (this.#open.has(value)) return { $opaque: 'a value that contains itself' };
    this.#open.add(value);
    const tagged = this.#container(value);
    this.#open.delete(value);
    return tagged;
  }

  #container(value: object): Tagged {
    if (value instanceof Tuple) return { $tuple: this.#items(value) };
    if (Array.isArray(value)) return this.#items(value);
    if (value instanceof Set) return taggedSet(this.#items(value));
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    return taggedDict(entries.map(([key, item]): [Tagged, Tagged] => [this.tag(key), this.tag(item)]));
  }

  #items(items: Iterable<unknown>): Tagged[] {
    return Array.from(items, (item) => this.tag(item));
  }
}

function tagNumber(value: number): Tagged {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? taggedInt(value) : taggedFloat(value);
}

function tagOpaque(value: OpaqueValue): Tagged {
  const [first, zone] = value.args;
  if (value.global === 'decimal.Decimal' && typeof first === 'string') return { $decimal: first };
  if (first instanceof Uint8Array && value.state === undefined) {
    if (value.global === 'datetime.date' && first.length === 4) return { $date: isoDate(first) };
    const isMoment = value.global === 'datetime.datetime' && first.length === 10;
    const offset = zone === undefined ? '' : zoneOffset(zone);
    if (isMoment && offset !== undefined)
      return { $datetime: `${isoDate(first)}T${isoTime(first)}${offset}` };
  }
  return { $opaque: value.global };
}

const pad = (value: number, size = 2) => String(value).padStart(size, '0');
const byte = (bytes: Uint8Array, index: number) => bytes[index] ?? 0;

function isoDate(bytes: Uint8Array): string {
  return `${pad(byte(bytes, 0) * 256 + byte(bytes, 1), 4)}-${pad(byte(bytes, 2))}-${pad(byte(bytes, 3))}`;
}

function isoTime(bytes: Uint8Array): string {
  const micros = byte(bytes, 7) * 65536 + byte(bytes, 8) * 256 + byte(bytes, 9);
  return `${pad(byte(bytes, 4))}:${pad(byte(bytes, 5))}:${pad(byte(bytes, 6))}.${pad(micros, 6)}`;
}

/** `+HH:MM` of Python's fixed time zones in whole minutes. */
function zoneOffset(zone: unknown): string | undefined {
  if (!(zone instanceof OpaqueValue) || zone.global !== 'datetime.timezone') return undefined;
  const delta = zone.args[0];
  if (!(delta instanceof OpaqueValue) || delta.global !== 'datetime.timedelta') return undefined;
  const [days, seconds] = delta.args;
  if (typeof days !== 'number' || typeof seconds !== 'number' || seconds % 60 !== 0) return undefined;
  const minutes = days * 1440 + seconds / 60;
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** User data as tagged JSON; what only Python understands is named, `{"$opaque": "module.name"}`. */
export function userDataToTagged(value: unknown): Tagged {
  return new TaggedUserData().tag(value);
}

/** User data from tagged JSON; floats stay floats, as `Float` where they are integral. */
export function userDataFromTagged(tagged: Tagged): unknown {
  if (tagged === null || typeof tagged === 'boolean' || typeof tagged === 'string') return tagged;
  if (typeof tagged === 'number')
    return Number.isInteger(tagged) ? fromTaggedInt(tagged) : fromTaggedFloat(tagged);
  if (Array.isArray(tagged)) return tagged.map(userDataFromTagged);
  const [tag, ...rest] = Object.keys(tagged);
  const read = tag !== undefined && rest.length === 0 ? readers.get(tag) : undefined;
  if (!read) throw new InvalidTypeError(`user data cannot hold ${describeTagged(tagged)}`);
  return read(tagged);
}

const readers: ReadonlyMap<string, (tagged: Tagged) => unknown> = new Map([
  ['$int', fromTaggedInt],
  ['$float', floatFromTagged],
  ['$bytes', fromTaggedBytes],
  ['$tuple', (tagged) => Tuple.from(items(tagged, '$tuple'), userDataFromTagged)],
  ['$set', (tagged) => new Set(items(tagged, '$set').map(userDataFromTagged))],
  ['$dict', dictFromTagged],
  ['$decimal', (tagged) => call('decimal', 'Decimal', [matched(tagged, '$decimal', decimal)[0]])],
  ['$date', (tagged) => call('datetime', 'date', [dateBytes(matched(tagged, '$date', date))])],
  ['$datetime', datetimeFromTagged],
] as [string, (tagged: Tagged) => unknown][]);

function floatFromTagged(tagged: Tagged): number | Float {
  const value = fromTaggedFloat(tagged);
  return Number.isInteger(value) ? new Float(value) : value;
}

function inner(tagged: Tagged, tag: string): Tagged {
  return isTaggedObject(tagged) ? (tagged[tag] ?? null) : null;
}

function items(tagged: Tagged, tag: string): Tagged[] {
  const list = inner(tagged, tag);
  if (Array.isArray(list)) return list;
  throw new InvalidTypeError(`${JSON.stringify(tag)} takes an array, not ${describeTagged(list)}`);
}

/** An object where all keys are text, as schemas from files have it. */
function dictFromTagged(tagged: Tagged): unknown {
  const entries = items(tagged, '$dict').map((entry): [unknown, unknown] => {
    if (!Array.isArray(entry) || entry.length !== 2) {
      throw new InvalidTypeError(`"$dict" takes pairs of key and value, not ${describeTagged(entry)}`);
    }
    return [userDataFromTagged(entry[0] as Tagged), userDataFromTagged(entry[1] as Tagged)];
  });
  if (entries.some(([key]) => typeof key !== 'string')) return new Map(entries);
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, value] of entries) object[key as string] = value;
  return object;
}

const decimal = /^-?(?:\d+\.?\d*(?:E[+-]?\d+)?|Infinity|s?NaN\d*)$/i;
const date = /^(\d{4})-(\d\d)-(\d\d)$/;
const datetime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{6}))?(?:([+-])(\d\d):(\d\d))?$/;

function matched(tagged: Tagged, tag: string, pattern: RegExp): RegExpExecArray {
  const text = inner(tagged, tag);
  const match = typeof text === 'string' ? pattern.exec(text) : null;
  if (match) return match;
  throw new InvalidTypeError(`${describeTagged(text)} is no ${tag.slice(1)}`);
}

/** How Python pickles a date: the year in two bytes, the month, the day. */
function dateBytes(match: RegExpExecArray): Uint8Array {
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number);
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days) {
    throw new InvalidTypeError(`${describe(match[0])} is no date`);
  }
  return Uint8Array.of(year >> 8, year & 0xff, month, day);
}

function datetimeFromTagged(tagged: Tagged): OpaqueCall {
  const match = matched(tagged, '$datetime', datetime);
  const [hour = 0, minute = 0, second = 0, micros = 0] = match.slice(4, 8).map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59)
    throw new InvalidTypeError(`${describe(match[0])} is no datetime`);
  const time = [hour, minute, second, micros >> 16, (micros >> 8) & 0xff, micros & 0xff];
  const bytes = Uint8Array.from([...dateBytes(match), ...time]);
  if (match[8] === undefined) return call('datetime', 'datetime', [bytes]);
  const offset = (Number(match[9]) * 60 + Number(match[10])) * (match[8] === '-' ? -1 : 1);
  const days = Math.floor(offset / 1440);
  const delta = call('datetime', 'timedelta', [days, (offset - days * 1440) * 60, 0]);
  return call('datetime', 'datetime', [bytes, call('datetime', 'timezone', [delta])]);
}

function call(module: string, name: string, args: unknown[]): OpaqueCall {
  return new OpaqueCall(new OpaqueGlobal(module, name), args);
}
