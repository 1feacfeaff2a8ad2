/** The samples of docs/python.md, run in their order in one folder, in both languages. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import {
  compilePrograms,
  runProgram,
  type Step,
  startAnew,
  writePrograms,
} from '../support/page-programs.js';

function runPython(step: Step, folder: string): string {
  const executable = process.env.SHAREDBUFFERS_PYTHON;
  assert.ok(executable, 'SHAREDBUFFERS_PYTHON names the Python that has the library');
  const { status, stdout, stderr } = spawnSync(executable, ['-c', step.code], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC', PYTHONIOENCODING: 'utf8' },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

startAnew();
const { folder, steps } = writePrograms('docs/python.md');
const complaints = compilePrograms();

describe('docs/python.md', () => {
  test('has TypeScript that compiles', () => assert.equal(complaints, ''));

  for (const step of steps) {
    test(`${step.language}: ${step.title}`, () => {
      assert.ok(['python', 'ts'].includes(step.language), step.language);
      const printed = step.language === 'python' ? runPython(step, folder) : runProgram(step, folder);
      if (step.printed !== undefined) assert.equal(printed, step.printed);
    });
  }
});
