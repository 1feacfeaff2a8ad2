/**
 * Small things that are done once in a while, by tinybench: opening and closing files, which takes the same time however
 * large they are, and single calls on records in cache. `npm run bench -- small`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mappingOf, StringIdMapper, toObject } from 'sharedbuffers';
import { Bench } from 'tinybench';
import { City, type CityInput, entriesOf, textKeyOf } from './support/cities.js';

const sizes = [1000, 100_000, 1_000_000];
const repeats = 100;

const Cities = mappingOf(StringIdMapper, City);
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-bench-'));
const pathOf = (size: number) => join(folder, String(size));
for (const size of sizes) {
  await Cities.build(entriesOf('string', size) as Iterable<[string, CityInput]>, pathOf(size));
}

const bench = new Bench({ time: 1000, warmupTime: 300 });
for (const size of sizes) {
  bench.add(`open and close, ${size.toLocaleString('en')} records`, () => Cities.open(pathOf(size)).close());
}
const cities = Cities.open(pathOf(1000));
const key = textKeyOf(7);
const absent = 'nowhere';
const city = cities.get(key);
if (city === undefined) throw new Error(`there is no ${key}`);
/** A clock is too slow for these: many of each at a time. */
const small: Readonly<Record<string, () => unknown>> = {
  'get() and one number': () => cities.get(key)?.population,
  'get() of an absent key': () => cities.get(absent),
  'has()': () => cities.has(key),
  'a text of 8 to 30 characters': () => city.name,
  'a list of up to 4 integers': () => city.tags,
  'toObject()': () => toObject(city),
};
for (const [name, run] of Object.entries(small)) {
  bench.add(`${repeats} times ${name}`, () => {
    let last: unknown;
    for (let repeat = 0; repeat < repeats; repeat++) last = run();
    return last;
  });
}

await bench.run();
for (const { name, result } of bench.tasks) {
  if (!('latency' in result)) throw new Error(`${name} failed`);
  const once = name.startsWith(`${repeats} times`) ? repeats : 1;
  const nanoseconds = (milliseconds: number) => ((milliseconds * 1e6) / once).toFixed(0).padStart(8);
  const { p50, p99 = Number.NaN } = result.latency;
  console.log(`  ${name.padEnd(42)} ${nanoseconds(p50)} ns, 99 %: ${nanoseconds(p99)} ns`);
}
cities.close();
rmSync(folder, { recursive: true });
