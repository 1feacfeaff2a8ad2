import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';
import { native } from '#src/native/index.js';

const Point = new Schema('Point', { x: t.int32, label: t.text });
const Points = mappingOf(StringIdMapper, Point);

if (isMainThread) runTests();
else readInWorker();

function readInWorker(): void {
  const { path, leave } = workerData as { path: string; leave: 'open' | 'closed' | 'exit' };
  const points = Points.open(path);
  let sum = 0;
  for (let n = 0; n < 1000; n++) sum += points.get(`key ${n}`)?.x ?? 0;
  const regions = native.regionCount();
  if (leave === 'closed') points.close();
  parentPort?.postMessage({ sum, regions, label: leave === 'closed' ? '' : points.get('key 7')?.label });
  if (leave === 'exit') process.exit(3);
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
      worker.on('error', reject);
      worker.on('exit', () => resolve(answer));
    });

  describe('worker threads', () => {
    it('share one mapping of a file, and give it back however they end', async () => {
      const before = native.regionCount();
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
      const before = native.regionCount();
      const { sum } = await inWorker('open');
      assert.equal(sum, 499500);
      assert.equal(await regionsWhenSettled(), before);
    });
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
