/** Files: how they are built, replaced, broken and closed, and who else reads them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Checks, codeOf, type Library, type Setting } from './checks.js';
import { type Answer, pointsOf, read } from './reader.js';

const reader = fileURLToPath(new URL('reader.js', import.meta.url));

function* entries(count: number, generation = 0) {
  for (let x = 0; x < count; x++)
    yield [`key ${x}`, { x: generation * 1_000_000 + x, label: `point ñ ${x}` }] as const;
}

function build({ library, folder }: Setting, name: string, count = 1000, generation = 0): string {
  const path = join(folder, name);
  pointsOf(library).buildSync(entries(count, generation), path);
  return path;
}

/** Slices, steps of progress, and sorting by runs on disk. */
async function checkBuild({ library, folder }: Setting): Promise<void> {
  const path = join(folder, 'large.map');
  const count = 30_000;
  async function* later() {
    for (const [number, entry] of [...entries(count)].entries()) {
      if (number % 1000 === 0) await null;
      yield entry;
    }
  }
  let steps = 0;
  const onProgress = () => {
    steps++;
  };
  const report = await pointsOf(library).build(later(), path, {
    memoryLimit: 2 ** 20,
    tempDir: folder,
    onProgress,
  });
  assert.equal(report.records, count);
  assert.ok(steps > 0);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('large') && name !== 'large.map'),
    [],
  );
  using points = pointsOf(library).open(path);
  for (let x = 0; x < count; x += 7) assert.equal(points.get(`key ${x}`)?.x, x);
  const verified = await library.verify(points);
  assert.deepEqual(verified.findings, []);
}

/** Each of the indexes that a build can write answers what the plain search does. */
function checkIndexes({ library, folder }: Setting): void {
  for (const index of ['radix', 'direct', 'none'] as const) {
    const path = join(folder, `${index}.map`);
    pointsOf(library).buildSync(entries(2000), path, { index });
    using points = pointsOf(library).open(path);
    for (let x = 0; x < 2000; x++) assert.equal(points.get(`key ${x}`)?.x, x);
    for (let x = 2000; x < 4000; x++) assert.equal(points.has(`key ${x}`), false);
  }
}

function checkReplacement(setting: Setting): void {
  const path = build(setting, 'replaced.map');
  using points = pointsOf(setting.library).open(path);
  const before = points.get('key 7');
  if (process.platform === 'win32') {
    // A mapped file keeps its name there; the build fails, and nothing is lost.
    const mapped = /(EPERM|EACCES|EBUSY): .*: Windows does not replace a file that somebody has mapped/;
    assert.throws(() => build(setting, 'replaced.map', 1000, 1), mapped);
    assert.equal(points.get('key 8')?.x, 8);
    assert.equal(readdirSync(setting.folder).filter((name) => name.includes('replaced')).length, 1);
    return;
  }
  build(setting, 'replaced.map', 1000, 1);
  assert.equal(before?.x, 7);
  assert.equal(points.get('key 8')?.x, 8);
  assert.equal(points.refresh(), true);
  assert.equal(points.get('key 7')?.x, 1_000_007);
  assert.equal(before?.label, 'point ñ 7');
}

function checkClose(setting: Setting): void {
  const points = pointsOf(setting.library).open(build(setting, 'closed.map'));
  const point = points.get('key 7');
  points.close();
  points.close();
  assert.equal(
    codeOf(() => points.get('key 7')),
    'ERR_SHAREDBUFFERS_CLOSED',
  );
  assert.equal(
    codeOf(() => point?.label),
    'ERR_SHAREDBUFFERS_CLOSED',
  );
}

/** Whatever is damaged, it ends in a value or in one of this library's errors. */
function checkDamage(setting: Setting): void {
  const { library } = setting;
  const bytes = readFileSync(build(setting, 'whole.map', 50));
  for (let size = 0; size < bytes.length; size += 97)
    assert.throws(() => readAll(library, bytes.subarray(0, size)), library.SharedBuffersError);
  for (let position = 0; position < bytes.length; position += 13) {
    const changed = Uint8Array.from(bytes);
    changed[position] = (changed[position] as number) ^ 0xa5;
    try {
      readAll(library, changed);
    } catch (error) {
      assert.ok(error instanceof library.SharedBuffersError, String(error));
    }
  }
  const path = join(setting.folder, 'broken.map');
  writeFileSync(path, bytes.subarray(0, bytes.length - 9));
  assert.throws(() => pointsOf(library).open(path).get('key 1'), library.SharedBuffersError);
}

function readAll(library: Library, bytes: Uint8Array): void {
  using points = pointsOf(library).from(bytes);
  for (const [, point] of points) library.toObject(point);
  for (let x = 0; x < 60; x++) points.get(`key ${x}`);
}

/** A file that somebody cuts under its readers is an error, not the end of the process. */
function checkLostPages(setting: Setting): void {
  const path = build(setting, 'cut.map', 20_000);
  using points = pointsOf(setting.library).open(path);
  try {
    truncateSync(path, 0);
  } catch {
    // Windows lets nobody cut a mapped file.
    assert.equal(points.get('key 7')?.x, 7);
    return;
  }
  assert.equal(
    codeOf(() => points.get('key 7')),
    'ERR_SHAREDBUFFERS_FILE_CHANGED',
  );
}

function checkErrors(setting: Setting): void {
  const { library, folder } = setting;
  const Points = pointsOf(library);
  assert.equal(
    codeOf(() => Points.open(join(folder, 'absent.map'))),
    'ENOENT',
  );
  assert.match(codeOf(() => Points.open(folder)) as string, /^E/);
  assert.equal(
    codeOf(() => Points.buildSync([['a', { x: 2 ** 40, label: '' }]])),
    'ERR_SHAREDBUFFERS_OUT_OF_RANGE',
  );
  writeFileSync(join(folder, 'notes.txt'), 'not a container');
  assert.match(codeOf(() => library.open(join(folder, 'notes.txt'))) as string, /^ERR_SHAREDBUFFERS_/);
}

function checkMapFile(setting: Setting): void {
  const path = build(setting, 'bytes.map');
  using mapped = setting.library.mapFile(path);
  assert.ok(Buffer.from(mapped).equals(readFileSync(path)));
}

/** Two threads at once, each with the descriptor. */
async function checkThreads(setting: Setting): Promise<void> {
  const path = build(setting, 'threads.map');
  using points = pointsOf(setting.library).open(path);
  const expected = read(setting.library, points.descriptor);
  const answers = [1, 2].map(
    () =>
      new Promise<Answer>((resolve, reject) => {
        const worker = new Worker(reader, { workerData: { descriptor: points.descriptor } });
        let answer: Answer;
        worker.on('message', (message) => {
          answer = message;
        });
        worker.on('error', reject);
        worker.on('exit', () => resolve(answer));
      }),
  );
  for (const answer of await Promise.all(answers)) assert.deepEqual(answer, expected);
  assert.equal(points.get('key 999')?.x, 999);
}

/** Runs a program of the same runtime. Its output goes to a file: not every emulator has pipes. */
function runProgram({ launcher, folder }: Setting, ...args: string[]): string {
  const output = join(folder, 'output.txt');
  const file = openSync(output, 'w');
  const [command, ...first] = launcher as [string, ...string[]];
  const { status, error } = spawnSync(command, [...first, ...args], { stdio: ['ignore', file, file] });
  closeSync(file);
  const text = readFileSync(output, 'utf8');
  assert.equal(status, 0, `${error ?? ''}\n${text}`);
  return text;
}

function checkProcess(setting: Setting): void {
  using points = pointsOf(setting.library).open(build(setting, 'process.map'));
  const answer = runProgram(setting, reader, JSON.stringify(points.descriptor));
  assert.deepEqual(JSON.parse(answer), read(setting.library, points.descriptor));
}

function checkCommandLine(setting: Setting): void {
  const path = build(setting, 'cli.map');
  const cli = join('node_modules', 'sharedbuffers', 'dist', 'cli', 'main.js');
  assert.match(runProgram(setting, cli, 'info', path), /StringIdMapper/);
  assert.match(runProgram(setting, cli, 'get', path, 'key 7'), /"label":"point ñ 7"/);
  assert.match(runProgram(setting, cli, 'verify', path), /./);
}

export const fileChecks: Checks = {
  'a build that sorts on disk': checkBuild,
  'every index': checkIndexes,
  'a file that is replaced under its readers': checkReplacement,
  closing: checkClose,
  'damaged files': checkDamage,
  'a mapped file that is cut short': checkLostPages,
  'errors of files and of values': checkErrors,
  'any file as bytes': checkMapFile,
  'a descriptor in two threads': checkThreads,
  'a descriptor in another process': checkProcess,
  'the command line': checkCommandLine,
};
