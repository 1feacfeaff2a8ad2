/** The Python library, in a process of its own, where there is a Python that has it. Not a contender like the others. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The Python that has the library: the one named, or the one that `node scripts/python-env.mjs --optimized` makes. */
export function findPython(): string | undefined {
  const named = process.env.SHAREDBUFFERS_PYTHON;
  if (named) return named;
  const path = fileURLToPath(new URL('../../../.tools/python-env-optimized/bin/python', import.meta.url));
  return existsSync(path) ? path : undefined;
}

export interface PythonTimes {
  /** Nanoseconds for each operation, by rounds. */
  readonly times: number[];
  /** One more, for the round that warms up comes first. */
  readonly sums: number[];
}

export interface PythonBuild {
  readonly seconds: number[];
  readonly bytes: number;
  readonly peakBytes: number;
}

const script = fileURLToPath(new URL('../../../bench/contenders/python.py', import.meta.url));

/** Runs a job as bench/contenders/python.py describes them. */
export function runPython<Result>(python: string, job: object): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as Result);
      else reject(new Error(`the Python library ended with ${code}`));
    });
    child.stdin.end(JSON.stringify(job));
  });
}
