/** What becomes of the file that is there when a build of its successor does not come to its end. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';
import { randomNumbers } from './support/random.js';

const Point = new Schema('Point', { x: t.int32, label: t.text.optional() });
const Points = mappingOf(StringIdMapper, Point);
type Entry = readonly [string, { x: number; label?: string }];

/** So little that rows go to disk and are merged. */
const memoryLimit = 2 ** 20;

function* points(count: number, beforeEach?: (x: number) => void): Generator<Entry> {
  for (let x = 0; x < count; x++) {
    beforeEach?.(x);
    yield [`key ${x}`, { x, label: `point ${x}` }];
  }
}

const self = fileURLToPath(import.meta.url);
const [, , role, rolePath = '', roleTemp = ''] = process.argv;
if (role === 'build-again-and-again') await buildAgainAndAgain(rolePath, roleTemp);
else if (role === 'build-where-forbidden') await buildWhereForbidden(rolePath, roleTemp);
else if (role === 'build-once') await buildOnce(rolePath, roleTemp);
else runTests();

/** Prints the codes of two errors; in a process of its own, which gives up the rights that root has everywhere. */
async function buildWhereForbidden(path: string, forbidden: string): Promise<void> {
  // What building needs is loaded while this process may read it.
  Points.buildSync([]);
  if (process.getuid?.() === 0) process.seteuid?.(65_534);
  const untouched = points(1, () => assert.fail('the input was consumed'));
  const codeOf = (build: Promise<unknown>) =>
    build.then(String, (error: NodeJS.ErrnoException) => error.code);
  const target = await codeOf(Points.build(untouched, join(forbidden, 'x.map')));
  const spool = await codeOf(Points.build(points(1), path, { tempDir: forbidden }));
  process.stdout.write(`${target} ${spool}`);
}

/** Of growing sizes, so that moments of all phases are there to be met. */
async function buildAgainAndAgain(path: string, tempDir: string): Promise<void> {
  process.send?.('begun');
  for (let size = 5000; ; size += 5000) await Points.build(points(size), path, { tempDir, memoryLimit });
}

/** Tells the code and the message of the error. */
async function buildOnce(path: string, tempDir: string): Promise<void> {
  try {
    await Points.build(points(60_000), path, { memoryLimit, ...(tempDir !== '' && { tempDir }) });
    console.log('built');
  } catch (error) {
    console.log(`${(error as NodeJS.ErrnoException).code}: ${(error as Error).message}`);
  }
}

function runTests(): void {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-faults-'));
  const path = join(folder, 'points.map');
  const temp = join(folder, 'temp');
  after(() => rmSync(folder, { recursive: true }));
  let old: Buffer;

  beforeEach(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(temp, { recursive: true });
    Points.buildSync([['old', { x: 1 }]], path);
    old = readFileSync(path);
  });

  /** The old file is as it was and opens, and nothing else is left. */
  function assertUntouched(): void {
    assert.ok(readFileSync(path).equals(old), 'the old file is as it was');
    using opened = Points.open(path);
    assert.equal(opened.get('old')?.x, 1);
    assertTidy();
  }

  function assertTidy(): void {
    assert.deepEqual(readdirSync(folder).sort(), ['points.map', 'temp']);
    assert.deepEqual(readdirSync(temp), []);
  }

  const killed = async (child: ChildProcess) => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => child.once('exit', resolve));
    }
  };

  describe('a builder that is killed', { skip: process.platform === 'win32' }, () => {
    it('leaves one complete file, whenever that was, and the next build tidies up', async () => {
      const random = randomNumbers(20);
      for (let turn = 0; turn < 20; turn++) {
        const child = fork(self, ['build-again-and-again', path, temp]);
        await new Promise((resolve) => child.once('message', resolve));
        await sleep(random(250));
        await killed(child);
        assertComplete();
      }
      await Points.build(points(10), path, { tempDir: temp });
      assertTidy();
    });

    /** A file that was complete when it got its name: that of before, or one that the child finished. */
    function assertComplete(): void {
      using opened = Points.open(path);
      const last = opened.size - 1;
      if (last === 0) assert.ok(readFileSync(path).equals(old));
      else assert.equal(opened.size % 5000, 0);
      for (const x of last === 0 ? [] : [0, last >> 1, last]) {
        assert.equal(opened.get(`key ${x}`)?.label, `point ${x}`);
      }
    }

    it('does not touch the old file before it has finished', async () => {
      for (const wait of [0, 20, 60, 120]) {
        const child = fork(self, ['build-once', path, temp], { stdio: 'ignore' });
        while (readdirSync(folder).length === 2 && child.exitCode === null) await sleep(1);
        await sleep(wait);
        await killed(child);
        if (child.signalCode === null) continue;
        assert.ok(readFileSync(path).equals(old));
      }
      await Points.build(points(10), path, { tempDir: temp });
      assertTidy();
    });
  });

  describe('a place that gets full', { skip: process.platform === 'win32' }, () => {
    it('because of a limit on the size of files', () => {
      // In blocks of 512 or of 1024 bytes.
      const script = `ulimit -f 1000; exec "${process.execPath}" "${self}" build-once "${path}" "${temp}"`;
      const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
      assert.match(stdout, /^EFBIG: .*write/);
      assertUntouched();
    });

    it('because the disk is full, where the output goes or where its parts wait', (context) => {
      const small = join(temp, 'small');
      mkdirSync(small);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
      if (mounted.status !== 0) {
        rmSync(small, { recursive: true });
        return context.skip('no file system can be mounted here');
      }
      try {
        const target = join(small, 'points.map');
        Points.buildSync([['old', { x: 1 }]], target);
        for (const [where, waiting] of [
          [target, ''],
          [target, folder],
          [path, small],
        ] as const) {
          const { stdout } = spawnSync(process.execPath, [self, 'build-once', where, waiting], {
            encoding: 'utf8',
          });
          assert.match(stdout, /^ENOSPC: .*write/);
          assert.ok(readFileSync(target).equals(old));
          assert.deepEqual(readdirSync(small), ['points.map']);
        }
      } finally {
        assert.equal(spawnSync('umount', [small]).status, 0);
        rmSync(small, { recursive: true });
      }
      assertUntouched();
    });
  });

  it('a folder that cannot be written to is found before any input is consumed', () => {
    chmodSync(temp, 0o555);
    const { stdout, stderr } = spawnSync(process.execPath, [self, 'build-where-forbidden', path, temp], {
      encoding: 'utf8',
    });
    chmodSync(temp, 0o755);
    assert.deepEqual([stdout, stderr], ['EACCES EACCES', '']);
    assertUntouched();
  });

  it('a folder that is not there, or none, is found before any input is consumed', async () => {
    const untouched = points(1, () => assert.fail('the input was consumed'));
    await assert.rejects(Points.build(untouched, '/proc/self/nothing/points.map'), (error: Error) => {
      return ['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    });
    await assert.rejects(Points.build(untouched, join(path, 'points.map')), { code: 'ENOTDIR' });
    assertUntouched();
  });

  it('input that throws in the middle', async () => {
    const failure = new Error('out of points');
    const fail = (at: number) => (x: number) => {
      if (x === at) throw failure;
    };
    for (const at of [0, 1, 6000, 59_999]) {
      for (const tempDir of [folder, temp]) {
        const options = { tempDir, memoryLimit };
        await assert.rejects(Points.build(points(60_000, fail(at)), path, options), failure);
        assert.throws(() => Points.buildSync(points(60_000, fail(at)), path, options), failure);
        assertUntouched();
      }
    }
  });

  it('an abort, at any moment', async () => {
    const random = randomNumbers(21);
    for (let turn = 0; turn < 20; turn++) {
      const controller = new AbortController();
      const reason = new Error(`changed my mind, ${turn}`);
      const timer = setTimeout(() => controller.abort(reason), random(200));
      const options = { signal: controller.signal, tempDir: temp, memoryLimit };
      const outcome = await Points.build(points(60_000), path, options).then(
        () => undefined,
        (error: unknown) => error,
      );
      clearTimeout(timer);
      if (outcome === undefined) writeOld();
      else assert.equal(outcome, reason);
      assertUntouched();
    }

    function writeOld(): void {
      Points.buildSync([['old', { x: 1 }]], path);
    }
  });

  it('an abort while rows are merged is prompt', async () => {
    const controller = new AbortController();
    let stepsAfter = 0;
    const build = Points.build(points(60_000), path, {
      signal: controller.signal,
      memoryLimit,
      onProgress({ phase }) {
        if (controller.signal.aborted) stepsAfter++;
        else if (phase !== 'packing') controller.abort();
      },
    });
    await assert.rejects(build, { name: 'AbortError' });
    assert.ok(stepsAfter <= 1, `${stepsAfter} steps`);
    assertUntouched();
  });

  it('those who have the old file open keep its content until they open the new one', async () => {
    using before = Points.open(path);
    for (const size of [3, 60_000]) {
      await Points.build(points(size), path, { memoryLimit });
      assert.equal(before.size, 1);
      assert.equal(before.get('old')?.x, 1);
      assert.equal(before.get('key 2'), undefined);
      using now = Points.open(path);
      assert.equal(now.size, size);
      assert.equal(now.get('key 2')?.label, 'point 2');
    }
    assertTidy();
  });
}
