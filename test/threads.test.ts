import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { after, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';
import { native } from '#src/native/index.js';

const Point = new Schema('Point', { x: t.int32, label: t.text });
const Points = mappingOf(StringIdMapper, Point);

if (isMainThread) runTests();
else readInWorker();

/** How a worker ends: of itself, with or without closing; by an exit or an error in the middle; not by itself at all. */
type Ending = 'open' | 'closed' | 'exit' | 'throw' | 'never' | 'never, following';

function readInWorker(): void {
  const { path, leave } = workerData as { path: string; leave: Ending | 'churn' };
  if (leave === 'churn') churn(path);
  else if (leave === 'never' || leave === 'never, following') readForever(path, leave !== 'never');
  else readOnce(path, leave);
}

function readOnce(path: string, leave: Ending): void {
  const points = Points.open(path);
  let sum = 0;
  for (let n = 0; n < 1000; n++) sum += points.get(`key ${n}`)?.x ?? 0;
  const regions = native.regionCount();
  if (leave === 'closed') points.close();
  parentPort?.postMessage({ sum, regions, label: leave === 'closed' ? '' : points.get('key 7')?.label });
  if (leave === 'exit') process.exit(3);
  if (leave === 'throw') throw new Error('in the middle');
}

/** Opens and closes, with records and views that outlive their container. */
function churn(path: string): void {
  let sum = 0;
  for (let round = 0; round < 300; round++) {
    const points = Points.open(path, round % 2 === 0 ? {} : { offset: 0, maxDepth: 9 });
    const point = points.get(`key ${round}`);
    sum += point?.x ?? Number.NaN;
    points.close();
    try {
      sum += point?.x ?? 0;
    } catch (error) {
      sum += (error as { code?: unknown }).code === 'ERR_SHAREDBUFFERS_CLOSED' ? 1 : Number.NaN;
    }
  }
  parentPort?.postMessage({ sum, regions: 0 });
}

/** Reads in native code and outside of it, until somebody ends the thread. */
function readForever(path: string, follow: boolean): void {
  const points = Points.open(path, { follow });
  const kept = [...points.values()];
  parentPort?.postMessage({ sum: kept.length, regions: native.regionCount() });
  for (let n = 0; ; n++) {
    if (points.get(`key ${n % 1000}`)?.label !== kept[n % 1000]?.label) points.has('key');
  }
}

/** Buffers let go of their mapping a few turns of the event loop after they are detached. */
async function regionsWhenSettled(): Promise<number> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  return native.regionCount();
}

function runTests(): void {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
  after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'points.map');
  Points.buildSync(
    Array.from({ length: 1000 }, (_, x) => [`key ${x}`, { x, label: `ñ ${x}` }] as const),
    path,
  );

  const inWorker = (leave: string) =>
    new Promise<{ sum: number; regions: number }>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { path, leave } });
      let answer: { sum: number; regions: number };
      worker.on('message', (message) => {
        answer = message;
      });
      let failure: unknown;
      worker.on('error', (error) => {
        failure = error;
      });
      // Only then is everything given back that it had.
      worker.on('exit', () => (failure === undefined ? resolve(answer) : reject(failure)));
    });

  describe('worker threads', () => {
    it('share one mapping of a file, and give it back however they end', async () => {
      const before = await regionsWhenSettled();
      const points = Points.open(path);
      assert.equal(native.regionCount(), before + 1);
      const answers = await Promise.all(['open', 'closed', 'exit', 'open'].map(inWorker));
      for (const { sum, regions } of answers) {
        assert.equal(sum, 499500);
        assert.equal(regions, before + 1, 'the whole process has one mapping of the file');
      }
      assert.equal(points.get('key 999')?.label, 'ñ 999');
      points.close();
      assert.equal(await regionsWhenSettled(), before);
    });

    it('can be the only ones that have the file open', async () => {
      const before = await regionsWhenSettled();
      const { sum } = await inWorker('open');
      assert.equal(sum, 499500);
      assert.equal(await regionsWhenSettled(), before);
    });
  });

  describe('threads that end in the middle', () => {
    const started = (leave: Ending) =>
      new Promise<Worker>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { path, leave } });
        worker.once('message', () => resolve(worker)).on('error', reject);
      });

    it('by terminate() give back what they had', async () => {
      for (let round = 0; round < 5; round++) {
        const workers = await Promise.all((['never', 'never, following', 'never'] as const).map(started));
        assert.equal(native.regionCount(), 1);
        await Promise.all(workers.map((worker) => worker.terminate()));
        assert.equal(await regionsWhenSettled(), 0);
      }
    });

    it('by an error give back what they had', async () => {
      await assert.rejects(inWorker('throw'), /in the middle/);
      assert.equal(await regionsWhenSettled(), 0);
    });

    it('before they have loaded anything leave nothing', async () => {
      for (let round = 0; round < 10; round++) {
        await new Worker(new URL(import.meta.url), { workerData: { path, leave: 'never' } }).terminate();
      }
      assert.equal(await regionsWhenSettled(), 0);
    });

    it('read on where the main thread closes', async () => {
      const points = Points.open(path);
      const workers = await Promise.all((['never', 'never, following'] as const).map(started));
      const point = points.get('key 1');
      points.close();
      assert.throws(() => point?.x, { code: 'ERR_SHAREDBUFFERS_CLOSED' });
      assert.equal(await regionsWhenSettled(), 1);
      const { sum } = await inWorker('closed');
      assert.equal(sum, 499500);
      await Promise.all(workers.map((worker) => worker.terminate()));
      assert.equal(await regionsWhenSettled(), 0);
    });

    it('and many that open and close the same file at once do not disturb each other', async () => {
      const answers = await Promise.all(Array.from({ length: 6 }, () => inWorker('churn')));
      for (const { sum } of answers) assert.equal(sum, (299 * 300) / 2 + 300);
      assert.equal(await regionsWhenSettled(), 0);
    });
  });

  describe('a process that ends', () => {
    const script = (body: string) => `
      import { Worker } from 'node:worker_threads';
      const { open, mapFile } = await import(${JSON.stringify(resolvePath('dist/index.js'))});
      const path = ${JSON.stringify(path)};
      const points = open(path, { follow: true });
      const view = mapFile(path);
      const point = points.get('key 5');
      const worker = new Worker(new URL(${JSON.stringify(import.meta.url)}), { workerData: { path, leave: 'never' }, execArgv: [] });
      await new Promise((resolve) => worker.once('message', resolve));
      ${body}`;

    for (const [how, body, status] of [
      ['in the middle, while a thread reads', 'process.exit(7)', 7],
      ['after it closed', 'points.close(); view.close(); process.exit(0)', 0],
      [
        'closing as the last thing',
        `process.on('exit', () => { if (point.x === 5) points.close(); }); process.exit(8)`,
        8,
      ],
      [
        'reading as the last thing',
        `process.on('exit', () => { process.exitCode = point.x; }); process.exit()`,
        5,
      ],
      ['by an error', `setImmediate(() => { throw new Error('on purpose') })`, 1],
      ['by itself, after its threads', 'await worker.terminate()', 0],
    ] as const) {
      it(`${how} ends in order`, () => {
        const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script(body)], {
          encoding: 'utf8',
        });
        assert.equal(ended.signal, null, ended.stderr);
        assert.equal(ended.status, status, ended.stderr);
      });
    }
  });

  describe('opening and closing', () => {
    it('leaves no mapping behind', async () => {
      const regions = native.regionCount();
      for (let round = 0; round < 2000; round++) {
        if (round % 100 === 0) await setImmediate();
        const points = Points.open(path);
        points.get('key 1')?.label;
        points.close();
      }
      assert.equal(await regionsWhenSettled(), regions);
    });
  });
}
