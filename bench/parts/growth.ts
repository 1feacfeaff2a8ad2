/** What a lookup of one field costs as the number of records grows. */
import { contenders } from '../contenders/index.js';
import { runWork } from '../support/child-work.js';
import type { KeyKind } from '../support/cities.js';
import type { Spread } from '../support/spread.js';
import type { LookupParameters, LookupResult } from '../works/lookups.js';
import { type Context, largeHeap } from './context.js';

export interface GrowthRow extends Spread {
  readonly contender: string;
  readonly name: string;
  readonly keys: KeyKind;
  readonly size: number;
}

const smallest = 10_000;
/** Those whose growth tells something; the others need minutes to build ten million records. */
const taking = ['sharedbuffers', 'sharedbuffers-radix', 'map', 'lmdb-binary'];

export async function measureGrowth(context: Context, largest: number): Promise<GrowthRow[]> {
  const { effort, files, say } = context;
  const rows: GrowthRow[] = [];
  for (let size = smallest; size <= largest; size *= 10) {
    for (const keys of ['string', 'uint32'] as const) {
      say(`growth: ${size.toLocaleString('en')} records by ${keys} keys`);
      const chosen = contenders.filter(({ id }) => taking.includes(id));
      const opened = await files.ensureAll(chosen, keys, size);
      const { operations, rounds } = effort;
      const { 'one-field': timings = [] } = await runWork<LookupParameters, LookupResult>(
        'lookups',
        { contenders: opened, keys, size, operations, rounds, lookups: ['one-field'] },
        largeHeap,
      );
      rows.push(...timings.map((timing) => ({ ...timing, keys, size })));
      if (size !== context.size) files.remove(keys, size);
    }
  }
  return rows;
}
