/** Completion of the command line, as shells do it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, describe, test } from 'node:test';
import { runCli, scratchFolder } from './support/cli.js';

const scratch = scratchFolder();
const scripts: Record<string, string> = {};

before(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await runCli(['completion', shell]);
    assert.deepEqual([code, stderr], [0, '']);
    scripts[shell] = stdout;
  }
});

describe('scripts', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    test(`of ${shell} name every command, and flags with their values`, () => {
      const script = scripts[shell] as string;
      for (const command of [
        'build',
        'info',
        'get',
        'dump',
        'verify',
        'types',
        'serve',
        'inspect',
        'completion',
      ]) {
        assert.match(script, new RegExp(`\\b${command}\\b`));
      }
      for (const flag of ['write-schema', 'tagged', 'id-mapper'])
        assert.match(script, new RegExp(`\\b${flag}\\b`));
      assert.match(script, /jsonl csv tagged parquet/);
      assert.match(script, /ApproxStringId32MultiMapper/);
    });

    test(`of ${shell} are read by it, where it is there`, () => {
      const path = scratch.write(`completion.${shell}`, scripts[shell]);
      const { status, stderr, error } = spawnSync(shell, ['-n', path], { encoding: 'utf8' });
      // Without the shell, the script is as the test before says.
      if (error !== undefined) assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
      else assert.deepEqual([status, stderr], [0, '']);
    });
  }

  test('for another shell there is none', async () => {
    const { code, stderr } = await runCli(['completion', 'tcsh']);
    assert.equal(code, 2);
    assert.match(stderr, /bash, zsh, fish/);
  });
});

describe('bash completes', { skip: process.platform === 'win32' }, () => {
  const complete = (...words: string[]) => {
    const program = `${scripts.bash}
COMP_WORDS=(${['sharedbuffers', ...words].map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_sharedbuffers
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', program], {
      encoding: 'utf8',
      cwd: scratch.path('.'),
    });
    assert.equal(stderr, '');
    return stdout.trimEnd().split('\n');
  };

  test('commands', () => {
    assert.deepEqual(complete('ver'), ['verify']);
    assert.deepEqual(complete('se'), ['serve']);
  });

  test('flags and their values', () => {
    assert.deepEqual(complete('dump', 'x.map', '--form'), ['--format']);
    assert.deepEqual(complete('dump', '--format', ''), ['jsonl', 'csv', 'tagged']);
    assert.deepEqual(complete('build', 'x', '--id-mapper', 'Object'), ['ObjectIdMapper']);
    assert.deepEqual(complete('completion', 'z'), ['zsh']);
  });

  test('files', () => {
    scratch.write('cities.map', '');
    assert.deepEqual(complete('info', 'cit'), ['cities.map']);
    assert.deepEqual(complete('info', '--schema', 'cit'), ['cities.map']);
  });
});
