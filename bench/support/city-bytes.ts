/** A city as bytes, for stores of bytes: what a careful user would write beside lmdb's and LevelDB's binary forms. */
import type { CityInput } from './cities.js';

/** What `toString` calls in the end. */
interface FastBuffer {
  utf8Slice(start: number, end: number): string;
}

const nameLengthAt = 26;
const tagsAt = 28;
export const populationAt = 4;
const latitudeAt = 8;

/** Numbers at fixed places, then the tags, then the name. */
export function encodeCity(city: CityInput): Buffer {
  const name = Buffer.from(city.name);
  const tagCount = city.tags.length;
  const bytes = Buffer.allocUnsafe(tagsAt + 1 + 2 * tagCount + name.length);
  bytes.writeUInt32LE(city.id, 0);
  bytes.writeUInt32LE(city.population, populationAt);
  bytes.writeDoubleLE(city.latitude, latitudeAt);
  bytes.writeDoubleLE(city.longitude, 16);
  bytes.write(city.country, 24, 2, 'latin1');
  bytes.writeUInt16LE(name.length, nameLengthAt);
  bytes[tagsAt] = tagCount;
  let at = tagsAt + 1;
  for (const tag of city.tags) at = bytes.writeInt16LE(tag, at);
  bytes.set(name, at);
  return bytes;
}

export const populationOf = (view: DataView): number => view.getUint32(populationAt, true);

/** Population, latitude and length of the name, added up. */
export function threeFieldsOf(bytes: Buffer, view: DataView): number {
  const start = tagsAt + 1 + 2 * view.getUint8(tagsAt);
  const end = start + view.getUint16(nameLengthAt, true);
  const name = (bytes as unknown as FastBuffer).utf8Slice(start, end);
  return view.getUint32(populationAt, true) + view.getFloat64(latitudeAt, true) + name.length;
}
