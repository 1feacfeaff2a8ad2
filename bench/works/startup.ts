/**
 * Starting: whole processes that load a package, and that open a file and look a key up as well, less what an empty
 * program takes. In turn, many times.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cityOf, textKeyOf } from '../support/cities.js';
import { type Spread, spreadOf } from '../support/spread.js';

export interface StartupParameters {
  readonly contenders: readonly { readonly id: string; readonly title: string; readonly path: string }[];
  readonly runs: number;
}

export interface StartupTiming extends Spread {
  readonly contender: string;
  readonly name: string;
  readonly what: 'import' | 'first lookup';
}

export interface StartupResult {
  /** Milliseconds. */
  readonly empty: Spread;
  /** Milliseconds over the empty program's median. */
  readonly timings: StartupTiming[];
}

const scriptOf = (id: string) => fileURLToPath(new URL(`../startup/${id}.js`, import.meta.url));
/** Of one that takes longer than this, in milliseconds, a few runs are enough. */
const long = 1000;
const runsOfLong = 3;
const known = 7;

// Node reads the certificates that this names at every start, which takes longer than all the rest.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

function timeOf(script: string, args: readonly string[]): { time: number; output: string } {
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env,
  });
  const time = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return { time, output: stdout.trim() };
}

export function work({ contenders, runs }: StartupParameters): StartupResult {
  const key = textKeyOf(known);
  const expected = String(cityOf(known).population);
  const programs = [
    { contender: 'empty', name: '', what: 'import' as const, args: [], times: [] as number[] },
    ...contenders.flatMap(({ id, title, path }) => [
      { contender: id, name: title, what: 'import' as const, args: [], times: [] as number[] },
      { contender: id, name: title, what: 'first lookup' as const, args: [path, key], times: [] as number[] },
    ]),
    {
      contender: 'addon',
      name: 'the native core of sharedbuffers alone',
      what: 'import' as const,
      args: [],
      times: [] as number[],
    },
  ];
  for (let run = 0; run < runs; run++) {
    for (const { contender, what, args, times } of programs) {
      if (run >= runsOfLong && Math.min(...times) > long) continue;
      const { time, output } = timeOf(scriptOf(contender), args);
      if (what === 'first lookup' && output !== expected) {
        throw new Error(`${contender} answers ${output}, the record has ${expected}`);
      }
      times.push(time);
    }
  }
  const [empty, ...others] = programs.map(({ times, ...program }) => ({
    ...program,
    spread: spreadOf(times),
  }));
  if (empty === undefined) throw new Error('there is no empty program');
  const base = empty.spread.median;
  return {
    empty: empty.spread,
    timings: others.map(({ contender, name, what, spread: { median, min, max } }) => ({
      ...{ contender, name, what },
      ...{ median: median - base, min: min - base, max: max - base },
    })),
  };
}
