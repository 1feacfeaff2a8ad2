/**
 * Uses inputs, one after the other, in a process that may crash. Says in a file which one it is about to use, and
 * what came of it on its output.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Violation } from './attempt.js';
import { makeInput, specimenNamed, use } from './inputs.js';
import { apply } from './mutate.js';
import type { SavedInput } from './saved.js';

/** What a child is told, as JSON in its first argument. */
export interface Task {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Where the number of the input at work is written. */
  readonly status: string;
  /** Processor time that one input may take. */
  readonly maxSeconds: number;
  readonly maxMegabytes: number;
}

/** What a child says, a line of JSON each. */
export type Message =
  | { readonly kind: 'finding'; readonly number: number; readonly what: string }
  | {
      readonly kind: 'done';
      readonly calls: number;
      readonly byKind: Record<string, number>;
      readonly slowest: number;
    };

function run(task: Task): void {
  // Errors by the thousand are what this is about; a few places are enough.
  Error.stackTraceLimit = 4;
  const status = openSync(task.status, 'r+');
  const byKind: Record<string, number> = {};
  const mark = new Float64Array(1);
  let calls = 0;
  let slowest = 0;
  for (let number = task.from; number < task.to; number++) {
    mark[0] = number;
    writeSync(status, mark, 0, 8, 0);
    const input = makeInput(task.seed, number);
    const { kind } = input.specimen;
    byKind[kind] = (byKind[kind] ?? 0) + 1;
    const watch = new Watch();
    try {
      calls += use(input, input.mutated.bytes);
    } catch (error) {
      say({ kind: 'finding', number, what: violationOf(error) });
    }
    const what = watch.excess(task.maxSeconds, task.maxMegabytes);
    if (what !== undefined) say({ kind: 'finding', number, what });
    slowest = Math.max(slowest, watch.seconds);
  }
  closeSync(status);
  say({ kind: 'done', calls, byKind, slowest });
}

/** Uses one saved input; ends with 0 where nothing is wrong with that, with 1 otherwise, or however it crashes. */
function replay(saved: SavedInput): void {
  const specimen = specimenNamed(saved.specimen);
  const edits = saved.edits.map(({ at, remove, insert }) => ({
    at,
    remove,
    insert: Buffer.from(insert, 'base64'),
  }));
  const bytes = apply(specimen.bytes, edits, saved.sealed);
  const circumstances = { maxValues: saved.maxValues ?? undefined, mapped: saved.mapped };
  Watch.inputsBetweenLooks = 1;
  const watch = new Watch();
  try {
    const mutated = { bytes, edits, sealed: saved.sealed };
    use({ specimen, circumstances, mutated, seed: saved.useSeed }, bytes);
  } catch (error) {
    console.log(violationOf(error));
    process.exit(1);
  }
  const what = watch.excess(saved.maxSeconds, saved.maxMegabytes);
  if (what === undefined) return;
  console.log(what);
  process.exit(1);
}

function violationOf(error: unknown): string {
  if (error instanceof Violation) return error.message;
  return `outside of any call: ${error instanceof Error ? error.stack : String(error)}`;
}

function say(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

/** Time and memory of one input. */
class Watch {
  /** Memory is looked at now and then: that takes longer than many an input. */
  static #peak = process.resourceUsage().maxRSS;
  static #count = 0;
  static inputsBetweenLooks = 8;
  readonly #start = performance.now();
  readonly #usage = process.cpuUsage();

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** How many MiB the process has grown by since that was last looked at. */
  static #grown(): number {
    Watch.#count++;
    if (Watch.#count % Watch.inputsBetweenLooks !== 0) return 0;
    const peak = process.resourceUsage().maxRSS;
    const grown = (peak - Watch.#peak) / 1024;
    Watch.#peak = peak;
    return grown;
  }

  excess(maxSeconds: number, maxMegabytes: number): string | undefined {
    const grown = Watch.#grown();
    if (grown > maxMegabytes) return `memory: the process grew by ${Math.round(grown)} MiB`;
    // Others may have had the processor meanwhile.
    if (this.seconds <= maxSeconds) return undefined;
    const { user, system } = process.cpuUsage(this.#usage);
    const seconds = (user + system) / 1e6;
    return seconds > maxSeconds ? `time: ${seconds.toFixed(2)} s` : undefined;
  }
}

process.env.TZ = 'UTC';
const [, , first = '', second] = process.argv;
if (first === 'replay') replay(JSON.parse(readFileSync(second as string, 'utf8')) as SavedInput);
else run(JSON.parse(first) as Task);
