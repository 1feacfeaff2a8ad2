/** Timing of contenders in turn, so that a drift of the machine meets all alike, with equal answers demanded of all. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Spread, spreadOf } from './spread.js';

export interface Contender<Input = void> {
  readonly name: string;
  /** Does the work once for every operation of a round and answers a checksum. */
  readonly run: (input: Input) => number | Promise<number>;
}

export interface Timing extends Spread {
  readonly name: string;
}

export interface RoundOptions<Input> {
  /** How many operations one run is: the times are divided by that. */
  readonly operations: number;
  /** Rounds that count; one more comes first and warms up. */
  readonly rounds?: number;
  /**
   * A turn is as many runs as begin within so many milliseconds, and counts with their mean: what a single short one takes
   * depends on what the caches have been left by others. Without it a turn is one run.
   */
  readonly turnMilliseconds?: number;
  /** Makes what a run works on, anew for each run and outside of its time; alike for all runs of one round. */
  readonly inputOf?: (round: number) => Input;
}

const idleMilliseconds = 10;
const idleShare = 0.1;
const longestWait = 1000;

/**
 * Waits until no thread of this process works. V8 sweeps a heap of millions of objects, and compiles, for a long time after
 * the call that began it has answered; whoever ran meanwhile would pay for the garbage of another.
 */
async function rest(): Promise<void> {
  for (let waited = 0; waited < longestWait; waited++) {
    const before = process.cpuUsage();
    await sleep(idleMilliseconds);
    const { user, system } = process.cpuUsage(before);
    if (user + system < idleShare * idleMilliseconds * 1000) return;
  }
  process.emitWarning(
    'a thread of this process has worked for long: what is measured next may be slowed by that',
  );
}

/** Times each contender once a round, another one first in each. Answers nanoseconds for each operation. */
export async function timeInTurn<Input = void>(
  contenders: readonly Contender<Input>[],
  { operations, rounds = 7, turnMilliseconds = 0, inputOf }: RoundOptions<Input>,
): Promise<Timing[]> {
  const times = contenders.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    let expected: { name: string; checksum: number } | undefined;
    globalThis.gc?.();
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (round + 1 + turn) % contenders.length;
      const { name, run } = contenders[index] as Contender<Input>;
      const input = inputOf?.(round + 1) as Input;
      // What was made just now moves out of the nursery, so that no contender pays for the input of another.
      globalThis.gc?.({ type: 'minor' } as never);
      await rest();
      const start = process.hrtime.bigint();
      let runs = 0;
      let time: number;
      do {
        const checksum = await run(input);
        time = Number(process.hrtime.bigint() - start);
        runs++;
        expected ??= { name, checksum };
        if (checksum !== expected.checksum) {
          throw new Error(`${name} answers ${checksum}, ${expected.name} ${expected.checksum}`);
        }
      } while (time < turnMilliseconds * 1e6);
      if (round >= 0) times[index]?.push(time / runs / operations);
    }
  }
  return contenders.map(({ name }, index) => ({ name, ...spreadOf(times[index] as number[]) }));
}
