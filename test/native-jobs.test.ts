/** Other threads read mapped files when these are cut or closed, and when the thread ends for which they do. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Outcomes, roles } from './support/native-jobs.js';

const program = fileURLToPath(new URL('support/native-jobs.js', import.meta.url));

/** Runs a role in a process of its own, which may die; the process must end by itself. */
async function outcomesOf(role: keyof typeof roles): Promise<Outcomes> {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-jobs-'));
  try {
    const child = fork(program, [role, folder], { timeout: 120_000, killSignal: 'SIGKILL' });
    let outcomes: Outcomes | undefined;
    child.on('message', (message) => {
      outcomes = message as Outcomes;
    });
    const [code, signal] = await once(child, 'exit');
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
    return outcomes as Outcomes;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const lost = 'ERR_SHAREDBUFFERS_FILE_CHANGED';

describe('native work on other threads', () => {
  describe('while its file is cut', {
    skip: process.platform === 'win32' && 'nobody can cut it there',
  }, () => {
    it('says so where it comes to what is gone', async () => {
      assert.deepEqual(await outcomesOf('fillAfterCut'), { [lost]: 12 });
    });

    it('says so where it came to what is gone, and is done where it did not', async () => {
      assert.deepEqual(await outcomesOf('fillWhileCut'), { 'as expected': 40 });
    });

    it('ends a build in order', async () => {
      assert.deepEqual(await outcomesOf('buildWhileCut'), { ended: 12, '0 files left': 1 });
    });
  });

  it('keeps what it reads while its region is closed', async () => {
    assert.deepEqual(await outcomesOf('fillWhileClosed'), { 1: 20, '0 regions': 1 });
  });

  it('is waited for when its thread is terminated', async () => {
    assert.deepEqual(await outcomesOf('terminateFilling'), { 1: 12, '0 regions': 1 });
  });

  it("and so is work of Node's own on a view", async () => {
    assert.deepEqual(await outcomesOf('terminateCompressing'), { 1: 12, '0 regions': 1 });
  });
});
