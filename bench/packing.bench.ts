/**
 * Packing of single records with texts and a short list, beside Python's `Schema.pack` on the same records: at least
 * 10 times its rate. `npm run bench -- packing`, with a number of records as an option: `-n=100000`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { arrayOf, type InferInput, Schema, t } from 'sharedbuffers';
import { makePlaces, randomNumbers } from './support/records.js';
import { type Timing, timeInTurn } from './support/rounds.js';

const requiredRatio = 10;
const rounds = 7;

const option = process.argv.find((argument) => argument.startsWith('-n='));
const count = Number(option?.slice(3) ?? 100_000);

const Tagged = new Schema('Tagged', {
  id: t.uint32,
  population: t.uint32,
  latitude: t.float64,
  longitude: t.float64,
  country: t.text,
  name: t.text,
  tags: t.list(t.uint16),
});

function makeRecords(): InferInput<typeof Tagged>[] {
  const random = randomNumbers(3);
  const tags = () => Array.from({ length: Math.floor(random() * 5) }, () => Math.floor(random() * 300));
  return makePlaces(count).map((place) => ({ ...place, tags: tags() }));
}

/** The Python that has the library: the one of the tests, unless another one is named. */
function findPython(): string | undefined {
  const named = process.env.SHAREDBUFFERS_PYTHON;
  if (named) return named;
  const env = process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python';
  const path = fileURLToPath(new URL(`../../.tools/python-env/${env}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

function timePython(executable: string, records: readonly object[]): number {
  const script = fileURLToPath(new URL('../../bench/support/pack_records.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(executable, [script, String(rounds)], {
    input: JSON.stringify(records),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`Python: ${stderr}`);
  const times = (JSON.parse(stdout) as number[]).sort((a, b) => a - b);
  return times[times.length >> 1] as number;
}

function printRow(name: string, nanoseconds: number, note = ''): void {
  const rate = Math.round(1e6 / nanoseconds);
  console.log(`  ${name.padEnd(28)} ${nanoseconds.toFixed(0).padStart(6)} ns  ${rate} thousand/s  ${note}`);
}

const records = makeRecords();
const target = new Uint8Array(1024);
const TaggedArray = arrayOf(Tagged);

/** Bytes that all of them take: the same whichever way they are packed. */
let packedBytes = 0;
const timings = (await timeInTurn(
  [
    {
      name: 'Schema.pack',
      run() {
        packedBytes = 0;
        for (const record of records) packedBytes += Tagged.pack(record).length;
        return packedBytes;
      },
    },
    {
      name: 'Schema.packInto',
      run() {
        let sum = 0;
        for (const record of records) sum += Tagged.packInto(record, target);
        return sum;
      },
    },
  ],
  { operations: count, rounds },
)) as [Timing, Timing];
const [building] = (await timeInTurn(
  [{ name: 'buildSync of an array', run: () => TaggedArray.buildSync(records).length }],
  { operations: count, rounds },
)) as [Timing];

console.log(`\nPacking, ${count.toLocaleString('en')} records of ${(packedBytes / count).toFixed(0)} bytes`);
for (const { name, median } of [...timings, building]) printRow(name, median);
const python = findPython();
if (python === undefined) {
  console.log('  There is no Python to compare with: `npm run test:python` installs one.');
} else {
  const median = timePython(python, records);
  const ratio = median / timings[0].median;
  printRow("Python's Schema.pack", median, `${ratio.toFixed(1)}x (required: ${requiredRatio}x)`);
  if (ratio < requiredRatio) console.log(`  Schema.pack is NOT ${requiredRatio} times as fast as Python's.`);
}
