/** Many inputs, in child processes: whatever happens to one of them is a finding, and the others go on. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message, Task } from './child.js';
import { type SavedInput, save, savedInput } from './saved.js';

export interface CampaignOptions {
  readonly seed: number;
  readonly inputs: number;
  /** The number of the first one. */
  readonly first?: number;
  readonly children: number;
  /** Processor time that one input may take, and how much the process may grow for it. */
  readonly maxSeconds: number;
  readonly maxMegabytes: number;
  /** Where inputs that are findings go. */
  readonly folder: string;
  readonly onProgress?: (summary: Summary) => void;
}

export interface Finding {
  readonly number: number;
  readonly what: string;
  /** The input, made as small as it goes. */
  readonly path: string;
}

export interface Summary {
  inputs: number;
  calls: number;
  readonly byKind: Record<string, number>;
  readonly findings: Finding[];
  /** Seconds that the slowest input took, by the clock. */
  slowest: number;
}

/** Inputs of one child process. */
const batch = 10_000;
/** A child that has been at one input for so long does not answer any more; by the clock, of a machine that has much to do. */
const hangSeconds = 30;
const childPath = fileURLToPath(new URL('child.js', import.meta.url));
const childFlags = ['--max-old-space-size=1024', '--conditions=sharedbuffers-source'];

export async function runCampaign(options: CampaignOptions): Promise<Summary> {
  const summary: Summary = { inputs: 0, calls: 0, byKind: {}, findings: [], slowest: 0 };
  const first = options.first ?? 0;
  const end = first + options.inputs;
  let next = first;
  async function work(): Promise<void> {
    while (next < end) {
      const from = next;
      next = Math.min(next + batch, end);
      await runBatch(options, from, next, summary);
      options.onProgress?.(summary);
    }
  }
  await Promise.all(Array.from({ length: options.children }, work));
  return summary;
}

/** Goes on behind an input that ended the process. */
async function runBatch(options: CampaignOptions, from: number, to: number, summary: Summary): Promise<void> {
  for (let start = from; start < to; ) {
    const { stoppedAt, how } = await runChild(options, start, to, summary);
    if (stoppedAt === undefined) {
      summary.inputs += to - start;
      return;
    }
    report(options, stoppedAt, how, summary);
    summary.inputs += stoppedAt + 1 - start;
    start = stoppedAt + 1;
  }
}

interface Outcome {
  /** The input that the process did not survive. */
  readonly stoppedAt: number | undefined;
  readonly how: string;
}

async function runChild(
  options: CampaignOptions,
  from: number,
  to: number,
  summary: Summary,
): Promise<Outcome> {
  const { seed, maxSeconds, maxMegabytes } = options;
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-fuzz-'));
  const status = join(folder, 'status');
  writeFileSync(status, new Uint8Array(new Float64Array([from]).buffer));
  const task: Task = { seed, from, to, status, maxSeconds, maxMegabytes };
  const child = spawn(process.execPath, [...childFlags, childPath, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  let hangs = false;
  const watchdog = watch(status, () => {
    hangs = true;
    child.kill('SIGKILL');
  });
  const how = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  clearInterval(watchdog);
  const at = numberIn(status);
  rmSync(folder, { recursive: true });
  const isDone = readMessages(output, options, summary);
  if (isDone) return { stoppedAt: undefined, how };
  return { stoppedAt: at, how: hangs ? `no answer for ${hangSeconds} s` : `crash: ${how}\n${errors}` };
}

function readMessages(output: string, options: CampaignOptions, summary: Summary): boolean {
  let isDone = false;
  for (const line of output.split('\n')) {
    if (line === '') continue;
    const message = JSON.parse(line) as Message;
    if (message.kind === 'finding') {
      report(options, message.number, message.what, summary);
      continue;
    }
    isDone = true;
    summary.calls += message.calls;
    summary.slowest = Math.max(summary.slowest, message.slowest);
    for (const [kind, count] of Object.entries(message.byKind)) {
      summary.byKind[kind] = (summary.byKind[kind] ?? 0) + count;
    }
  }
  return isDone;
}

/** Calls back when the number of the input has been the same for too long. */
function watch(status: string, onHang: () => void): NodeJS.Timeout {
  let last = -1;
  let since = performance.now();
  return setInterval(() => {
    const number = numberIn(status);
    if (number !== last) {
      last = number;
      since = performance.now();
    } else if (performance.now() - since > hangSeconds * 1000) {
      onHang();
    }
  }, 500);
}

function numberIn(status: string): number {
  const file = openSync(status, 'r');
  try {
    const number = new Float64Array(1);
    readSync(file, number, 0, 8, 0);
    return number[0] as number;
  } finally {
    closeSync(file);
  }
}

/** Findings of one campaign that are made small; of more than that, something is wrong everywhere. */
const mostMinimised = 25;

function report(options: CampaignOptions, number: number, what: string, summary: Summary): void {
  let input = savedInput(options.seed, number, options, what);
  if (summary.findings.length < mostMinimised) input = minimise(input, options.folder);
  summary.findings.push({ number, what, path: save(options.folder, input) });
}

/** Leaves changes out as long as something is wrong still. */
export function minimise(input: SavedInput, folder: string): SavedInput {
  let smallest = input;
  for (let index = smallest.edits.length - 1; index >= 0 && smallest.edits.length > 1; index--) {
    const edits = smallest.edits.filter((_, other) => other !== index);
    const smaller = { ...smallest, edits };
    if (!replays(save(folder, smaller))) smallest = smaller;
  }
  return smallest;
}

/** Whether nothing is wrong with a saved input (any more). */
export function replays(path: string): boolean {
  const { status } = spawnSync(process.execPath, [...childFlags, childPath, 'replay', path], {
    stdio: 'ignore',
    timeout: hangSeconds * 1000,
  });
  return status === 0;
}
