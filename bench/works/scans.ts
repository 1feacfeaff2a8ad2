/** Scans that sum one field of all records: all contenders in one process, in turn, each in all its ways. */
import { contenderOf } from '../contenders/index.js';
import { bareScanOf } from '../contenders/sharedbuffers.js';
import type { KeyKind } from '../support/cities.js';
import { type Contender, timeInTurn } from '../support/rounds.js';
import type { LookupTiming } from './lookups.js';

export interface ScanParameters {
  readonly contenders: readonly { readonly id: string; readonly path: string }[];
  readonly keys: KeyKind;
  readonly size: number;
  readonly rounds: number;
}

/** A scan takes from a fiftieth of a second to several. */
const turnMilliseconds = 200;

export async function work(parameters: ScanParameters): Promise<LookupTiming[]> {
  const { keys, size, rounds } = parameters;
  const scans: (Contender & { readonly id: string })[] = [];
  const closing: (() => Promise<void> | void)[] = [];
  for (const { id, path } of parameters.contenders) {
    const { title, open } = contenderOf(id);
    const reader = await open(path, keys);
    for (const [way, run] of Object.entries(reader.scans ?? {}))
      scans.push({ id, name: `${title}: ${way}`, run });
    closing.push(() => reader.close());
    if (id === 'sharedbuffers') {
      const bare = bareScanOf(path, keys);
      scans.push({ id: 'limit', name: 'a bare `DataView`, nothing checked', run: bare.run });
      closing.push(bare.close);
    }
  }
  const timings = await timeInTurn(scans, { operations: size, rounds, turnMilliseconds });
  for (const close of closing) await close();
  return timings.map((timing, index) => ({ ...timing, contender: scans[index]?.id as string }));
}
