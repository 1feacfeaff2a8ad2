/** Running the command line as its users do: as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

export const cliPath = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export function startCli(args: readonly string[]): ChildProcess {
  // Naive datetimes are in local time, and the fixtures were made in UTC.
  return spawn(process.execPath, [cliPath, ...args], { env: { ...process.env, TZ: 'UTC' } });
}

export function endOf(child: ChildProcess): Promise<CliResult> {
  const pieces: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout?.on('data', (piece: Buffer) => pieces.stdout.push(piece));
  child.stderr?.on('data', (piece: Buffer) => pieces.stderr.push(piece));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(pieces.stdout).toString(),
        stderr: Buffer.concat(pieces.stderr).toString(),
      }),
    );
  });
}

export function runCli(args: readonly string[], input: string | Uint8Array = ''): Promise<CliResult> {
  const child = startCli(args);
  const result = endOf(child);
  // A process that does not read its input may be gone before all of it is written.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  return result;
}

/** A folder that is removed when the tests of the file have run. */
export function scratchFolder(): {
  path: (name: string) => string;
  write: (name: string, content: unknown) => string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  return {
    path,
    write(name, content) {
      const isText = typeof content === 'string' || content instanceof Uint8Array;
      writeFileSync(path(name), isText ? content : JSON.stringify(content));
      return path(name);
    },
  };
}
