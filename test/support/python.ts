/** Running the Python library: a script of test/python that takes jobs a line and answers a line for each. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @param script its name in test/python */
export function runPython<Answer>(script: string, jobs: readonly unknown[]): Answer[] {
  const executable = process.env.SHAREDBUFFERS_PYTHON;
  assert.ok(executable, 'SHAREDBUFFERS_PYTHON names the Python that has the library');
  const path = fileURLToPath(new URL(`../../../test/python/${script}`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(executable, [path], {
    input: jobs.map((job) => `${JSON.stringify(job)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    // Python takes naive dates for local time
    env: { ...process.env, TZ: 'UTC', PYTHONIOENCODING: 'utf8' },
  });
  assert.equal(status, 0, stderr);
  const answers = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer);
  assert.equal(answers.length, jobs.length);
  return answers;
}

export const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
export const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
