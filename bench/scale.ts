/**
 * Builds larger than memory: string-keyed records under a memory limit, each build in a process of its own whose
 * peak of resident memory is compared with that of a bare Node, then lookups of present and absent keys. Writes its
 * result to docs/scale.md. Linux alone tells the peak.
 *
 *     node build/bench/scale.js [records] [--keep-docs]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mappingOf, StringIdMapper } from 'sharedbuffers';
import { keyOf, Place, type PlaceInput } from './support/records.js';

const MiB = 2 ** 20;
const memoryLimit = 256 * MiB;
const lookups = 100_000;
const self = fileURLToPath(import.meta.url);

class Places extends mappingOf(StringIdMapper, Place) {}

/** Scrambles a number, so that any record can be made without those before it. */
function scramble(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x45d9f3b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function placeOf(number: number): PlaceInput {
  const random = scramble(number);
  return {
    id: number,
    population: random,
    latitude: (random % 18_000) / 100 - 90,
    longitude: (random % 36_000) / 100 - 180,
    country: String.fromCharCode(97 + (random % 26), 97 + ((random >>> 8) % 26)),
    name: `${random.toString(36)} on the ${number % 97}th`,
  };
}

function* entries(count: number): Generator<readonly [string, PlaceInput]> {
  for (let number = 0; number < count; number++) yield [keyOf(number), placeOf(number)];
}

/** The peak of resident memory of this process, in bytes. */
function peakMemory(): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line?.[1]) * 1024;
}

interface Built {
  readonly seconds: number;
  readonly bytes: number;
  readonly peak: number;
}

async function buildHere(path: string, count: number): Promise<void> {
  const { seconds, bytes } = await Places.build(entries(count), path, { memoryLimit });
  const built: Built = { seconds, bytes, peak: peakMemory() };
  console.log(JSON.stringify(built));
}

/** How many of the lookups of random present keys and of absent ones were answered right. */
function lookUpHere(path: string, count: number): void {
  using places = Places.open(path);
  let present = 0;
  let absent = 0;
  for (let turn = 0; turn < lookups; turn++) {
    const number = Math.floor(Math.random() * count);
    const expected = placeOf(number);
    const found = places.get(keyOf(number));
    const right =
      found?.id === number && found.population === expected.population && found.name === expected.name;
    if (right) present++;
    if (places.get(keyOf(count + number)) === undefined && !places.has(`missing ${number}`)) absent++;
  }
  console.log(JSON.stringify({ present, absent, size: places.size }));
}

function inChild<T>(...args: (string | number)[]): T {
  const output = execFileSync(process.execPath, [self, ...args.map(String)], { encoding: 'utf8' });
  return JSON.parse(output) as T;
}

interface Row extends Built {
  readonly count: number;
  readonly present: number;
  readonly absent: number;
}

function measure(count: number, folder: string): Row {
  const path = join(folder, `${count}.map`);
  console.log(`${count.toLocaleString('en')} records …`);
  const built = inChild<Built>('build', path, count);
  const found = inChild<{ present: number; absent: number; size: number }>('lookup', path, count);
  if (found.size !== count) throw new Error(`${count} records expected, found ${found.size}`);
  if (statSync(path).size !== built.bytes) throw new Error('the report tells another size than the file has');
  rmSync(path);
  const row = { ...built, count, present: found.present, absent: found.absent };
  console.log(
    `  ${rate(row)} records/s, ${megabytes(row.peak)} at the peak, ${found.present} + ${found.absent} lookups right`,
  );
  return row;
}

const rate = ({ count, seconds }: Row) => Math.round(count / seconds).toLocaleString('en');
const megabytes = (bytes: number) => `${Math.round(bytes / MiB)} MiB`;

function describe(rows: readonly Row[], bare: number, load: number, command: string): string {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const cells = rows.map((row) => {
    const values = [
      row.count.toLocaleString('en'),
      megabytes(row.bytes),
      `${row.seconds.toFixed(1)} s`,
      rate(row),
      megabytes(row.peak),
      megabytes(row.peak - bare),
      row.present.toLocaleString('en'),
      row.absent.toLocaleString('en'),
    ];
    return `| ${values.join(' | ')} |`;
  });
  const first = rows[0] as Row;
  const last = rows.at(-1) as Row;
  const share = Math.round((100 * last.count * first.seconds) / (last.seconds * first.count));
  return `# Builds larger than memory

\`memoryLimit\` bounds what a build holds: what is sorted goes to disk in sorted runs that are merged, keys and records
are written as they come. So the memory that a build needs does not grow with its input. Measured:

| records | file | time | records/s | peak memory | over a bare Node | present keys right | absent keys right |
|---:|---:|---:|---:|---:|---:|---:|---:|
${cells.join('\n')}

- Records of six slots (two integers, two floats, two texts) by string keys, made by a generator while the build runs; its
  time counts. \`memoryLimit: ${memoryLimit / MiB} MiB\`, each build in a process of its own, into one file, synced.
- Peak memory is what Linux reports as \`VmHWM\`; a bare Node has ${megabytes(bare)}. The limit and 150 MiB for the
  runtime's own garbage is what the project allows itself: ${megabytes(memoryLimit + 150 * MiB)} over a bare Node.
- The rate at ${last.count.toLocaleString('en')} records is ${share} % of that at ${first.count.toLocaleString('en')}.
- Lookups: ${lookups.toLocaleString('en')} random keys that are there, with the values of their records, and as many that are not.

Machine: ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory, \
${process.platform} ${process.arch}, Node ${process.version}, sharedbuffers ${version}; its
load before the run was ${load.toFixed(1)}. Command: \`${command}\`.
`;
}

function main(count: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-scale-'));
  const load = loadavg()[0] as number;
  try {
    const { peak: bare } = JSON.parse(
      execFileSync(
        process.execPath,
        [
          '-e',
          "console.log(JSON.stringify({ peak: Number(/VmHWM:\\s+(\\d+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1]) * 1024 }))",
        ],
        { encoding: 'utf8' },
      ),
    ) as { peak: number };
    const counts = [...new Set([1_000_000, count])].sort((a, b) => a - b);
    const rows = counts.map((each) => measure(each, folder));
    if (!process.argv.includes('--keep-docs')) {
      writeFileSync('docs/scale.md', describe(rows, bare, load, `node build/bench/scale.js ${count}`));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [, , role, path = '', size] = process.argv;
if (role === 'build') await buildHere(path, Number(size));
else if (role === 'lookup') lookUpHere(path, Number(size));
else main(Number(role ?? 20_000_000));
