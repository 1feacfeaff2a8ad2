/**
 * One of the four processes that read the same cities: opens both tables, then looks every city up when told to.
 * Started by the main job with the way of reading and the folder as arguments.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryOf } from './memory.js';
import { CitiesById, CitiesByName, type CityInput } from './schema.js';

interface Tables {
  byId: { get(key: number): { population: number } | undefined };
  byName: { get(key: string): { population: number } | undefined };
}

export interface LookupTimes {
  byIdNs: number;
  byNameNs: number;
  /** Sum of all populations read; the same for everybody who read the same. */
  checksum: number;
}

export type ReaderRequest =
  | { do: 'open' }
  | { do: 'memory' }
  | { do: 'look up'; ids: number[]; names: string[] };
export type ReaderAnswer = { openMs: number } | { bytes: number } | LookupTimes;

function openMapped(folder: string): Tables {
  return {
    byId: CitiesById.open(join(folder, 'by-id.map')),
    byName: CitiesByName.open(join(folder, 'by-name.map')),
  };
}

function fillMaps(folder: string): Tables {
  const entries = JSON.parse(readFileSync(join(folder, 'by-name.json'), 'utf8')) as [string, CityInput][];
  return { byId: new Map(entries.map(([, city]) => [city.id, city])), byName: new Map(entries) };
}

/** Nanoseconds for each lookup with one field read, best of five rounds, and the sum of what was read. */
function timeLookups<K>(
  table: { get(key: K): { population: number } | undefined },
  keys: K[],
): [number, number] {
  let best = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let round = 0; round < 5; round++) {
    sum = 0;
    const start = process.hrtime.bigint();
    for (const key of keys) sum += table.get(key)?.population ?? Number.NaN;
    best = Math.min(best, Number(process.hrtime.bigint() - start) / keys.length);
  }
  return [best, sum];
}

const [, , way, folder] = process.argv;
let tables: Tables | undefined;

process.on('message', (request: ReaderRequest) => process.send?.(answer(request)));

function answer(request: ReaderRequest): ReaderAnswer {
  if (request.do === 'memory') return { bytes: memoryOf(process.pid) };
  if (request.do === 'open') {
    const start = process.hrtime.bigint();
    if (way !== 'nothing') tables = (way === 'mapped' ? openMapped : fillMaps)(folder as string);
    return { openMs: Number(process.hrtime.bigint() - start) / 1e6 };
  }
  const [byIdNs, ids] = timeLookups((tables as Tables).byId, request.ids);
  const [byNameNs, names] = timeLookups((tables as Tables).byName, request.names);
  return { byIdNs, byNameNs, checksum: ids + names };
}
