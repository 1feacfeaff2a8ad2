/** Programs that read a file which is cut short, for lost-pages.test.ts: `node lost-pages.js ROLE PATH…`. */
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  MappedArray,
  type Mapping,
  mappingOf,
  open,
  Schema,
  StringIdMapper,
  t,
  toObject,
} from 'sharedbuffers';
import type { Native } from '#src/native/binding.js';
import { native } from '#src/native/index.js';
import { Region } from '#src/region.js';

export const count = 3000;
export const Point = new Schema('Point', { x: t.int32, label: t.text });
const Points = mappingOf(StringIdMapper, Point);

export interface Report {
  lost: boolean;
  outcomes: Record<string, string>;
}

const addon =
  process.env.SHAREDBUFFERS_NATIVE_BINARY ??
  resolve('prebuilds', `${process.platform}-${process.arch}`, 'sharedbuffers.node');

/** `value`, or the code of the error. */
function outcomeOf(read: () => unknown): string {
  try {
    read();
    return 'value';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** Reads until that fails, and a bit more where nothing has been read yet. */
function untilItFails(read: () => unknown): string {
  process.send?.('reading');
  // Never comes to its end: the file is cut.
  for (;;) {
    const outcome = outcomeOf(read);
    if (outcome !== 'value') return outcome;
  }
}

function readAll(path: string, size: string): Report {
  const container = open(path) as MappedArray | Mapping<unknown, object>;
  // The same mapping.
  const region = Region.openFile(path);
  const records = () => (container instanceof MappedArray ? [...container] : [...container.values()]);
  const record = records()[7] as object;
  truncateSync(path, Number(size));
  // Whatever comes first: the end of the file is gone.
  region.bytesAt(region.size - 1, 1, 'the last byte')[0];
  const outcomes: Record<string, string> = {
    getters: outcomeOf(() => toObject(record)),
    iteration: outcomeOf(() => [...container].length),
    values: outcomeOf(() => records().map((value) => toObject(value))),
    text: outcomeOf(() => region.readText(0)),
  };
  if (container instanceof MappedArray) outcomes.at = outcomeOf(() => container.at(count - 1));
  else {
    outcomes.lookup = outcomeOf(() => container.get('key 7'));
    outcomes.has = outcomeOf(() => container.has('key 7'));
    outcomes.keys = outcomeOf(() => [...container.keys()]);
  }
  return { lost: region.lost, outcomes };
}

function compare(path: string): Report {
  const bytes = readFileSync(path);
  const region = Region.openFile(path);
  const mapped = region.bytesAt(0, region.size, 'everything');
  const cut = 20_000;
  const page = 64 * 1024;
  truncateSync(path, cut);
  const zero = mapped.subarray(page).every((byte) => byte === 0);
  const same = Buffer.compare(mapped.subarray(0, cut), bytes.subarray(0, cut)) === 0;
  return {
    lost: region.lost,
    outcomes: { before: same ? 'same' : 'different', behind: zero ? 'zeros' : 'others' },
  };
}

function cutLastPage(path: string): Report {
  const size = Math.floor(statSync(path).size / 65536) * 65536 + 100;
  writeFileSync(path, readFileSync(path).subarray(0, size));
  const region = Region.openFile(path);
  truncateSync(path, size - 50);
  const last = region.bytesAt(size - 1, 1, 'the last byte')[0];
  return { lost: region.lost, outcomes: { last: last === 0 ? 'zero' : String(last) } };
}

function reading(path: string, makeRead: (points: InstanceType<typeof Points>) => () => unknown): Report {
  const region = Region.openFile(path);
  const outcome = untilItFails(makeRead(Points.open(path)));
  return { lost: region.lost, outcomes: { outcome } };
}

const lookUp = (path: string) =>
  reading(path, (points) => () => {
    // A lookup alone may end before the cut.
    for (let x = 0; x < count; x++) points.get(`key ${x}`)?.x;
  });

const iterate = (path: string) =>
  reading(path, (points) => () => {
    for (const [, point] of points) point.x;
  });

const advance = (path: string) =>
  reading(path, (points) => {
    const cursor = points.records.cursor();
    return () => {
      for (const point of cursor) point.x;
    };
  });

const readRecords = (path: string) =>
  reading(path, (points) => {
    const records = [...points.values()];
    return () => records.reduce((sum, { x }) => sum + x, points.size && Number(points.has('key 1')));
  });

const readTexts = (path: string) =>
  reading(path, () => {
    const region = Region.openFile(path);
    const points = Points.open(path);
    const positions = Array.from({ length: count }, (_, row) => points.table.keyPosition(row));
    return () => {
      // The texts may all lie before the cut, and short ones are read without native code, which would notice.
      region.bytesAt(region.size - 1, 1, 'the last byte')[0];
      const texts = positions.map((position) => region.readText(position));
      region.requireIntact();
      return texts;
    };
  });

async function lookUpInWorkers(path: string): Promise<Report> {
  const region = Region.openFile(path);
  let begun = 0;
  const outcomes = await Promise.all(
    [0, 1, 2].map(
      () =>
        new Promise<string>((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), { workerData: { path } });
          worker.on('message', (message: string) => {
            if (message !== 'reading') resolve(message);
            else if (++begun === 3) process.send?.('reading');
          });
          worker.on('error', reject);
        }),
    ),
  );
  return { lost: region.lost, outcomes: Object.fromEntries(outcomes.entries()) };
}

function lookUpInWorker(path: string): void {
  const points = Points.open(path);
  parentPort?.postMessage('reading');
  let outcome = 'value';
  while (outcome === 'value')
    outcome = outcomeOf(() => points.get(`key ${Math.floor(Math.random() * count)}`)?.x);
  parentPort?.postMessage(outcome);
}

function several(path: string, other: string): Report {
  const size = statSync(path).size;
  const containers = {
    'the same part': Points.open(path),
    'the same part again': Points.open(path),
    'another part': Points.open(path, { size }),
    'another file': Points.open(other),
  };
  const part = Region.openFile(path, { offset: 4096 });
  truncateSync(path, 0);
  outcomeOf(() => part.readText(size - 8192));
  const outcomes = Object.fromEntries(
    Object.entries(containers).map(([name, points]) => [name, outcomeOf(() => points.get('key 1'))]),
  );
  return { lost: part.lost, outcomes };
}

function growAgain(path: string): Report {
  const bytes = readFileSync(path);
  const points = Points.open(path);
  truncateSync(path, 0);
  outcomeOf(() => points.get('key 1'));
  writeFileSync(path, bytes);
  const opened = outcomeOf(() => points.get('key 2'));
  const anew = Points.open(path);
  return {
    lost: true,
    outcomes: { opened, 'opened anew': outcomeOf(() => anew.get('key 2')?.label.length ?? missing()) },
  };
}

function missing(): never {
  throw new Error('a key is missing');
}

async function manyTimes(path: string): Promise<Report> {
  const bytes = readFileSync(path);
  let lost = true;
  for (let turn = 0; turn < 200; turn++) {
    writeFileSync(path, bytes);
    const region = Region.openFile(path);
    const { view } = region.windowAt(0);
    truncateSync(path, turn % bytes.length);
    view.getUint8(bytes.length - 1);
    lost &&= region.lost;
    region.close();
  }
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  return { lost, outcomes: { regions: String(native.regionCount()) } };
}

function readHoles(path: string): Report {
  const region = Region.openFile(path);
  const { view } = region.windowAt(0);
  const outcomes = { first: String(view.getUint8(0)), hole: String(view.getUint8(2 ** 25)) };
  // Enough of them that there is no room left.
  for (let at = 0; at < 2 ** 26; at += 4096) view.getUint8(at);
  return { lost: region.lost, outcomes };
}

async function sendSignal(path: string): Promise<Report> {
  const points = Points.open(path);
  process.kill(process.pid, 'SIGBUS');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return { lost: false, outcomes: { survived: String(points.size) } };
}

/** A copy of the addon, which is then cut: its code is in mapped memory that nobody watches. */
function cutLibrary(path: string, library: string): Report {
  const points = Points.open(path);
  copyFileSync(addon, library);
  const copy = createRequire(import.meta.url)(library) as Native;
  truncateSync(library, 0);
  const outcome = outcomeOf(() => copy.compress(new Uint8Array(100_000)));
  return { lost: false, outcomes: { survived: outcome + points.size } };
}

async function listen(path: string, order: string): Promise<Report> {
  let heard = 0;
  const listenNow = () => process.on('SIGBUS', () => heard++);
  if (order === 'listen first') listenNow();
  const points = Points.open(path);
  if (order !== 'listen first') listenNow();
  using again = Points.open(path);
  process.kill(process.pid, 'SIGBUS');
  while (heard === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  truncateSync(path, 0);
  const lookup = outcomeOf(() => points.get('key 1') ?? again);
  // Let it end though somebody listens.
  process.removeAllListeners('SIGBUS');
  return { lost: true, outcomes: { heard: String(heard), lookup } };
}

function listenNoMore(path: string): Promise<Report> {
  const points = Points.open(path);
  const ignore = () => {};
  process.on('SIGBUS', ignore);
  Points.open(path).close();
  process.off('SIGBUS', ignore);
  Points.open(path).close();
  return sendSignal(points.size > 0 ? path : '');
}

function twoCopies(path: string, other: string, library: string, signal?: string): Report {
  copyFileSync(addon, library);
  const copy = createRequire(import.meta.url)(library) as Native;
  // By turns, so that each comes before and after the other.
  const points = Points.open(path);
  const handle = copy.openRegion(other, 0, -1);
  const view = new DataView(copy.regionWindow(handle, 0, 100));
  Points.open(path).close();
  copy.closeRegion(copy.openRegion(other, 0, -1));
  if (signal !== undefined) process.kill(process.pid, 'SIGBUS');
  truncateSync(path, 0);
  truncateSync(other, 0);
  const first = outcomeOf(() => points.get('key 1'));
  view.getUint8(50);
  return { lost: true, outcomes: { first, second: copy.regionInfo(handle).lost ? 'lost' : 'not lost' } };
}

export const roles = {
  readAll,
  compare,
  cutLastPage,
  lookUp,
  iterate,
  advance,
  readRecords,
  readTexts,
  lookUpInWorkers,
  several,
  growAgain,
  manyTimes,
  readHoles,
  sendSignal,
  cutLibrary,
  listen,
  listenNoMore,
  twoCopies,
};

if (!isMainThread && workerData?.path !== undefined) lookUpInWorker(workerData.path);
else if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , role = '', ...args] = process.argv;
  const report = await roles[role as 'several'](...(args as [string, string]));
  if (process.send) {
    process.send(report);
    process.disconnect();
  } else process.stdout.write(JSON.stringify(report));
}
