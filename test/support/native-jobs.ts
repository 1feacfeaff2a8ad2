/** Programs whose files are in use by other threads when they go, for native-jobs.test.ts: `node native-jobs.js ROLE FOLDER`. */
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { deflate } from 'node:zlib';
import { mapFile, mappingOf, NumericIdMapper, Schema, StringIdMapper, t } from 'sharedbuffers';
import { native } from '#src/native/index.js';

const Point = new Schema('Point', { x: t.int32 });
const Points = mappingOf(StringIdMapper, Point);
const count = 200_000;

export type Outcomes = Record<string, number>;
type Role = (folder: string) => Promise<Outcomes>;

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    return String(await work);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function add(outcomes: Outcomes, outcome: string): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

/** A large id table, and what fills a direct table from it. */
function tableIn(folder: string, type: typeof StringIdMapper | typeof NumericIdMapper) {
  const Ids = type as typeof StringIdMapper;
  const path = join(folder, `${type.name}.ids`);
  const keyOf = (n: number) => (type === StringIdMapper ? `key ${n}` : n * 7);
  Ids.buildSync(
    Array.from({ length: count }, (_, n) => [keyOf(n) as string, n] as const),
    path,
  );
  const bytes = readFileSync(path);
  const { homeCount, spareCount, lineBytes } = native.directTableSizes(count);
  return {
    path,
    bytes,
    /** A part of the table, so that what is outside of it has to be found out. */
    prepare(share = 0) {
      const ids = Ids.open(path);
      const { region } = ids.table;
      const first = Math.floor(homeCount * share);
      const homes = homeCount - first;
      const lines = new Uint8Array((homes + spareCount) * lineBytes);
      const spec = ids.table.searchSpec('value');
      return {
        region,
        now: () => native.fillDirectTableSync(region.handle, spec, lines, first, homeCount, true),
        soon: () => native.fillDirectTable(region.handle, spec, lines, first, homeCount, true),
      };
    },
  };
}

const bothTables = (folder: string) => [StringIdMapper, NumericIdMapper].map((type) => tableIn(folder, type));

/** The file is cut before the work begins: it comes to the lost pages in any case. */
const fillAfterCut: Role = async (folder) => {
  const outcomes: Outcomes = {};
  for (const { path, bytes, prepare } of bothTables(folder)) {
    for (const share of [0, 0.5, 0.9]) {
      for (const how of ['now', 'soon'] as const) {
        writeFileSync(path, bytes);
        const fill = prepare(share);
        truncateSync(path, Math.floor(bytes.length / 2));
        add(outcomes, await outcomeOf((async () => fill[how]())()));
        fill.region.close();
      }
    }
  }
  return outcomes;
};

/** The file is cut while a thread of libuv's reads it: either it was through, or it says so. */
const fillWhileCut: Role = async (folder) => {
  const outcomes: Outcomes = {};
  for (const { path, bytes, prepare } of bothTables(folder)) {
    for (let turn = 0; turn < 20; turn++) {
      writeFileSync(path, bytes);
      const fill = prepare(turn % 2 === 0 ? 0 : 0.5);
      const filling = outcomeOf(fill.soon());
      for (let turns = 0; turns < turn; turns++) await setImmediate();
      truncateSync(path, turn % 4 === 0 ? 0 : Math.floor(bytes.length / 3));
      const outcome = await filling;
      const expected = fill.region.lost ? 'ERR_SHAREDBUFFERS_FILE_CHANGED' : '1';
      add(outcomes, outcome === expected ? 'as expected' : `${outcome} in place of ${expected}`);
      fill.region.close();
    }
  }
  return outcomes;
};

/** The region is closed while a thread reads it. */
const fillWhileClosed: Role = async (folder) => {
  const outcomes: Outcomes = {};
  for (const { prepare } of bothTables(folder)) {
    for (let turn = 0; turn < 10; turn++) {
      const fill = prepare();
      const filling = outcomeOf(fill.soon());
      fill.region.close();
      for (let turns = 0; turns < 20; turns++) await setImmediate();
      add(outcomes, await filling);
    }
  }
  for (let turns = 0; turns < 20; turns++) await setImmediate();
  add(outcomes, `${native.regionCount()} regions`);
  return outcomes;
};

/** The output of a build is cut while that reads it: the build ends, well or not. */
const buildWhileCut: Role = async (folder) => {
  const outcomes: Outcomes = {};
  const path = join(folder, 'points.map');
  for (let turn = 0; turn < 12; turn++) {
    let ended = false;
    const entries = (function* () {
      for (let x = 0; x < 30_000; x++) yield [`key ${x}`, { x }] as const;
    })();
    const building = outcomeOf(
      Points.build(entries, path, { index: 'direct', memoryLimit: 2 ** 20 }).then(() => 'built'),
    ).finally(() => {
      ended = true;
    });
    let cuts = 0;
    while (!ended) {
      await setImmediate();
      for (const name of readdirSync(folder).filter((each) => each.endsWith('.out'))) {
        if (++cuts % (turn + 2) === 0) cut(join(folder, name));
      }
    }
    const outcome = await building;
    add(outcomes, outcome === 'built' || outcome.startsWith('ERR_SHAREDBUFFERS_') ? 'ended' : outcome);
  }
  const left = readdirSync(folder).filter((name) => name.startsWith('.'));
  add(outcomes, `${left.length} files left`);
  return outcomes;
};

function cut(path: string): void {
  try {
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
  } catch {
    // It has its name by now.
  }
}

/** Threads end while others work for them. */
const terminate = (role: string): Role => {
  return async (folder) => {
    const outcomes: Outcomes = {};
    for (let turn = 0; turn < 12; turn++) {
      const worker = new Worker(new URL(import.meta.url), { workerData: { role, folder } });
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      for (let turns = 0; turns < turn * 3; turns++) await setImmediate();
      add(outcomes, String(await worker.terminate()));
    }
    for (let turns = 0; turns < 20; turns++) await setImmediate();
    add(outcomes, `${native.regionCount()} regions`);
    return outcomes;
  };
};

async function fillForever(folder: string): Promise<void> {
  const { prepare } = tableIn(folder, NumericIdMapper);
  const fills = [prepare(), prepare(), prepare()];
  for (;;) {
    const filling = fills.map((fill) => fill.soon());
    parentPort?.postMessage('at work');
    await Promise.all(filling);
  }
}

/** Work of Node's own on views of a mapped file. */
async function compressForever(folder: string): Promise<void> {
  const path = join(folder, 'large');
  writeFileSync(path, Buffer.alloc(2 ** 24, 'some text that is easy to compress '));
  const compress = promisify<Uint8Array, Buffer>(deflate);
  const bytes = mapFile(path);
  for (;;) {
    const compressing = [compress(bytes), compress(bytes.subarray(2 ** 20))];
    parentPort?.postMessage('at work');
    await Promise.all(compressing);
  }
}

const workers: Readonly<Record<string, (folder: string) => Promise<void>>> = { fillForever, compressForever };

export const roles = {
  fillAfterCut,
  fillWhileCut,
  fillWhileClosed,
  buildWhileCut,
  terminateFilling: terminate('fillForever'),
  terminateCompressing: terminate('compressForever'),
};

if (!isMainThread) await workers[workerData.role]?.(workerData.folder);
else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , role, folder] = process.argv;
  process.send?.(await roles[role as keyof typeof roles](folder as string));
  process.disconnect();
}
