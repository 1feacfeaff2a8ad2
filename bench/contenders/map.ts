/** A `Map` of objects: what most programs do. Its file holds JSON lines. */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { CityInput, Entry, Key } from '../support/cities.js';
import type { Contender, Reader } from './contender.js';

async function load(path: string): Promise<Map<Key, CityInput>> {
  const cities = new Map<Key, CityInput>();
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const [key, city] = JSON.parse(line) as Entry;
    cities.set(key, city);
  }
  return cities;
}

function readerOf(cities: Map<Key, CityInput>): Reader {
  return {
    sumOneField(keys) {
      let sum = 0;
      for (const key of keys) sum += cities.get(key)?.population ?? Number.NaN;
      return sum;
    },
    sumThreeFields(keys) {
      let sum = 0;
      for (const key of keys) {
        const city = cities.get(key);
        if (city !== undefined) sum += city.population + city.latitude + city.name.length;
      }
      return sum;
    },
    countAbsent(keys) {
      let absent = 0;
      for (const key of keys) if (cities.get(key) === undefined) absent++;
      return absent;
    },
    batches: {
      'get() in a loop': (batches) => {
        let sum = 0;
        for (const keys of batches) {
          for (const key of keys) sum += cities.get(key)?.population ?? Number.NaN;
        }
        return sum;
      },
    },
    scans: {
      'iteration of values()': () => {
        let sum = 0;
        for (const city of cities.values()) sum += city.population;
        return sum;
      },
    },
    close: () => cities.clear(),
  };
}

export const map: Contender = {
  id: 'map',
  title: '`Map` of objects',
  async build(path, _keys, entries) {
    const file = createWriteStream(path);
    for (const entry of entries) {
      if (!file.write(`${JSON.stringify(entry)}\n`)) await once(file, 'drain');
    }
    file.end();
    await once(file, 'close');
  },
  open: async (path) => readerOf(await load(path)),
};
