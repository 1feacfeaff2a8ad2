/** Everything that can be done with values that were read. */
import { inspect, isDeepStrictEqual } from 'node:util';
import { DateTime, Decimal, equals, NdArray, PlainDate, schemaOf, Tuple, toObject } from 'sharedbuffers';
import { FindingList } from '#src/containers/findings.js';
import { stringifyTagged } from '#src/exact/tagged.js';
import { positionOf, RecordProxy, readerOf, regionOf } from '#src/proxies/record.js';
import { DictView } from '#src/proxies/views/dict-view.js';
import { isSequenceView, type ListView } from '#src/proxies/views/list-view.js';
import { SetView } from '#src/proxies/views/set-view.js';
import type { Attempts } from './attempt.js';

/** How far values are followed. */
const mostDepth = 3;
const mostItems = 4;

type Values = Record<string, unknown>;

/** Reads a record in every form, and each of its slots. */
export function useRecord(record: object, attempts: Attempts, depth = 0): void {
  if (!RecordProxy.is(record) || depth > mostDepth) return;
  const reader = readerOf(record);
  const region = regionOf(record);
  const position = positionOf(record);
  attempts.sometimes('toObject', () => toObject(record));
  attempts.sometimes('JSON.stringify', () => JSON.stringify(record));
  attempts.sometimes('the exact form', () => stringifyTagged(reader.exactAt(region, position, 0)));
  attempts.sometimes('verify a record', () => reader.verifyAt(region, position, 0, new FindingList(5)));
  if (depth === 0) {
    const again = reader.proxyAt(region, position);
    const { random } = attempts;
    attempts.sometimes('equals', () => equals(record, again));
    if (random.oneIn(2)) attempts.sometimes('inspect', () => inspect(record));
    attempts.sometimes('pack', () => schemaOf(record).pack(record as never));
  }
  for (const { name } of reader.slots) {
    const value = attempts.try(`read the slot ${name}`, () => (record as object as Values)[name]);
    useValue(value, attempts, depth + 1);
  }
}

export function useValue(value: unknown, attempts: Attempts, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > mostDepth) return;
  if (RecordProxy.is(value)) useRecord(value, attempts, depth);
  else if (isSequenceView(value)) useSequenceView(value, attempts, depth);
  else if (value instanceof SetView) useSetView(value, attempts, depth);
  else if (value instanceof DictView) useDictView(value, attempts, depth);
  else if (value instanceof NdArray) useNdArray(value, attempts);
  else if (value instanceof DateTime) useDateTime(value, attempts);
  else if (value instanceof Decimal) useDecimal(value, attempts);
  else if (value instanceof PlainDate) attempts.try('a date', () => `${value} ${JSON.stringify(value)}`);
  else if (Array.isArray(value) || value instanceof Set || value instanceof Map) {
    for (const item of attempts.take('a copy', mostItems, () => value as Iterable<unknown>)) {
      useValue(item, attempts, depth + 1);
    }
  }
}

function useSequenceView(view: ListView, attempts: Attempts, depth: number): void {
  const first = attempts.try('at(0)', () => view.at(0));
  const last = attempts.try('at(-1)', () => view.at(-1));
  attempts.sometimes('at(beyond)', () => view.at(view.length));
  for (const wanted of [first, last, 'absent', Number.NaN, new Tuple(), 1n, new Uint8Array(3)]) {
    attempts.sometimes('includes', () => view.includes(wanted));
  }
  attempts.sometimes('indexOf', () => view.indexOf(last, -3));
  const slice = attempts.try('slice', () => view.slice(1, -1));
  attempts.sometimes('slice.toArray', () => slice?.toArray());
  attempts.sometimes('toArray', () => view.toArray());
  attempts.sometimes('toTypedArray', () => (view.isNumeric ? view.toTypedArray() : undefined));
  attempts.sometimes('toJSON', () => JSON.stringify(view));
  attempts.sometimes('equals itself', () => view.equals(view));
  if (slice !== undefined) attempts.try('equals a slice', () => view.equals(slice));
  if (attempts.random.oneIn(2)) attempts.sometimes('inspect', () => inspect(view));
  for (const item of attempts.take('values', mostItems, () => view.values())) {
    useValue(item, attempts, depth + 1);
  }
}

function useSetView(view: SetView, attempts: Attempts, depth: number): void {
  const members = attempts.take('members', mostItems, () => view);
  const others = [new Set<unknown>(members), new Set<unknown>([1, 'x', 2.5]), view];
  for (const wanted of [...members, 'absent', 1, 2n ** 63n, true, null, Tuple.of(1, 2), new Uint8Array(2)]) {
    attempts.sometimes('has', () => view.has(wanted));
  }
  for (const other of others) {
    attempts.sometimes('union', () => view.union(other));
    attempts.sometimes('intersection', () => view.intersection(other));
    attempts.sometimes('difference', () => view.difference(other));
    attempts.sometimes('symmetricDifference', () => view.symmetricDifference(other));
    attempts.sometimes('isSubsetOf', () => view.isSubsetOf(other));
    attempts.sometimes('isSupersetOf', () => view.isSupersetOf(other));
    attempts.sometimes('isDisjointFrom', () => view.isDisjointFrom(other));
    attempts.sometimes('equals', () => view.equals(other));
  }
  attempts.take('entries', mostItems, () => view.entries());
  attempts.sometimes('toJSON', () => JSON.stringify(view));
  if (attempts.random.oneIn(2)) attempts.sometimes('inspect', () => inspect(view));
  for (const member of members) useValue(member, attempts, depth + 1);
}

function useDictView(view: DictView, attempts: Attempts, depth: number): void {
  const keys = attempts.take('keys', mostItems, () => view.keys());
  for (const key of [...keys, 'absent', 0, 1.5, null, Tuple.of('x'), new Uint8Array(1)]) {
    attempts.sometimes('get', () => view.get(key));
    attempts.sometimes('has', () => view.has(key));
  }
  attempts.take('entries', mostItems, () => view);
  attempts.sometimes('equals itself', () => view.equals(view));
  attempts.sometimes('equals', () => view.equals(new Map([['x', 1]])));
  attempts.sometimes('toJSON', () => JSON.stringify(view));
  if (attempts.random.oneIn(2)) attempts.sometimes('inspect', () => inspect(view));
  for (const value of attempts.take('values', mostItems, () => view.values())) {
    useValue(value, attempts, depth + 1);
  }
}

function useNdArray(array: NdArray, attempts: Attempts): void {
  attempts.take('items', mostItems, () => array.values());
  attempts.sometimes('get', () => array.get(...array.shape.map(() => 0)));
  attempts.sometimes('toArray', () => array.toArray());
  attempts.sometimes('toJSON', () => JSON.stringify(array));
  attempts.sometimes('inspect', () => inspect(array));
  attempts.sometimes('equals', () => isDeepStrictEqual(array, array));
}

function useDateTime(value: DateTime, attempts: Attempts): void {
  attempts.sometimes('a time', () => [value.epochMicroseconds, value.offset, value.equals(value)]);
  attempts.sometimes('toISOString', () => value.toISOString());
  attempts.sometimes('toClockString', () => value.toClockString());
  attempts.sometimes('toJSON', () => JSON.stringify(value));
}

function useDecimal(value: Decimal, attempts: Attempts): void {
  attempts.sometimes('toString', () => value.toString());
  attempts.sometimes('toNumber', () => value.toNumber());
  attempts.sometimes('compare', () => value.compare(value));
  attempts.sometimes('toJSON', () => JSON.stringify(value));
}
