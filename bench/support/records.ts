/** The records that all benchmarks use: a place with numbers, a country and a name, some names not ASCII. */
import { type InferInput, Schema, t } from 'sharedbuffers';

export const Place = new Schema('Place', {
  id: t.uint32,
  population: t.uint32,
  latitude: t.float64,
  longitude: t.float64,
  country: t.text,
  name: t.text,
});
export type PlaceInput = InferInput<typeof Place>;

/** A generator of the same numbers in every run. */
export function randomNumbers(seed = 42): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const letters = 'abcdefghijklmnopqrstuvwxyz';

function nameOf(random: () => number): string {
  let name = '';
  const length = 8 + Math.floor(random() * 23);
  while (name.length < length) name += letters[Math.floor(random() * 26)];
  return random() < 0.1 ? `${name.slice(0, -2)}ñé` : name;
}

export function makePlaces(count: number): PlaceInput[] {
  const random = randomNumbers();
  return Array.from({ length: count }, (_, number) => ({
    id: (number * 2654435761) >>> 0,
    population: Math.floor(random() * 1e7),
    latitude: random() * 180 - 90,
    longitude: random() * 360 - 180,
    country: letters.charAt(Math.floor(random() * 26)) + letters.charAt(Math.floor(random() * 26)),
    name: nameOf(random),
  }));
}

/** The string key of a record, made anew: a string that no `Map` has hashed. */
export function keyOf(number: number): string {
  return `place:${number.toString(36)}:${number}`;
}

/** Numbers below `count` in random order, the same in every run. */
export function shuffled(count: number): Uint32Array {
  const numbers = Uint32Array.from({ length: count }, (_, index) => index);
  const random = randomNumbers(7);
  for (let index = count - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [numbers[index], numbers[other]] = [numbers[other] as number, numbers[index] as number];
  }
  return numbers;
}
