/**
 * Scans of a million records, one uint32 of each summed or gathered: columns, cursors and proxies beside a loop over a
 * bare `DataView` and beside the same gather in Zig alone (on Linux, bench/limits.zig). `npm run bench -- column`
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arrayOf, mappingOf, StringIdMapper } from 'sharedbuffers';
import { bareScan, fullOffsetOf } from './support/bare-scan.js';
import { keyOf, makePlaces, Place } from './support/records.js';
import { type Contender, timeInTurn } from './support/rounds.js';
import { type Spread, spreadOf } from './support/spread.js';

const count = Number(process.argv[2] ?? 1_000_000);
const rounds = 9;
const turnMilliseconds = 200;

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-column-'));
const arrayPath = join(folder, 'places.array');
const mappingPath = join(folder, 'places.map');
const Places = arrayOf(Place);
const PlacesByKey = mappingOf(StringIdMapper, Place);
const places = makePlaces(count);
Places.buildSync(places, arrayPath);
PlacesByKey.buildSync(
  places.map((place, number) => [keyOf(number), place] as const),
  mappingPath,
);
const array = Places.open(arrayPath, { preload: true });
const mapping = PlacesByKey.open(mappingPath, { preload: true });

const fieldOffset = fullOffsetOf(Place.layout, 'population');

/** What a gather in the order of the keys takes in Zig alone, straight and without a check: bench/limits.zig. */
function zigGather(): Spread | undefined {
  const program = fileURLToPath(new URL('../../build/bench/limits', import.meta.url));
  if (!existsSync(program)) return undefined;
  const { table, records } = mapping;
  const { width } = table.kind;
  const numbers = [
    table.rowsOffset,
    table.rowCount,
    table.rowBytes,
    table.rowBytes - width,
    width,
    records.source.indexOffset,
    records.source.offset,
    fieldOffset,
  ];
  const output = execFileSync(program, ['gather', mappingPath, ...numbers.map(String)], { encoding: 'utf8' });
  return spreadOf(output.trim().split('\n').map(Number));
}

function sumOf(values: Iterable<number> & ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] as number;
  return sum;
}

type Scanned = typeof array | typeof mapping;

function contenders(
  container: Scanned,
  proxies: () => Iterable<{ readonly population: number }>,
): Contender[] {
  return [
    { name: 'column()', run: () => container.column('population').length },
    {
      name: 'column(), with its mask',
      run: () => container.column('population', { mask: true }).values.length,
    },
    { name: 'columns() of three', run: () => container.columns(['population', 'latitude', 'id']).id.length },
    { name: 'column() of a text', run: () => container.column('name').length },
    { name: 'column(), summed', run: () => sumOf(container.column('population')) && count },
    {
      name: 'cursor(), advance()',
      run() {
        let sum = 0;
        const cursor = container.cursor();
        while (cursor.advance()) sum += cursor.record.population;
        return check(sum);
      },
    },
    {
      name: 'cursor(), for … of',
      run() {
        let sum = 0;
        for (const place of container.cursor()) sum += place.population;
        return check(sum);
      },
    },
    {
      name: 'proxies, for … of',
      run() {
        let sum = 0;
        for (const place of proxies()) sum += place.population;
        return check(sum);
      },
    },
  ];
}

const expected = places.reduce((sum, { population }) => sum + population, 0);

function check(sum: number): number {
  if (sum !== expected) throw new Error(`a scan answers ${sum}, not ${expected}`);
  return count;
}

async function print(title: string, scans: readonly Contender[], zig?: Spread): Promise<void> {
  console.log(`\n${title}`);
  const line = (name: string, { median, min, max }: Spread) => {
    const range = `(${min.toFixed(1)}–${max.toFixed(1)})`;
    const ratio = zig === undefined ? '' : `${(median / zig.median).toFixed(2)}x Zig`;
    console.log(`  ${name.padEnd(26)} ${median.toFixed(1).padStart(7)} ns  ${range.padEnd(16)} ${ratio}`);
  };
  for (const timing of await timeInTurn(scans, { operations: count, rounds, turnMilliseconds }))
    line(timing.name, timing);
  if (zig !== undefined) line('Zig alone, summed', zig);
}

try {
  const bare = { name: 'DataView', run: () => check(bareScan(array.source, fieldOffset)) };
  await print(`An array of ${count}`, [...contenders(array, () => array), bare]);
  await print(
    `A mapping of ${count}, in the order of its keys`,
    contenders(mapping, () => mapping.values()),
    zigGather(),
  );
} finally {
  array.close();
  mapping.close();
  rmSync(folder, { recursive: true });
}
