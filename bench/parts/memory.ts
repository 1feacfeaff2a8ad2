/** The memory that each of four readers has for itself after its lookups. */
import { contenders } from '../contenders/index.js';
import { startWork } from '../support/child-work.js';
import { type Spread, spreadOf } from '../support/spread.js';
import type { ReaderParameters, ReaderResult } from '../works/reader-memory.js';
import type { Context } from './context.js';

export interface MemoryRow {
  /** `undefined` for lookups that do nothing. */
  readonly contender?: string;
  readonly name: string;
  /** Bytes of each reader, of all sets. */
  readonly privateBytes: Spread;
  /** Bytes of all readers of a set, what they share counted once. */
  readonly proportionalBytes: Spread;
}

const readers = 4;
/** LevelDB lets one process in: four have a copy each, which is no memory that could be compared. */
const oneProcessOnly = ['classic-level'];

export async function measureMemory(context: Context): Promise<MemoryRow[]> {
  const { size, effort, files, say } = context;
  const rows: MemoryRow[] = [await measure(context, 'lookups that do nothing')];
  const chosen = contenders.slice(0, effort.readersOf);
  const opened = await files.ensureAll(chosen, 'string', size);
  files.release();
  for (const { id, title, path } of opened) {
    if (oneProcessOnly.includes(id)) continue;
    say(`memory of ${readers} readers: ${title}`);
    // A `Map` is the same in each process: one set of them is enough.
    const sets = id === 'map' ? 1 : effort.readerSets;
    rows.push({ ...(await measure(context, title, { id, path }, sets)), contender: id });
  }
  return rows;
}

async function measure(
  { size, effort }: Context,
  name: string,
  contender?: ReaderParameters['contender'],
  sets = effort.readerSets,
): Promise<MemoryRow> {
  const ownBytes: number[] = [];
  const allBytes: number[] = [];
  for (let set = 0; set < sets; set++) {
    const parameters = { contender, keys: 'string' as const, size, lookups: effort.readerLookups };
    const results = await runReaders(parameters);
    ownBytes.push(...results.map(({ privateBytes }) => privateBytes));
    allBytes.push(results.reduce((sum, { proportionalBytes }) => sum + proportionalBytes, 0));
  }
  return { name, privateBytes: spreadOf(ownBytes), proportionalBytes: spreadOf(allBytes) };
}

/** Starts the readers, lets all make their lookups, then has them tell one after the other. */
async function runReaders(parameters: ReaderParameters): Promise<ReaderResult[]> {
  const started = Array.from({ length: readers }, () =>
    startWork<ReaderParameters, ReaderResult>('reader-memory', parameters),
  );
  const lookedUp = started.map(
    ({ child, result }) =>
      new Promise<void>((resolve, reject) => {
        child.on('message', (message: object) => {
          if ('lookedUp' in message) resolve();
        });
        result.catch(reject);
      }),
  );
  await Promise.all(lookedUp);
  // None ends before all have told: pages of a process that is gone are divided among fewer.
  for (const { child } of started) child.send({ tell: true });
  return Promise.all(started.map(({ result }) => result));
}
