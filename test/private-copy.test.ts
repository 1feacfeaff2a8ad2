/** A runtime that forbids buffers over memory it does not own, as Electron does, made by a stand-in for the addon. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Bundle, mappingOf, open, Schema, StringIdMapper, t } from 'sharedbuffers';
import { runCli } from './support/cli.js';
import { cases, type Report, useAll } from './support/private-copy.js';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-private-'));
after(() => rmSync(folder, { recursive: true }));

const program = fileURLToPath(new URL('support/private-copy.js', import.meta.url));
const addon =
  process.env.SHAREDBUFFERS_NATIVE_BINARY ??
  resolve('prebuilds', `${process.platform}-${process.arch}`, 'sharedbuffers.node');
const standIn = join(folder, 'stand-in.cjs');
writeFileSync(
  standIn,
  `const native = require(${JSON.stringify(addon)});
  let makeError;
  module.exports = {
    ...native,
    setErrorFactory(factory) { makeError = factory; native.setErrorFactory(factory); },
    regionWindow() { throw makeError('ERR_SHAREDBUFFERS_NO_EXTERNAL_BUFFERS', 'refused by this test'); },
  };`,
);
const forbidding = { ...process.env, SHAREDBUFFERS_NATIVE_BINARY: standIn };

/** The reports of a process in which such buffers are forbidden. */
async function whereForbidden(): Promise<Record<string, Report>> {
  const child = fork(program, [folder], { env: forbidding });
  const [reports] = await once(child, 'message');
  return reports as Record<string, Report>;
}

/** How the data are there, and all that must not depend on it. */
function split({ storage, statsStorage, mapped, private: own, ...rest }: Report) {
  return { how: { storage, statsStorage, mapped, private: own }, rest };
}

const isPrivate = { storage: 'private', statsStorage: 'private', mapped: false, private: true };

describe('a private copy of a file', () => {
  const mapped = useAll(folder, {});

  it('is what the option asks for: it says so, and everything else is as in a mapping', () => {
    const copied = useAll(folder, { copy: true });
    for (const [kind, report] of Object.entries(copied)) {
      const { how, rest } = split(report);
      assert.deepEqual(how, isPrivate, kind);
      assert.deepEqual(rest, split(mapped[kind] as Report).rest, kind);
    }
  });

  it('is what there is where the runtime forbids external buffers, without being asked for', async () => {
    const reports = await whereForbidden();
    assert.deepEqual(Object.keys(reports), [...Object.keys(cases), 'mapped file']);
    for (const [kind, report] of Object.entries(reports)) {
      const { how, rest } = split(report);
      assert.deepEqual(how, isPrivate, kind);
      assert.deepEqual(rest, split(mapped[kind] as Report).rest, kind);
    }
  });

  it('is compared with mappings that work', () => {
    for (const [kind, report] of Object.entries(mapped)) {
      assert.equal(report.storage, 'mapped', kind);
      assert.equal(report.statsStorage, 'mapped', kind);
      assert.ok(report.mapped && !report.private, kind);
      if (kind === 'mapped file') continue;
      assert.deepEqual(report.findings, [], kind);
      assert.doesNotMatch(String(report.read), /^ERR_/, kind);
      assert.deepEqual(report.descriptor, report.read, kind);
      assert.deepEqual(report.readAgain, report.read, kind);
      assert.equal(report.closed, 'ERR_SHAREDBUFFERS_CLOSED', kind);
    }
  });

  it('of a file that is not there is an error of the system, as ever', () => {
    assert.throws(() => open(join(folder, 'none'), { copy: true }), { code: 'ENOENT', syscall: 'open' });
  });

  it('of bytes that are in memory is none: they are read where they are', () => {
    const Names = mappingOf(StringIdMapper, new Schema('Point', { x: t.int32 }));
    using names = Names.from(Names.buildSync([['a', { x: 1 }]]));
    assert.equal(names.storage, 'bytes');
  });
});

describe('sharedbuffers info', () => {
  const Point = new Schema('Point', { x: t.int32 });
  const path = join(folder, 'points.map');
  const Points = mappingOf(StringIdMapper, Point);
  Points.buildSync([['a', { x: 1 }]], path);
  const bundle = join(folder, 'points.zip');
  Bundle.buildSync([['points', Points.from(Points.buildSync([['a', { x: 1 }]]))]], bundle);
  const storageOf = async (file: string) =>
    (JSON.parse((await runCli(['info', file, '--json'])).stdout) as { storage?: string }).storage;

  it('says where a file is read from a private copy, and nothing where it is mapped', async () => {
    for (const file of [path, bundle]) {
      assert.equal(await storageOf(file), undefined);
      assert.doesNotMatch((await runCli(['info', file])).stdout, /^storage/m);
    }
    const before = process.env.SHAREDBUFFERS_NATIVE_BINARY;
    process.env.SHAREDBUFFERS_NATIVE_BINARY = standIn;
    try {
      for (const file of [path, bundle]) {
        assert.equal(await storageOf(file), 'private');
        assert.match((await runCli(['info', file])).stdout, /^storage +a private copy/m);
      }
      assert.match((await runCli(['get', path, 'a'])).stdout, /\["a",\{"x":1\}\]/);
    } finally {
      if (before === undefined) delete process.env.SHAREDBUFFERS_NATIVE_BINARY;
      else process.env.SHAREDBUFFERS_NATIVE_BINARY = before;
    }
  });
});
