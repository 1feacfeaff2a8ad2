/**
 * The records of the comparison: cities, any of which can be made without those before it, so that ten million need no
 * memory; and their keys, made anew at each call.
 */
import { Schema, t } from 'sharedbuffers';

export const City = new Schema('City', {
  id: t.uint32,
  population: t.uint32,
  latitude: t.float64,
  longitude: t.float64,
  country: t.text,
  name: t.text,
  tags: t.list(t.int16),
});

export interface CityInput {
  readonly id: number;
  readonly population: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly country: string;
  readonly name: string;
  readonly tags: readonly number[];
}

export type KeyKind = 'string' | 'uint32';
export type Key = string | number;
export type Entry = readonly [Key, CityInput];

/** Scrambles a number; one to one. */
function scramble(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x45d9f3b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The key of a city as a number: all over the 32 bits, each once. */
export const idOf = (number: number): number => Math.imul(number, 2654435761) >>> 0;

/**
 * The key of a city as a text, in no order, as a template literal makes it: V8 keeps the pieces, and puts them together
 * where somebody looks at the characters.
 */
export const concatenatedKeyOf = (number: number): string => `city:${idOf(number).toString(36)}:${number}`;

const scratch = Buffer.alloc(64);
const flat = (text: string) => scratch.toString('latin1', 0, scratch.write(text, 'latin1'));

/** The same in one piece, as texts come from a parser or a socket. */
export const textKeyOf = (number: number): string => flat(concatenatedKeyOf(number));

/** Like a key in everything, and not there. */
export const absentTextKeyOf = (number: number): string =>
  flat(`city:${idOf(number).toString(36)}:-${number}`);

/** The numbers that keys are made of end at `count`, so those beyond it are of no city. */
export const absentIdOf = (number: number, count: number): number => idOf(count + number);

const firstLetter = 97;
const codes: number[] = [];

/** 8 to 30 characters, one name in ten not ASCII. */
function nameOf(random: number): string {
  const length = 8 + (random % 23);
  codes.length = 0;
  let state = random;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    codes.push(firstLetter + ((state >>> 16) % 26));
  }
  const other = (state >>> 8) % 20;
  if (other < 2) codes[length - 1] = other === 0 ? 0xf1 : 0x161;
  return String.fromCharCode(...codes);
}

export function cityOf(number: number): CityInput {
  const random = scramble(number + 1);
  const tags: number[] = [];
  for (let tag = 0; tag < (random >>> 5) % 5; tag++) tags.push((random >>> tag) % 3000);
  return {
    id: idOf(number),
    population: random % 10_000_000,
    latitude: (random % 18_000) / 100 - 90,
    longitude: (random % 36_000) / 100 - 180,
    country: String.fromCharCode(firstLetter + (random % 26), firstLetter + ((random >>> 8) % 26)),
    name: nameOf(random),
    tags,
  };
}

/** Keys and cities in the order of their numbers, made as they are asked for. */
export function* entriesOf(keys: KeyKind, count: number): Generator<Entry> {
  const keyOf = keys === 'string' ? textKeyOf : idOf;
  for (let number = 0; number < count; number++) yield [keyOf(number), cityOf(number)];
}
