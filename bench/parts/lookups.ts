/** Lookups and scans at the main size, by both kinds of keys; those of the Python library beside them. */
import { writeFileSync } from 'node:fs';
import { contenderOf, contenders } from '../contenders/index.js';
import { type PythonTimes, runPython } from '../contenders/python.js';
import { runWork } from '../support/child-work.js';
import { cityOf, type KeyKind } from '../support/cities.js';
import { shuffled } from '../support/records.js';
import { spreadOf } from '../support/spread.js';
import type { LookupName, LookupParameters, LookupResult, LookupTiming } from '../works/lookups.js';
import type { ScanParameters } from '../works/scans.js';
import { type Context, largeHeap } from './context.js';

const lookupsOf: Record<KeyKind, LookupName[]> = {
  string: ['one-field', 'one-field-concatenated', 'three-fields', 'absent', 'batches'],
  uint32: ['one-field', 'three-fields', 'absent', 'batches'],
};
const pythonLookups: LookupName[] = ['one-field', 'three-fields', 'absent'];

const pythonTiming = ({ times }: PythonTimes): LookupTiming => ({
  contender: 'python',
  name: 'Python sharedbuffers',
  ...spreadOf(times),
});

export async function measureLookups(context: Context): Promise<Record<KeyKind, LookupResult>> {
  const results: Partial<Record<KeyKind, LookupResult>> = {};
  for (const keys of ['string', 'uint32'] as const) {
    const { size, effort, files, say } = context;
    const opened = await files.ensureAll(contenders, keys, size);
    say(`lookups by ${keys} keys`);
    const { operations, rounds } = effort;
    const result = await runWork<LookupParameters, LookupResult>(
      'lookups',
      { contenders: opened, keys, size, operations, rounds, lookups: lookupsOf[keys] },
      largeHeap,
    );
    if (context.python !== undefined) await addPython(context, context.python, keys, result);
    results[keys] = result;
  }
  return results as Record<KeyKind, LookupResult>;
}

async function addPython(
  { size, effort: { operations, rounds }, files }: Context,
  python: string,
  keys: KeyKind,
  result: LookupResult,
): Promise<void> {
  const numbers = shuffled(size);
  const order = files.other('order');
  writeFileSync(order, new Uint8Array(numbers.buffer));
  const path = await files.ensure(contenderOf('sharedbuffers'), keys, size);
  const job = { work: 'lookups', path, keys, operations, rounds, order, lookups: pythonLookups };
  const answers = await runPython<Record<string, PythonTimes>>(python, job);
  for (const name of pythonLookups) {
    const answer = answers[name] as PythonTimes;
    answer.sums.forEach((sum, round) => {
      const expected = sumOf(name, numbers, round, operations);
      if (sum !== expected) throw new Error(`the Python library answers ${sum} instead of ${expected}`);
    });
    result[name]?.push(pythonTiming(answer));
  }
}

/** What the lookups of a round have to answer, from the records themselves. */
function sumOf(name: LookupName, order: Uint32Array, round: number, operations: number): number {
  if (name === 'absent') return operations;
  let sum = 0;
  for (let turn = 0; turn < operations; turn++) {
    const city = cityOf(order[(round * operations + turn) % order.length] as number);
    sum += name === 'one-field' ? city.population : city.population + city.latitude + city.name.length;
  }
  return sum;
}

export async function measureScans(context: Context): Promise<Record<KeyKind, LookupTiming[]>> {
  const results: Partial<Record<KeyKind, LookupTiming[]>> = {};
  for (const keys of ['string', 'uint32'] as const) {
    const { size, files, say, python } = context;
    const opened = await files.ensureAll(contenders, keys, size);
    say(`scans of records by ${keys} keys`);
    const { rounds } = context.effort;
    const parameters = { contenders: opened, keys, size, rounds };
    const timings = await runWork<ScanParameters, LookupTiming[]>('scans', parameters, largeHeap);
    if (python !== undefined) {
      const path = await files.ensure(contenderOf('sharedbuffers'), keys, size);
      timings.push(pythonTiming(await runPython<PythonTimes>(python, { work: 'scan', path, keys, rounds })));
    }
    results[keys] = timings;
  }
  return results as Record<KeyKind, LookupTiming[]>;
}
