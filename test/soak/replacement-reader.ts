/** One of the processes that read a table that is replaced under them. Started by `replaceUnderLoad`. */
import { setImmediate } from 'node:timers/promises';
import type { ContainerDescriptor } from 'sharedbuffers';
import { native } from '#src/native/index.js';
import { faultOf, Readings, readingCount } from './readings.js';

export type ReaderRequest =
  | { do: 'read'; descriptor: ContainerDescriptor }
  | { do: 'finish'; generation: number };

export interface ReaderReport {
  /** Records of which every field was read and checked. */
  reads: number;
  /** Iterations from the first to the last record, each over many turns of the event loop. */
  walks: number;
  generations: number;
  switches: number;
  /** Bad files that were reported. */
  refused: number;
  /** The most mappings that there were at once: the one in use, and those that somebody still read. */
  mappingsMax: number;
  /** What went wrong: the first few, and how many. */
  faults: string[];
  faultCount: number;
}

const report: ReaderReport = {
  reads: 0,
  walks: 0,
  generations: 0,
  switches: 0,
  refused: 0,
  mappingsMax: 0,
  faults: [],
  faultCount: 0,
};
let lastGeneration: number | undefined;

process.on('message', (request: ReaderRequest) => {
  if (request.do === 'finish') lastGeneration = request.generation;
  else void readUntilToldTo(request.descriptor);
});

function fault(message: string): void {
  report.faultCount++;
  if (report.faults.length < 10) report.faults.push(message);
}

async function readUntilToldTo(descriptor: ContainerDescriptor): Promise<void> {
  const readings = Readings.open(descriptor, { follow: true });
  readings.onChange((event) => {
    if (event.type === 'changed') report.switches++;
    else report.refused++;
  });
  let current = readSlice(readings);
  report.generations = 1;
  let walk = walkOf(readings);
  process.send?.('reading');
  while (lastGeneration === undefined || current < lastGeneration) {
    await setImmediate();
    try {
      const found = readSlice(readings);
      if (found < current) fault(`generation ${found} came after ${current}`);
      if (found > current) report.generations++;
      current = found;
      if (walk.next().done) walk = walkOf(readings);
    } catch (error) {
      fault(`a read failed: ${error}`);
    }
    report.mappingsMax = Math.max(report.mappingsMax, native.regionCount());
  }
  readings.close();
  process.send?.(report, () => process.disconnect());
}

/** Reads at random. Nothing can come between: all records are of one generation, which this answers. */
function readSlice(readings: Readings): number {
  const generation = readings.get(0)?.generation ?? -1;
  for (let round = 0; round < 50; round++) {
    const number = Math.floor(Math.random() * readingCount);
    const reading = readings.get(number);
    report.reads++;
    const message = faultOf(reading, number);
    if (message !== undefined) fault(message);
    else if (reading?.generation !== generation) fault(`${number}: two generations at once`);
  }
  return generation;
}

/** Reads from the first to the last record, some at a time: all of the file that was there when it began. */
function* walkOf(readings: Readings): Generator<void, void, undefined> {
  let seen = 0;
  let generation: number | undefined;
  for (const [number, reading] of readings) {
    generation ??= reading.generation;
    report.reads++;
    const message = faultOf(reading, number);
    if (message !== undefined) fault(`walking: ${message}`);
    else if (reading.generation !== generation) fault(`walking: ${number} is of another generation`);
    if (++seen % 40 === 0) yield;
  }
  if (seen !== readingCount) fault(`a walk found ${seen} of ${readingCount} records`);
  report.walks++;
}
