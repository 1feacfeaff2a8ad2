/** Lookups: all contenders in one process, in turn, with keys made anew for each. */

import type { Reader } from '../contenders/contender.js';
import { contenderOf } from '../contenders/index.js';
import {
  absentIdOf,
  absentTextKeyOf,
  concatenatedKeyOf,
  idOf,
  type Key,
  type KeyKind,
  textKeyOf,
} from '../support/cities.js';
import { shuffled } from '../support/records.js';
import { type Contender, type Timing, timeInTurn } from '../support/rounds.js';

export type LookupName = 'one-field' | 'one-field-concatenated' | 'three-fields' | 'absent' | 'batches';

export interface LookupParameters {
  readonly contenders: readonly { readonly id: string; readonly path: string }[];
  readonly keys: KeyKind;
  readonly size: number;
  readonly lookups: readonly LookupName[];
  /** Lookups in one round. */
  readonly operations: number;
  readonly rounds: number;
}

export interface LookupTiming extends Timing {
  /** The id of the contender; `name` has the way, too, where it has several. */
  readonly contender: string;
}

export type LookupResult = Partial<Record<LookupName, LookupTiming[]>>;

interface Opened {
  readonly id: string;
  readonly title: string;
  readonly reader: Reader;
}

const batchSize = 1000;

function inBatches(keys: readonly Key[]): Key[][] {
  const batches: Key[][] = [];
  for (let start = 0; start < keys.length; start += batchSize)
    batches.push(keys.slice(start, start + batchSize));
  return batches;
}

export async function work(parameters: LookupParameters): Promise<LookupResult> {
  const { keys, size, operations, rounds } = parameters;
  const opened: Opened[] = [];
  for (const { id, path } of parameters.contenders) {
    const { title, open } = contenderOf(id);
    opened.push({ id, title, reader: await open(path, keys) });
  }
  const order = shuffled(size);
  /** Keys of other records in each round, as long as there are any. */
  const keysOf = (keyOf: (number: number) => Key) => (round: number) =>
    Array.from({ length: operations }, (_, turn) =>
      keyOf(order[(round * operations + turn) % size] as number),
    );
  const keyOf = keys === 'string' ? textKeyOf : idOf;
  const absentKeyOf = keys === 'string' ? absentTextKeyOf : (number: number) => absentIdOf(number, size);

  const each = (run: (reader: Reader, input: Key[]) => number, inputOf: (round: number) => Key[]) =>
    time(
      opened.map(({ id, title, reader }) => ({ id, name: title, run: (input: Key[]) => run(reader, input) })),
      inputOf,
    );
  async function time<Input>(
    contenders: readonly (Contender<Input> & { readonly id: string })[],
    inputOf: (round: number) => Input,
  ): Promise<LookupTiming[]> {
    const timings = await timeInTurn(contenders, { operations, rounds, inputOf });
    return timings.map((timing, index) => ({ ...timing, contender: contenders[index]?.id as string }));
  }

  const works: Record<LookupName, () => Promise<LookupTiming[]>> = {
    'one-field': () => each((reader, input) => reader.sumOneField(input), keysOf(keyOf)),
    'one-field-concatenated': () =>
      each((reader, input) => reader.sumOneField(input), keysOf(concatenatedKeyOf)),
    'three-fields': () => each((reader, input) => reader.sumThreeFields(input), keysOf(keyOf)),
    absent: () => each((reader, input) => reader.countAbsent(input), keysOf(absentKeyOf)),
    batches: () =>
      time(
        opened.flatMap(({ id, title, reader }) =>
          Object.entries(reader.batches ?? {}).map(([way, run]) => ({ id, name: `${title}: ${way}`, run })),
        ),
        (round) => inBatches(keysOf(keyOf)(round)),
      ),
  };
  const result: LookupResult = {};
  for (const name of parameters.lookups) result[name] = await works[name]();
  for (const { reader } of opened) await reader.close();
  return result;
}
