/**
 * flatbuffers: one file with a vector of tables sorted by their key. Its compiler of schemas makes no lookup by key for
 * TypeScript, so the search is written here as it writes it for other languages, over its own runtime, with one table that
 * is moved; scans go through accessors as it writes them.
 *
 *     table City { key: string (key); id: uint; population: uint; latitude: double; longitude: double;
 *                  country: string; name: string; tags: [short]; }
 *     table Cities { cities: [City]; }
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Entry, Key, KeyKind } from '../support/cities.js';
import { type Contender, loadPeer, type Reader } from './contender.js';
import { CitiesTable, CityTable, type TableBuffer } from './flatbuffers-tables.js';

interface ByteBuffer extends TableBuffer {
  bytes(): Uint8Array;
  readFloat64(at: number): number;
  __string(at: number): string;
}

interface Builder {
  startObject(fieldCount: number): void;
  endObject(): number;
  addFieldInt32(field: number, value: number, byDefault: number): void;
  addFieldFloat64(field: number, value: number, byDefault: number): void;
  addFieldOffset(field: number, offset: number, byDefault: number): void;
  createString(text: string): number;
  startVector(itemBytes: number, count: number, alignment: number): void;
  endVector(): number;
  addInt16(value: number): void;
  addOffset(offset: number): void;
  finish(root: number): void;
  asUint8Array(): Uint8Array;
}

interface Runtime {
  readonly ByteBuffer: new (bytes: Uint8Array) => ByteBuffer;
  readonly Builder: new (size: number) => Builder;
}

const runtime = () => loadPeer<Runtime>('flatbuffers');

// Where the fields are in the vtable; number n of the schema is at 4 + 2 n.
const [keyField, idField, populationField, latitudeField, nameField] = [4, 6, 8, 10, 16];
const fieldCount = 8;

function addCity(builder: Builder, keys: KeyKind, [key, city]: Entry): number {
  const keyAt = keys === 'string' ? builder.createString(key as string) : 0;
  const country = builder.createString(city.country);
  const name = builder.createString(city.name);
  builder.startVector(2, city.tags.length, 2);
  for (let tag = city.tags.length - 1; tag >= 0; tag--) builder.addInt16(city.tags[tag] as number);
  const tags = builder.endVector();
  builder.startObject(fieldCount);
  builder.addFieldOffset(0, keyAt, 0);
  builder.addFieldInt32(1, city.id, 0);
  builder.addFieldInt32(2, city.population, 0);
  builder.addFieldFloat64(3, city.latitude, 0);
  builder.addFieldFloat64(4, city.longitude, 0);
  builder.addFieldOffset(5, country, 0);
  builder.addFieldOffset(6, name, 0);
  builder.addFieldOffset(7, tags, 0);
  return builder.endObject();
}

/**
 * As its documentation makes a vector for searching: tables are packed as entries come, then their offsets sorted by the
 * keys of the tables.
 */
function buildAsGiven(path: string, keys: KeyKind, entries: Iterable<Entry>): void {
  const given = Array.from(entries);
  const builder = new (runtime().Builder)(1 << 20);
  const offsets = given.map((entry) => addCity(builder, keys, entry));
  const order = Uint32Array.from(given, (_, index) => index);
  order.sort((a, b) => ((given[a] as Entry)[0] < (given[b] as Entry)[0] ? -1 : 1));
  finish(
    path,
    builder,
    Array.from(order, (index) => offsets[index] as number),
  );
}

/** The best for scans: tables are packed in the order of their keys, so that they lie in it, too. */
function buildInOrder(path: string, keys: KeyKind, entries: Iterable<Entry>): void {
  const sorted = Array.from(entries).sort(([a], [b]) => (a < b ? -1 : 1));
  const builder = new (runtime().Builder)(1 << 20);
  // Built from the end of the file on: backwards, what is first in order comes first in the file.
  const offsets = new Array<number>(sorted.length);
  for (let index = sorted.length - 1; index >= 0; index--) {
    offsets[index] = addCity(builder, keys, sorted[index] as Entry);
  }
  finish(path, builder, offsets);
}

/** @param offsets of all tables, in the order of the vector */
function finish(path: string, builder: Builder, offsets: readonly number[]): void {
  builder.startVector(4, offsets.length, 4);
  for (let index = offsets.length - 1; index >= 0; index--) builder.addOffset(offsets[index] as number);
  const cities = builder.endVector();
  builder.startObject(1);
  builder.addFieldOffset(0, cities, 0);
  builder.finish(builder.endObject());
  writeFileSync(path, builder.asUint8Array());
}

/** A table that is moved from place to place, for lookups. */
class City {
  at = 0;
  constructor(readonly buffer: ByteBuffer) {}

  get population(): number {
    const offset = this.buffer.__offset(this.at, populationField);
    return offset === 0 ? 0 : this.buffer.readUint32(this.at + offset);
  }
  get latitude(): number {
    const offset = this.buffer.__offset(this.at, latitudeField);
    return offset === 0 ? 0 : this.buffer.readFloat64(this.at + offset);
  }
  get name(): string {
    const offset = this.buffer.__offset(this.at, nameField);
    return offset === 0 ? '' : this.buffer.__string(this.at + offset);
  }
}

/** Finds cities in the sorted vector and moves `city` there. */
class Cities {
  readonly city: City;
  readonly count: number;
  readonly #buffer: ByteBuffer;
  readonly #bytes: Uint8Array;
  readonly #first: number;
  readonly #key = Buffer.alloc(256);

  constructor(buffer: ByteBuffer) {
    const root = buffer.readInt32(buffer.position()) + buffer.position();
    const vector = root + buffer.__offset(root, 4);
    this.#buffer = buffer;
    this.#bytes = buffer.bytes();
    this.#first = buffer.__vector(vector);
    this.count = buffer.readInt32(this.#first - 4);
    this.city = new City(buffer);
  }

  moveTo(index: number): void {
    this.city.at = this.#buffer.__indirect(this.#first + 4 * index);
  }

  find(key: Key): boolean {
    return typeof key === 'string' ? this.#findText(key) : this.#findNumber(key);
  }

  #findNumber(key: number): boolean {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      this.moveTo(middle);
      const { at } = this.city;
      const offset = this.#buffer.__offset(at, idField);
      const id = offset === 0 ? 0 : this.#buffer.readUint32(at + offset);
      if (id === key) return true;
      if (id < key) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  #findText(key: string): boolean {
    const length = this.#key.write(key);
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      this.moveTo(middle);
      const order = this.#compareKey(length);
      if (order === 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  /** Compares the key of the city with the one that is looked for. */
  #compareKey(length: number): number {
    const { at } = this.city;
    const where = at + this.#buffer.__offset(at, keyField);
    const text = this.#buffer.__indirect(where);
    const textLength = this.#buffer.readInt32(text);
    const common = Math.min(length, textLength);
    for (let index = 0; index < common; index++) {
      const order = (this.#bytes[text + 4 + index] as number) - (this.#key[index] as number);
      if (order !== 0) return order;
    }
    return textLength - length;
  }
}

function readerOf(buffer: ByteBuffer): Reader {
  const cities = new Cities(buffer);
  const { city } = cities;
  const tables = CitiesTable.getRootAsCities(buffer);
  return {
    sumOneField(keys) {
      let sum = 0;
      for (const key of keys) if (cities.find(key)) sum += city.population;
      return sum;
    },
    sumThreeFields(keys) {
      let sum = 0;
      for (const key of keys) {
        if (cities.find(key)) sum += city.population + city.latitude + city.name.length;
      }
      return sum;
    },
    countAbsent(keys) {
      let absent = 0;
      for (const key of keys) if (!cities.find(key)) absent++;
      return absent;
    },
    batches: {
      'search in a loop': (batches) => {
        let sum = 0;
        for (const keys of batches) for (const key of keys) if (cities.find(key)) sum += city.population;
        return sum;
      },
    },
    scans: {
      'table for each record': () => {
        let sum = 0;
        const count = tables.citiesLength();
        for (let index = 0; index < count; index++) sum += tables.cities(index)?.population() ?? 0;
        return sum;
      },
      'table moved along': () => {
        let sum = 0;
        const table = new CityTable();
        const count = tables.citiesLength();
        for (let index = 0; index < count; index++) sum += tables.cities(index, table)?.population() ?? 0;
        return sum;
      },
    },
    close() {},
  };
}

function contender(id: string, title: string, build: Contender['build']): Contender {
  return {
    ...{ id, title, build, packageName: 'flatbuffers' },
    open: (path) => readerOf(new (runtime().ByteBuffer)(readFileSync(path))),
  };
}

export const flatbuffers = contender('flatbuffers', 'flatbuffers, sorted vector', buildAsGiven);

export const flatbuffersContenders: readonly Contender[] = [
  flatbuffers,
  contender('flatbuffers-in-order', 'flatbuffers, packed in order', buildInOrder),
];
