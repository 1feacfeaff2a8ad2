/** Building from entries in memory: seconds, size of what is built, and memory over that of the entries. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { contenderOf } from '../contenders/index.js';
import { type Entry, entriesOf, type KeyKind } from '../support/cities.js';
import { peakSize, resetPeakSize, residentSize } from '../support/process-memory.js';
import { type Spread, spreadOf } from '../support/spread.js';

export interface BuildParameters {
  readonly contender: string;
  readonly path: string;
  readonly keys: KeyKind;
  readonly size: number;
  /** How often; once and from a generator, for the files alone, where it is 0. */
  readonly rounds: number;
}

export interface BuildResult {
  readonly seconds: Spread;
  readonly bytes: number;
  /** `undefined` where the system does not tell. */
  readonly peakBytes?: number;
}

function bytesAt(path: string): number {
  const status = statSync(path);
  if (!status.isDirectory()) return status.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesAt(join(path, name)), 0);
}

export async function work({ contender, path, keys, size, rounds }: BuildParameters): Promise<BuildResult> {
  const { build } = contenderOf(contender);
  const inMemory = rounds > 0;
  const entries: Iterable<Entry> = inMemory
    ? Array.from(entriesOf(keys, size))
    : { [Symbol.iterator]: () => entriesOf(keys, size) };
  const seconds: number[] = [];
  let peakBytes: number | undefined;
  for (let round = 0; round < Math.max(1, rounds); round++) {
    // lmdb leaves a lock file beside its own.
    for (const old of [path, `${path}-lock`]) rmSync(old, { recursive: true, force: true });
    globalThis.gc?.();
    const before = residentSize();
    resetPeakSize();
    const start = performance.now();
    await build(path, keys, entries);
    seconds.push((performance.now() - start) / 1000);
    const peak = peakSize();
    if (peak !== undefined && before !== undefined) peakBytes = Math.max(peakBytes ?? 0, peak - before);
  }
  return { seconds: spreadOf(seconds), bytes: bytesAt(path), peakBytes };
}
