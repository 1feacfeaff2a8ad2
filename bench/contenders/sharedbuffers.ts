/** This library, with each of the accelerators that a build can lay beside the id table. */
import { type BuildOptions, mappingOf, NumericId32Mapper, StringIdMapper } from 'sharedbuffers';
import { bareScan, fullOffsetOf } from '../support/bare-scan.js';
import { City, type CityInput, type Key, type KeyKind } from '../support/cities.js';
import type { Contender, Reader } from './contender.js';

const ByText = mappingOf(StringIdMapper, City);
const ByNumber = mappingOf(NumericId32Mapper, City);
type Cities = InstanceType<typeof ByText>;

export function openCities(path: string, keys: KeyKind): Cities {
  return keys === 'string' ? ByText.open(path) : (ByNumber.open(path) as unknown as Cities);
}

function sharedbuffers(id: string, title: string, options: BuildOptions): Contender {
  return {
    id,
    title,
    async build(path, keys, entries) {
      // As with all the others, nobody waits for the disk.
      const unsynced = { ...options, sync: false };
      if (keys === 'string') await ByText.build(entries as Iterable<[string, CityInput]>, path, unsynced);
      else await ByNumber.build(entries as Iterable<[number, CityInput]>, path, unsynced);
    },
    open: (path, keys) => readerOf(openCities(path, keys)),
  };
}

function readerOf(cities: Cities): Reader {
  const get = (key: Key) => cities.get(key as string);
  return {
    sumOneField(keys) {
      let sum = 0;
      for (const key of keys) sum += get(key)?.population ?? Number.NaN;
      return sum;
    },
    sumThreeFields(keys) {
      let sum = 0;
      for (const key of keys) {
        const city = get(key);
        if (city !== undefined) sum += city.population + city.latitude + city.name.length;
      }
      return sum;
    },
    countAbsent(keys) {
      let absent = 0;
      for (const key of keys) if (get(key) === undefined) absent++;
      return absent;
    },
    batches: {
      'getMany()': (batches) => {
        let sum = 0;
        for (const keys of batches) {
          for (const city of cities.getMany(keys as string[])) sum += city?.population ?? Number.NaN;
        }
        return sum;
      },
      'get() in a loop': (batches) => {
        let sum = 0;
        for (const keys of batches) for (const key of keys) sum += get(key)?.population ?? Number.NaN;
        return sum;
      },
    },
    scans: {
      'records.cursor()': () => sumAlong(cities.records.cursor()),
      'records.column()': () => sumOf(cities.records.column('population')),
      'cursor()': () => sumAlong(cities.cursor()),
      'column()': () => sumOf(cities.column('population')),
      'iteration of values()': () => {
        let sum = 0;
        for (const city of cities.values()) sum += city.population;
        return sum;
      },
      'iteration of records': () => {
        let sum = 0;
        for (const city of cities.records) sum += city.population;
        return sum;
      },
    },
    close: () => cities.close(),
  };
}

/** The scan of the records without this library: what nobody can be much faster than. */
export function bareScanOf(path: string, keys: KeyKind) {
  const cities = openCities(path, keys);
  const fieldOffset = fullOffsetOf(City.layout, 'population');
  return { run: () => bareScan(cities.records.source, fieldOffset), close: () => cities.close() };
}

function sumAlong(cursor: ReturnType<Cities['cursor']>): number {
  let sum = 0;
  while (cursor.advance()) sum += cursor.record.population;
  return sum;
}

function sumOf(column: Uint32Array): number {
  let sum = 0;
  for (let index = 0; index < column.length; index++) sum += column[index] as number;
  return sum;
}

export const sharedbuffersContenders: readonly Contender[] = [
  sharedbuffers('sharedbuffers', 'sharedbuffers', {}),
  sharedbuffers('sharedbuffers-radix', "sharedbuffers, `index: 'radix'`", { index: 'radix' }),
  sharedbuffers('sharedbuffers-none', "sharedbuffers, `index: 'none'`", { index: 'none' }),
];
