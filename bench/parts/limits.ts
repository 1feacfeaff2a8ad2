/**
 * What the machine allows, by bench/limits.zig: the latency of a cache miss over as many bytes as this library's file
 * has, the bandwidth of memory, and a column gathered in Zig from the same file.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IdTable } from '#src/containers/id-table.js';
import { contenderOf } from '../contenders/index.js';
import { openCities } from '../contenders/sharedbuffers.js';
import { fullOffsetOf } from '../support/bare-scan.js';
import { City, type KeyKind } from '../support/cities.js';
import { type Spread, spreadOf } from '../support/spread.js';
import type { Context } from './context.js';

export interface Limits {
  readonly keys: KeyKind;
  readonly fileBytes: number;
  /** Of them the records. */
  readonly recordBytes: number;
  /** Nanoseconds of a load that waits for the one before, over pages of 4 KiB, and huge ones, which files may have. */
  readonly missSmallPages: Spread;
  readonly missHugePages: Spread;
  /** Bytes a nanosecond, which are gigabytes a second. */
  readonly bandwidth: Spread;
  /** Nanoseconds for each record of a column in the order of the keys. */
  readonly gather: Spread;
}

const program = fileURLToPath(new URL('../../../build/bench/limits', import.meta.url));

function measure(...args: (string | number)[]): number[] {
  return execFileSync(program, args.map(String), { encoding: 'utf8' }).trim().split('\n').map(Number);
}

export async function measureLimits({ size, files, say }: Context): Promise<Limits[]> {
  if (!existsSync(program)) return [];
  const limits: Limits[] = [];
  for (const keys of ['string', 'uint32'] as const) {
    say(`limits of the machine, for the file of ${keys} keys`);
    const path = await files.ensure(contenderOf('sharedbuffers'), keys, size);
    const fileBytes = statSync(path).size;
    limits.push({
      keys,
      fileBytes,
      recordBytes: recordBytesOf(path, keys),
      missSmallPages: spreadOf(measure('latency', fileBytes, 'small')),
      missHugePages: spreadOf(measure('latency', fileBytes, 'huge')),
      bandwidth: spreadOf(measure('bandwidth', fileBytes).map((time) => fileBytes / time)),
      gather: spreadOf(gather(path, keys)),
    });
  }
  return limits;
}

/** Where everything is in a file, asked of the library. */
function layoutOf(path: string, keys: KeyKind): Generation {
  const cities = openCities(path, keys);
  const { generation } = cities as unknown as { generation: Generation };
  cities.close();
  return generation;
}

function recordBytesOf(path: string, keys: KeyKind): number {
  const { offset, end } = layoutOf(path, keys).records;
  return end - offset;
}

function gather(path: string, keys: KeyKind): number[] {
  const { table, records } = layoutOf(path, keys);
  const { rowsOffset, rowCount, rowBytes } = table;
  const { width } = table.kind;
  const field = fullOffsetOf(City.layout, 'population');
  const places = [
    rowsOffset,
    rowCount,
    rowBytes,
    rowBytes - width,
    width,
    records.indexOffset,
    records.offset,
    field,
  ];
  return measure('gather', path, ...places);
}

interface Generation {
  readonly table: IdTable;
  readonly records: { readonly indexOffset: number; readonly offset: number; readonly end: number };
}
