/** lmdb: values as bytes read by a `DataView`, its fastest form, and as objects by msgpackr with shared structures. */
import type { CityInput, Entry, Key } from '../support/cities.js';
import { encodeCity, populationOf, threeFieldsOf } from '../support/city-bytes.js';
import { type Contender, loadPeer, type Reader } from './contender.js';

interface Database<V> {
  get(key: Key): V | undefined;
  getMany(keys: readonly Key[]): Promise<(V | undefined)[]>;
  /** One buffer for all: the next call overwrites it. */
  getBinaryFast(key: Key): Buffer | undefined;
  getRange(): Iterable<{ value: V }>;
  putSync(key: Key, value: V): boolean;
  transactionSync(work: () => void): void;
  close(): Promise<void>;
}

type Open = <V>(options: Record<string, unknown>) => Database<V>;

function openDatabase<V>(path: string, options: Record<string, unknown>): Database<V> {
  return loadPeer<{ open: Open }>('lmdb').open<V>({ path, noSubdir: true, noSync: true, ...options });
}

async function fill<V>(
  database: Database<V>,
  entries: Iterable<Entry>,
  encode: (city: CityInput) => V,
): Promise<void> {
  database.transactionSync(() => {
    for (const [key, city] of entries) database.putSync(key, encode(city));
  });
  await database.close();
}

const binaryOptions = { encoding: 'binary' };
const structuredOptions = { sharedStructuresKey: Symbol.for('structures') };

function binaryReader(database: Database<Buffer>): Reader {
  let buffer: ArrayBufferLike | undefined;
  let view: DataView = new DataView(new ArrayBuffer(0));
  const viewOf = (bytes: Buffer) => {
    if (bytes.buffer !== buffer || bytes.byteOffset !== view.byteOffset) {
      buffer = bytes.buffer;
      view = new DataView(buffer, bytes.byteOffset);
    }
    return view;
  };
  return {
    sumOneField(keys) {
      let sum = 0;
      for (const key of keys) sum += populationOf(viewOf(database.getBinaryFast(key) as Buffer));
      return sum;
    },
    sumThreeFields(keys) {
      let sum = 0;
      for (const key of keys) {
        const bytes = database.getBinaryFast(key) as Buffer;
        sum += threeFieldsOf(bytes, viewOf(bytes));
      }
      return sum;
    },
    countAbsent(keys) {
      let absent = 0;
      for (const key of keys) if (database.getBinaryFast(key) === undefined) absent++;
      return absent;
    },
    batches: {
      'getMany()': async (batches) => {
        let sum = 0;
        for (const keys of batches) {
          for (const bytes of await database.getMany(keys)) sum += (bytes as Buffer).readUInt32LE(4);
        }
        return sum;
      },
      'getBinaryFast() in a loop': (batches) => {
        let sum = 0;
        for (const keys of batches) {
          for (const key of keys) sum += populationOf(viewOf(database.getBinaryFast(key) as Buffer));
        }
        return sum;
      },
    },
    scans: {
      'getRange()': () => {
        let sum = 0;
        for (const { value } of database.getRange()) sum += value.readUInt32LE(4);
        return sum;
      },
    },
    close: () => database.close(),
  };
}

function structuredReader(database: Database<CityInput>): Reader {
  return {
    sumOneField(keys) {
      let sum = 0;
      for (const key of keys) sum += database.get(key)?.population ?? Number.NaN;
      return sum;
    },
    sumThreeFields(keys) {
      let sum = 0;
      for (const key of keys) {
        const city = database.get(key) as CityInput;
        sum += city.population + city.latitude + city.name.length;
      }
      return sum;
    },
    countAbsent(keys) {
      let absent = 0;
      for (const key of keys) if (database.get(key) === undefined) absent++;
      return absent;
    },
    batches: {
      'getMany()': async (batches) => {
        let sum = 0;
        for (const keys of batches) {
          for (const city of await database.getMany(keys)) sum += (city as CityInput).population;
        }
        return sum;
      },
    },
    scans: {
      'getRange()': () => {
        let sum = 0;
        // The shared structures are an entry, too, with a key of their own.
        for (const { value } of database.getRange()) sum += value.population ?? 0;
        return sum;
      },
    },
    close: () => database.close(),
  };
}

export const lmdbContenders: readonly Contender[] = [
  {
    id: 'lmdb-binary',
    title: 'lmdb, binary',
    packageName: 'lmdb',
    build: (path, _keys, entries) => fill(openDatabase<Buffer>(path, binaryOptions), entries, encodeCity),
    open: (path) => binaryReader(openDatabase<Buffer>(path, { ...binaryOptions, readOnly: true })),
  },
  {
    id: 'lmdb-structured',
    title: 'lmdb, shared structures',
    packageName: 'lmdb',
    build: (path, _keys, entries) =>
      fill(openDatabase<CityInput>(path, structuredOptions), entries, (city) => city),
    open: (path) => structuredReader(openDatabase<CityInput>(path, { ...structuredOptions, readOnly: true })),
  },
];
