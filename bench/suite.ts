/**
 * The comparison with what users pick otherwise: `npm run bench`. Results go to build/bench/results.json; docs/performance.md
 * is made of them with --docs.
 *
 *     --size=N         records (1000000)
 *     --growth[=N]     lookups as the number of records grows as well, from 10,000 to N (10000000)
 *     --only=A,B       these parts alone, the others as the results have them: builds, limits, startup, lookups, scans,
 *                      growth, memory
 *     --out=PATH       where the results go
 *     --docs           writes docs/performance.md and its plot, too
 *     --smoke          little of everything, for correctness alone, and without the Python library
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findPython } from './contenders/python.js';
import { measureBuilds } from './parts/builds.js';
import { type Context, Files, smokeEffort, wholeEffort } from './parts/context.js';
import { measureGrowth } from './parts/growth.js';
import { measureLimits } from './parts/limits.js';
import { measureLookups, measureScans } from './parts/lookups.js';
import { measureMemory } from './parts/memory.js';
import { measureStartup } from './parts/startup.js';
import { thisMachine, versionsOf } from './report/machine.js';
import { writeDocs } from './report/performance.js';
import type { Results } from './report/results.js';

const defaultLargest = 10_000_000;
const { values: options } = parseArgs({
  // Alone it stands for the usual value, which `parseArgs` does not know.
  args: process.argv.slice(2).map((arg) => (arg === '--growth' ? `--growth=${defaultLargest}` : arg)),
  options: {
    size: { type: 'string', default: '1000000' },
    growth: { type: 'string' },
    only: { type: 'string' },
    out: {
      type: 'string',
      default: fileURLToPath(new URL('../../build/bench/results.json', import.meta.url)),
    },
    docs: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
});
const size = countOf('size', options.size);
const largest = options.growth === undefined ? undefined : countOf('growth', options.growth);
const parts = options.only?.split(',');
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-bench-'));
const started = performance.now();

const context: Context = {
  size,
  effort: options.smoke ? smokeEffort : wholeEffort,
  files: new Files(folder),
  python: options.smoke ? undefined : findPython(),
  say(text) {
    const seconds = Math.round((performance.now() - started) / 1000);
    process.stderr.write(`${String(seconds).padStart(5)} s  ${text}\n`);
  },
};

const measurements = {
  // First, for it leaves the files that the others read.
  builds: () => measureBuilds(context),
  limits: () => measureLimits(context),
  startup: () => measureStartup(context),
  lookups: () => measureLookups(context),
  scans: () => measureScans(context),
  growth: () => (largest === undefined ? undefined : measureGrowth(context, largest)),
  memory: () => measureMemory(context),
};

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`--${name} is a number of records, not ${text}`);
  }
  return count;
}

function resultsBefore(): Partial<Results> {
  if (parts === undefined || !existsSync(options.out)) return {};
  return JSON.parse(readFileSync(options.out, 'utf8')) as Partial<Results>;
}

async function run(): Promise<Results> {
  const before = resultsBefore();
  const results: Record<string, unknown> = {
    ...before,
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.replace(/ -- $/, ''),
    machine: thisMachine(),
    versions: versionsOf(context.python),
    size,
  };
  for (const [part, measure] of Object.entries(measurements)) {
    if (parts !== undefined && !parts.includes(part)) continue;
    results[part] = (await measure()) ?? results[part];
    mkdirSync(dirname(options.out), { recursive: true });
    writeFileSync(options.out, `${JSON.stringify(results, undefined, 1)}\n`);
  }
  return results as unknown as Results;
}

try {
  const results = await run();
  context.say('done');
  if (options.docs) writeDocs(results);
} finally {
  rmSync(folder, { recursive: true });
}
