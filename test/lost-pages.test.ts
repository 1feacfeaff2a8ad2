/** What becomes of a process whose mapped file somebody cuts short. Each case in a process of its own, which may die. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { arrayOf, mappingOf, multiMappingOf, NumericIdMapper, StringIdMapper } from 'sharedbuffers';
import { count, Point, type Report, type roles } from './support/lost-pages.js';

const program = fileURLToPath(new URL('support/lost-pages.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-lost-'));
after(() => rmSync(folder, { recursive: true }));

const points = Array.from({ length: count }, (_, x) => ({ x, label: `point ${x} `.repeat(4) }));
const builds = {
  mapping: (path: string) =>
    mappingOf(StringIdMapper, Point).buildSync(
      points.map((point, x) => [`key ${x}`, point] as const),
      path,
    ),
  numbers: (path: string) =>
    mappingOf(NumericIdMapper, Point).buildSync(
      points.map((point, x) => [x, point] as const),
      path,
    ),
  multi: (path: string) =>
    multiMappingOf(StringIdMapper, Point).buildSync(
      points.map((point, x) => [`key ${x >> 1}`, point] as const),
      path,
    ),
  array: (path: string) => arrayOf(Point).buildSync(points, path),
};
type Kind = keyof typeof builds;

let files = 0;
function build(kind: Kind): { path: string; bytes: Buffer } {
  const path = join(folder, `${files++}.map`);
  builds[kind](path);
  return { path, bytes: readFileSync(path) };
}

/** Runs a role of the program to its end. */
function run(role: keyof typeof roles, ...args: string[]) {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [program, role, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  return { stdout, stderr, status, signal };
}

function reportOf(role: keyof typeof roles, ...args: string[]): Report {
  const { stdout, stderr, status, signal } = run(role, ...args);
  assert.deepEqual({ stderr, status, signal }, { stderr: '', status: 0, signal: null });
  return JSON.parse(stdout);
}

/** Starts a role and cuts its file once it says that it is reading. */
async function cutWhileReading(role: keyof typeof roles, path: string, size: number): Promise<Report> {
  const child: ChildProcess = fork(program, [role, path], { timeout: 60_000, killSignal: 'SIGKILL' });
  const messages: unknown[] = [];
  child.on('message', (message) => {
    messages.push(message);
    if (messages.length === 1) truncateSync(path, size);
  });
  const [code, signal] = await once(child, 'exit');
  assert.deepEqual({ code, signal }, { code: 0, signal: null });
  return messages[1] as Report;
}

const skip = process.platform === 'win32' && 'Windows lets nobody cut a mapped file';

describe('a mapped file that is cut short', { skip }, () => {
  for (const kind of ['mapping', 'numbers', 'multi', 'array'] as const) {
    for (const share of [0, 0.95]) {
      it(`to ${share * 100} %: a ${kind} says so, and the process goes on`, () => {
        const { path, bytes } = build(kind);
        const report = reportOf('readAll', path, String(Math.floor(bytes.length * share)));
        assert.ok(report.lost);
        // Whatever is not read by native code may be anything, but no crash, and no other error of this library's.
        for (const [what, outcome] of Object.entries(report.outcomes)) {
          assert.match(outcome, /^(value|ERR_SHAREDBUFFERS_FILE_CHANGED)$/, what);
        }
        if (kind !== 'array') assert.equal(report.outcomes.lookup, 'ERR_SHAREDBUFFERS_FILE_CHANGED');
        assert.equal(report.outcomes.text, 'ERR_SHAREDBUFFERS_FILE_CHANGED');
      });
    }
  }

  it('reads as it was before the cut, and as zeros behind it', () => {
    const { path } = build('array');
    const report = reportOf('compare', path);
    assert.deepEqual(report, { lost: true, outcomes: { before: 'same', behind: 'zeros' } });
  });

  it('within its last page: nobody notices', () => {
    const { path } = build('array');
    assert.deepEqual(reportOf('cutLastPage', path), { lost: false, outcomes: { last: 'zero' } });
  });

  for (const role of [
    'lookUp',
    'iterate',
    'advance',
    'readRecords',
    'readTexts',
    'lookUpInWorkers',
  ] as const) {
    for (const share of [0, 0.5]) {
      it(`to ${share * 100} % in the middle of ${role}`, async () => {
        const { path, bytes } = build('mapping');
        const report = await cutWhileReading(role, path, Math.floor(bytes.length * share));
        assert.ok(report.lost);
        assert.deepEqual(
          new Set(Object.values(report.outcomes)),
          new Set(['ERR_SHAREDBUFFERS_FILE_CHANGED']),
        );
      });
    }
  }

  it('is lost for every container on it, and for none on another file', () => {
    const [first, second] = [build('mapping'), build('mapping')];
    assert.deepEqual(reportOf('several', first.path, second.path).outcomes, {
      'the same part': 'ERR_SHAREDBUFFERS_FILE_CHANGED',
      'the same part again': 'ERR_SHAREDBUFFERS_FILE_CHANGED',
      'another part': 'ERR_SHAREDBUFFERS_FILE_CHANGED',
      'another file': 'value',
    });
  });

  it('stays lost when it grows again, until it is opened anew', () => {
    const { path } = build('mapping');
    assert.deepEqual(reportOf('growAgain', path).outcomes, {
      opened: 'ERR_SHAREDBUFFERS_FILE_CHANGED',
      'opened anew': 'value',
    });
  });

  it('is survived two hundred times over', () => {
    const { path } = build('mapping');
    assert.deepEqual(reportOf('manyTimes', path), { lost: true, outcomes: { regions: '0' } });
  });
});

describe('pages that cannot be read for another reason', { skip: process.platform !== 'linux' }, () => {
  it('read as zeros too', (context) => {
    const small = join(folder, 'small');
    mkdirSync(small);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]).status !== 0) {
      return context.skip('no file system can be mounted here');
    }
    try {
      // Such a file system has no room for a hole that is read when it is full.
      const path = join(small, 'holes');
      writeFileSync(path, 'x');
      truncateSync(path, 2 ** 26);
      writeFileSync(join(small, 'full'), Buffer.alloc(2 ** 20 - 8192));
      assert.deepEqual(reportOf('readHoles', path), { lost: true, outcomes: { first: '120', hole: '0' } });
    } finally {
      assert.equal(spawnSync('umount', ['--lazy', small]).status, 0);
    }
  });
});

describe('a signal that is not about a mapping of ours', { skip }, () => {
  const { path } = build('mapping');

  it('ends the process as ever where it was sent', () => {
    assert.equal(run('sendSignal', path).signal, 'SIGBUS');
  });

  it('ends the process as ever where other memory was cut', () => {
    assert.equal(run('cutLibrary', path, join(folder, 'library.node')).signal, 'SIGBUS');
  });

  it('comes to who listens to it, before or after us, while ours are still caught', () => {
    for (const order of ['listen first', 'listen in between']) {
      const report = reportOf('listen', build('mapping').path, order);
      assert.deepEqual(report.outcomes, { heard: '1', lookup: 'ERR_SHAREDBUFFERS_FILE_CHANGED' }, order);
    }
  });

  it('ends the process once nobody listens any more', () => {
    assert.equal(run('listenNoMore', build('mapping').path).signal, 'SIGBUS');
  });

  it('and ours: two copies of this library catch each its own', () => {
    const files = () => [build('mapping').path, build('mapping').path, join(folder, 'copy.node')];
    assert.deepEqual(reportOf('twoCopies', ...files()).outcomes, {
      first: 'ERR_SHAREDBUFFERS_FILE_CHANGED',
      second: 'lost',
    });
    assert.equal(run('twoCopies', ...files(), 'signal').signal, 'SIGBUS');
  });
});
