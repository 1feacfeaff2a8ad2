/** Timing of contenders in turn, so that a drift of the machine meets all alike, with equal answers demanded of all. */

export interface Contender {
  name: string;
  /** Does the work once for every key and answers a checksum. */
  run: () => number;
}

export interface Timing {
  name: string;
  /** Nanoseconds for each operation: the median of the rounds, the fastest and the slowest. */
  median: number;
  min: number;
  max: number;
}

export function timeInTurn(contenders: readonly Contender[], operations: number, rounds = 7): Timing[] {
  const times = contenders.map(() => [] as number[]);
  let expected: number | undefined;
  for (let round = -1; round < rounds; round++) {
    contenders.forEach(({ name, run }, index) => {
      globalThis.gc?.();
      const start = process.hrtime.bigint();
      const checksum = run();
      const time = Number(process.hrtime.bigint() - start) / operations;
      expected ??= checksum;
      if (checksum !== expected) throw new Error(`${name} answers ${checksum}, the others ${expected}`);
      // The first round warms up.
      if (round >= 0) times[index]?.push(time);
    });
  }
  return contenders.map(({ name }, index) => summarize(name, times[index] as number[]));
}

function summarize(name: string, times: number[]): Timing {
  times.sort((a, b) => a - b);
  return {
    name,
    median: times[times.length >> 1] as number,
    min: times[0] as number,
    max: times.at(-1) as number,
  };
}

/** Prints a table in which the first contender is this library, and the last column how much slower each is. */
export function printTimings(title: string, timings: readonly Timing[]): void {
  const own = timings[0] as Timing;
  console.log(`\n${title}`);
  for (const { name, median, min, max } of timings) {
    const ratio = (median / own.median).toFixed(2);
    console.log(
      `  ${name.padEnd(28)} ${median.toFixed(0).padStart(6)} ns  (${min.toFixed(0)}–${max.toFixed(0)})  ${ratio}x`,
    );
  }
}
