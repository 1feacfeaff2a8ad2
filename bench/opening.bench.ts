/**
 * How long opening takes, of small and of large files, and what reading a first record adds, with a heap that has little
 * to collect and with one that has much: the engine may collect garbage because of what is mapped. `npm run bench -- opening`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { mappingOf, StringIdMapper } from 'sharedbuffers';
import { City, type CityInput, entriesOf, textKeyOf } from './support/cities.js';

const sizes = [10_000, 100_000, 1_000_000];
const turns = 200;
const heapObjects = 1_000_000;

const Cities = mappingOf(StringIdMapper, City);
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-bench-'));
const pathOf = (size: number) => join(folder, String(size));

async function microseconds(work: () => void, after: () => void): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const start = process.hrtime.bigint();
    work();
    times.push(Number(process.hrtime.bigint() - start) / 1000);
    after();
    await setImmediate();
  }
  return times;
}

function show(what: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.floor(share * (sorted.length - 1))] as number).toFixed(0).padStart(7);
  console.log(
    `  ${what.padEnd(50)} first ${(times[0] as number).toFixed(0).padStart(7)}, median ${at(0.5)}, 99 % ${at(0.99)} µs`,
  );
}

async function measure(size: number): Promise<void> {
  const path = pathOf(size);
  const megabytes = (statSync(path).size / 2 ** 20).toFixed(1);
  const key = textKeyOf(7);
  let cities = Cities.open(path);
  cities.close();
  const close = () => cities.close();
  const name = `${size.toLocaleString('en')} records (${megabytes} MiB)`;
  const open = () => {
    cities = Cities.open(path);
  };
  show(`${name}: open`, await microseconds(open, close));
  const lookUp = () => {
    open();
    cities.has(key);
  };
  show(`${name}: open, has()`, await microseconds(lookUp, close));
  const read = () => {
    open();
    cities.get(key)?.population;
  };
  show(`${name}: open, get(), one number`, await microseconds(read, close));
}

try {
  for (const size of sizes) {
    await Cities.build(entriesOf('string', size) as Iterable<[string, CityInput]>, pathOf(size));
  }
  await measure(sizes[0] as number);
  console.log('a small heap');
  for (const size of sizes) await measure(size);
  const heap = Array.from({ length: heapObjects }, (_, n) => ({ n, list: [n] }));
  console.log(`${(process.memoryUsage().heapUsed / 2 ** 20).toFixed(0)} MiB of heap`);
  for (const size of sizes) await measure(size);
  if (heap.length !== heapObjects) throw new Error('the heap was to be kept');
} finally {
  rmSync(folder, { recursive: true });
}
