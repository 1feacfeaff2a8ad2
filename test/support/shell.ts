/** Running the commands of documentation in a shell, where `sharedbuffers` is the program that was built. */
import { spawnSync } from 'node:child_process';
import { cliPath } from './cli.js';

export interface ShellResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runInShell(command: string, cwd: string): ShellResult {
  const program = `sharedbuffers() { "${process.execPath}" "${cliPath}" "$@"; }\n${command}\n`;
  const { status, stdout, stderr, error } = spawnSync('bash', ['-c', program], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}
