import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it, mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Bundle, mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';
import { native } from '#src/native/index.js';

const Point = new Schema('Point', { x: t.int32, label: t.text.optional() });
const Points = mappingOf(StringIdMapper, Point);
type Entry = readonly [string, { x: number; label?: string }];

function* endless(failAt = Number.POSITIVE_INFINITY, failure: unknown = new Error('out of points')) {
  for (let x = 0; ; x++) {
    if (x === failAt) throw failure;
    yield [`key ${x}`, { x, label: `point ${x}` }] as Entry;
  }
}

async function* endlessLater(failAt?: number, failure?: unknown) {
  for (const entry of endless(failAt, failure)) {
    await null;
    yield entry;
  }
}

const self = fileURLToPath(import.meta.url);
const [, , role, rolePath = ''] = process.argv;
if (role === 'build-until-killed')
  void Points.build(endless(), rolePath, { tempDir: join(rolePath, '../temp') });
else if (role === 'build-too-large') buildTooLarge(rolePath);
else runTests();

function buildTooLarge(path: string): void {
  const entries = Array.from(endlessSlice(200_000));
  Points.build(entries, path).then(
    () => process.exit(0),
    (error: NodeJS.ErrnoException) => {
      console.log(error.code);
      process.exit(7);
    },
  );
}

function* endlessSlice(count: number): Generator<Entry> {
  for (const entry of endless()) {
    if (entry[1].x === count) return;
    yield entry;
  }
}

function runTests(): void {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-files-'));
  const path = join(folder, 'points.map');
  const temp = join(folder, 'temp');
  after(() => rmSync(folder, { recursive: true }));
  let old: Buffer;

  beforeEach(() => {
    rmSync(folder, { recursive: true });
    mkdirSync(temp, { recursive: true });
    Points.buildSync([['old', { x: 1 }]], path);
    old = readFileSync(path);
  });

  /** The old file is as it was, and nothing else is left. */
  function assertUntouched(): void {
    assert.ok(readFileSync(path).equals(old));
    assert.deepEqual(readdirSync(folder).sort(), ['points.map', 'temp']);
    assert.deepEqual(readdirSync(temp), []);
  }

  describe('a build that fails', () => {
    it('with what its input throws leaves the old file and nothing else', async () => {
      for (const failure of [new Error('out of points'), 'a string', undefined]) {
        for (const at of [0, 1, 50_000]) {
          for (const entries of [() => endless(at, failure), () => endlessLater(at, failure)]) {
            const error = await Points.build(entries(), path, { tempDir: temp }).then(
              () => assert.fail('it was built'),
              (error: unknown) => error,
            );
            if (failure !== undefined) assert.equal(error, failure);
            assertUntouched();
          }
        }
      }
      assert.throws(() => Points.buildSync(endless(50_000), path), /out of points/);
      assertUntouched();
    });

    it('because of a record ends the input and names the record', async () => {
      let ended = 0;
      function* entries(): Generator<Entry> {
        try {
          yield* endlessSlice(30_000);
          yield ['bad', { x: 0.5 }];
          assert.fail('it went on');
        } finally {
          ended++;
        }
      }
      async function* later() {
        yield* entries();
      }
      const expected = { name: 'OutOfRangeError', message: /^record 30000 \(key "bad"\): Point\.x/ };
      await assert.rejects(Points.build(entries(), path), expected);
      await assert.rejects(Points.build(later(), path), expected);
      assert.throws(() => Points.buildSync(entries(), path), expected);
      assert.equal(ended, 3);
      assertUntouched();
    });

    it('because of equal keys leaves nothing', async () => {
      const entries = [...endlessSlice(1000), ['key 7', { x: 7 }] as const];
      await assert.rejects(Points.build(entries, path), { code: 'ERR_SHAREDBUFFERS_DUPLICATE_KEY' });
      assertUntouched();
    });

    it('because of a limit on the size of files says so', { skip: process.platform === 'win32' }, () => {
      const script = `ulimit -f 2000; exec "${process.execPath}" "${self}" build-too-large "${path}"`;
      const { status, stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
      assert.equal(stdout.trim(), 'EFBIG');
      assert.equal(status, 7);
      assertUntouched();
    });
  });

  describe('an abort', () => {
    it('ends a build with its reason', async () => {
      const reason = new Error('changed my mind');
      for (const entries of [endless, endlessLater]) {
        const controller = new AbortController();
        setTimeout(() => controller.abort(reason), 30);
        const { signal } = controller;
        await assert.rejects(Points.build(entries(), path, { signal, tempDir: temp }), reason);
        assertUntouched();
      }
      await assert.rejects(Points.build(endless(), path, { signal: AbortSignal.abort() }), {
        name: 'AbortError',
      });
      await assert.rejects(Points.build(endless(), { signal: AbortSignal.timeout(20) }), {
        name: 'TimeoutError',
      });
      assertUntouched();
    });

    it('does not wait for input that does not come', async () => {
      const controller = new AbortController();
      let returned = false;
      const entries: AsyncIterable<Entry> = {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            setTimeout(() => controller.abort(), 20);
            return new Promise(() => {});
          },
          return: () => {
            returned = true;
            return new Promise(() => {});
          },
        }),
      };
      await assert.rejects(Points.build(entries, path, { signal: controller.signal }), {
        name: 'AbortError',
      });
      assert.ok(returned);
      assertUntouched();
    });

    it('by the input itself ends the input', async () => {
      const controller = new AbortController();
      let ended = false;
      async function* entries() {
        try {
          for (const entry of endless()) {
            if (entry[1].x === 5000) controller.abort();
            yield entry;
          }
        } finally {
          ended = true;
        }
      }
      await assert.rejects(Points.build(entries(), path, { signal: controller.signal }), {
        name: 'AbortError',
      });
      assert.ok(ended);
      assertUntouched();
    });

    it('while writing leaves the old file', async () => {
      for (const last of ['sorting', 'writing'] as const) {
        const controller = new AbortController();
        const build = Points.build(endlessSlice(20_000), path, {
          signal: controller.signal,
          onProgress: ({ phase, done }) => {
            if (phase === last && done !== 1) controller.abort();
          },
        });
        await assert.rejects(build, { name: 'AbortError' });
        assertUntouched();
      }
    });
  });

  describe('the option sync', () => {
    /** How often a build has made something durable: its file, the folder. */
    function countSyncs(build: () => unknown): { files: number; folders: number } {
      const files = mock.method(fs, 'fsyncSync');
      const folders = mock.method(native, 'syncDirectory');
      syncBuiltinESMExports();
      try {
        build();
        return { files: files.mock.callCount(), folders: folders.mock.callCount() };
      } finally {
        mock.restoreAll();
        syncBuiltinESMExports();
      }
    }

    it('decides whether the file and its folder are on the disk in the end', () => {
      const buildWith = (options?: object) => () => Points.buildSync([['new', { x: 2 }]], path, options);
      assert.deepEqual(countSyncs(buildWith()), { files: 1, folders: 1 });
      assert.deepEqual(countSyncs(buildWith({ sync: true })), { files: 1, folders: 1 });
      assert.deepEqual(countSyncs(buildWith({ sync: false })), { files: 0, folders: 0 });
    });

    it('is one of bundles, too', () => {
      const bundle = join(folder, 'points.zip');
      const buildWith = (options?: object) => () => Bundle.buildSync([['points', path]], bundle, options);
      assert.deepEqual(countSyncs(buildWith()), { files: 1, folders: 1 });
      assert.deepEqual(countSyncs(buildWith({ sync: false })), { files: 0, folders: 0 });
    });

    it('changes nothing of what is built', async () => {
      const plain = join(folder, 'plain.map');
      await Points.build(endlessSlice(1000), path);
      const report = await Points.build(endlessSlice(1000), plain, { sync: false });
      assert.equal(report.records, 1000);
      assert.ok(readFileSync(plain).equals(readFileSync(path)));
      assert.deepEqual(readdirSync(folder).sort(), ['plain.map', 'points.map', 'temp']);
    });
  });

  describe('a place that cannot be built to', () => {
    it('is found before any input is consumed', async () => {
      const untouched = {
        [Symbol.iterator](): Iterator<Entry> {
          throw new Error('the input was consumed');
        },
      };
      const cases: [string, string, object?][] = [
        [folder, 'EISDIR'],
        [join(folder, 'missing', 'points.map'), 'ENOENT'],
        [join(path, 'points.map'), 'ENOTDIR'],
        [path, 'ENOENT', { tempDir: join(folder, 'missing') }],
        [path, 'ENOTDIR', { tempDir: path }],
      ];
      for (const [target, code, options] of cases) {
        const hasCode = (error: NodeJS.ErrnoException) =>
          error.code === code && typeof error.errno === 'number' && typeof error.path === 'string';
        await assert.rejects(Points.build(untouched, target, options), hasCode);
        assert.throws(() => Points.buildSync(untouched, target, options), hasCode);
      }
      assertUntouched();
    });

    it('is anything but a regular file', { skip: process.platform === 'win32' }, async () => {
      const socket = join(folder, 'socket');
      const server = createServer().listen(socket);
      await new Promise((resolve) => server.once('listening', resolve));
      await assert.rejects(Points.build([], socket), { message: /not a regular file/ });
      await new Promise((resolve) => server.close(resolve));
    });
  });

  describe('the file that is replaced', () => {
    it('keeps its permissions', { skip: process.platform === 'win32' }, async () => {
      chmodSync(path, 0o640);
      await Points.build([], path);
      assert.equal(statSync(path).mode & 0o777, 0o640);
    });

    it('is the one that a symbolic link points to', { skip: process.platform === 'win32' }, async () => {
      const link = join(temp, 'link');
      symlinkSync(path, link);
      await Points.build(endlessSlice(3), link);
      using points = Points.open(path);
      assert.equal(points.size, 3);
      assert.deepEqual(readdirSync(temp), ['link']);
    });

    it('stays what it was for those who have it open', async () => {
      using before = Points.open(path);
      await Points.build(endlessSlice(3), path);
      assert.equal(before.get('old')?.x, 1);
      using points = Points.open(path);
      assert.equal(points.get('old'), undefined);
      assert.equal(points.get('key 2')?.label, 'point 2');
    });
  });

  describe('temporary files', () => {
    const group = '.points.map.sharedbuffers-999999999-0123456789ab';

    function writeGroup(where: string, name = group): string[] {
      const names = ['lock', 'out', 'records', 'rows', 'index'].map((suffix) => `${name}.${suffix}`);
      for (const file of names) writeFileSync(join(where, file), 'left behind');
      return names;
    }

    it('of dead builders are removed, there and in tempDir', async () => {
      writeGroup(folder);
      writeGroup(temp);
      await Points.build([], path, { tempDir: temp });
      assert.deepEqual(readdirSync(folder).sort(), ['points.map', 'temp']);
      assert.deepEqual(readdirSync(temp), []);
    });

    it('of living builders stay, and those of other targets', async () => {
      const names = writeGroup(folder);
      const others = writeGroup(folder, group.replace('points.map', 'other'));
      const similar = writeGroup(folder, '.points.map.sharedbuffers-notes');
      const lock = native.lockFile(join(folder, `${group}.lock`));
      assert.ok(lock);
      await Points.build([], path);
      const kept = [...names, ...others, ...similar, 'points.map', 'temp'];
      assert.deepEqual(readdirSync(folder).sort(), kept.sort());
      native.unlockFile(lock);
      await Points.build([], path);
      assert.deepEqual(
        readdirSync(folder).sort(),
        kept.filter((name) => !names.includes(name)),
      );
    });

    it('of several builds at once do not meet', async () => {
      const sizes = [10, 20_000, 5, 30_000];
      await Promise.all(sizes.map((size) => Points.build(endlessSlice(size), path, { tempDir: temp })));
      using points = Points.open(path);
      assert.ok(sizes.includes(points.size));
      assert.deepEqual(readdirSync(folder).sort(), ['points.map', 'temp']);
      assert.deepEqual(readdirSync(temp), []);
    });

    it('work for the longest names', async () => {
      for (const name of ['x'.repeat(255), 'é'.repeat(127)]) {
        const long = join(folder, name);
        await Points.build(endlessSlice(3), long);
        using points = Points.open(long);
        assert.equal(points.size, 3);
      }
      assert.equal(readdirSync(folder).length, 4);
    });

    it('of a builder that was killed go with the next build', {
      skip: process.platform === 'win32',
    }, async () => {
      const child = fork(self, ['build-until-killed', path]);
      await appearsIn(temp, /\.records$/, child);
      await sleep(50);
      const during = readdirSync(folder);
      assert.equal(during.length, 4);
      await assert.rejects(Points.build(endless(10), path, { tempDir: temp }));
      assert.deepEqual(readdirSync(folder), during, 'a failed build leaves the files of living builders');
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      assert.ok(readFileSync(path).equals(old));
      assert.deepEqual(readdirSync(folder), during);
      await Points.build(endlessSlice(3), path, { tempDir: temp });
      assert.deepEqual(readdirSync(folder).sort(), ['points.map', 'temp']);
      assert.deepEqual(readdirSync(temp), []);
    });
  });
}

async function appearsIn(folder: string, name: RegExp, child: ChildProcess): Promise<void> {
  while (!readdirSync(folder).some((found) => name.test(found))) {
    assert.equal(child.exitCode, null);
    await sleep(10);
  }
}
