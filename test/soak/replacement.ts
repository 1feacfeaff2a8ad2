/** Replacing a file over and over while other processes read it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Readings, readingsOf } from './readings.js';
import type { ReaderReport, ReaderRequest } from './replacement-reader.js';

export interface ReplacementReport {
  replacements: number;
  /** Files that were cut short and put into the place of the table, for a while. */
  badFiles: number;
  readers: ReaderReport[];
}

/** Every so many replacements a bad file comes first. */
const badEvery = 10;

/** @param replacements how many, one every `everyMs` milliseconds */
export async function replaceUnderLoad({
  readers: readerCount,
  replacements,
  everyMs,
}: {
  readers: number;
  replacements: number;
  everyMs: number;
}): Promise<ReplacementReport> {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
  const path = join(folder, 'readings.map');
  const readers: ChildProcess[] = [];
  try {
    await Readings.build(readingsOf(0), path);
    for (let number = 0; number < readerCount; number++) readers.push(await startReader(path));
    let badFiles = 0;
    for (let generation = 1; generation <= replacements; generation++) {
      if (generation % badEvery === 0) {
        putBadFile(path, generation);
        badFiles++;
        await setTimeout(everyMs);
      }
      await Readings.build(readingsOf(generation), path);
      await setTimeout(everyMs);
    }
    return {
      replacements,
      badFiles,
      readers: await Promise.all(readers.map((each) => finish(each, replacements))),
    };
  } finally {
    for (const reader of readers) reader.kill();
    rmSync(folder, { recursive: true });
  }
}

async function startReader(path: string): Promise<ChildProcess> {
  using readings = Readings.open(path);
  const reader = fork(new URL('replacement-reader.js', import.meta.url), { execArgv: [] });
  reader.send({ do: 'read', descriptor: readings.descriptor } satisfies ReaderRequest);
  await once(reader, 'message');
  return reader;
}

/** Has a reader end when it has read the last generation. */
async function finish(reader: ChildProcess, generation: number): Promise<ReaderReport> {
  if (reader.exitCode !== null || reader.signalCode !== null) throw new Error('a reader ended early');
  const ended = once(reader, 'exit').then(([code, signal]) => {
    if (code !== 0) throw new Error(`a reader ended with ${code ?? signal}`);
  });
  const told = once(reader, 'message');
  reader.send({ do: 'finish', generation } satisfies ReaderRequest);
  await Promise.race([told, ended]);
  const [report] = await told;
  await ended;
  return report as ReaderReport;
}

function putBadFile(path: string, generation: number): void {
  const whole = Readings.buildSync(readingsOf(generation));
  writeFileSync(`${path}.bad`, whole.subarray(0, whole.length / 2));
  renameSync(`${path}.bad`, path);
}
