/**
 * How long a build holds the event loop: the times between turns of the loop while records are built, as a histogram,
 * with the pauses of the garbage collector told apart. Where other processes want the processors, the times that these
 * have them count, too; and the first tenth of a second is that of code not compiled yet. `npm run bench -- event-loop`; `-n=1000000` for the records.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { mappingOf, NumericIdMapper, StringIdMapper } from 'sharedbuffers';
import { keyOf, makePlaces, Place, type PlaceInput } from './support/records.js';

const option = process.argv.find((argument) => argument.startsWith('-n='));
const count = Number(option?.slice(3) ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-bench-'));
/** A few, used again and again: what is measured is the library, not the making of records. */
const places = makePlaces(10_000);
const placeAt = (number: number) => places[number % places.length] as PlaceInput;
const bounds = [1, 2, 5, 8, 10, 15, 20, 50, 100];

interface Pause {
  readonly start: number;
  readonly length: number;
}

/** Turns of the loop, as long as it is told to go on. */
class Turns {
  readonly held: Pause[] = [];
  readonly collections: Pause[] = [];
  #last = performance.now();
  #going = true;
  readonly #observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      this.collections.push({ start: startTime, length: duration });
    }
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
    const turn = () => {
      const time = performance.now();
      this.held.push({ start: this.#last, length: time - this.#last });
      this.#last = time;
      if (this.#going) setImmediate(turn);
    };
    setImmediate(turn);
  }

  async end(): Promise<void> {
    this.#going = false;
    await new Promise((resolve) => setTimeout(resolve, 10));
    this.#observer.disconnect();
  }
}

/** What is left of each pause without the garbage collections within it. */
function withoutCollections({ held, collections }: Turns): number[] {
  return held.map(({ start, length }) => {
    const within = collections.filter((each) => each.start >= start && each.start < start + length);
    return length - within.reduce((sum, each) => sum + each.length, 0);
  });
}

function print(title: string, lengths: readonly number[]): void {
  const sorted = lengths.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] as number;
  const quantiles = [0.5, 0.9, 0.99, 0.999, 1].map(
    (share) => `${share * 100} % ${quantile(share).toFixed(1)}`,
  );
  console.log(`\n  ${title}: ${lengths.length.toLocaleString('en')} turns; ms: ${quantiles.join(', ')}`);
  let below = 0;
  for (const bound of [...bounds, Number.POSITIVE_INFINITY]) {
    const upTo = sorted.findLastIndex((length) => length < bound) + 1;
    const amount = upTo - below;
    below = upTo;
    const bar = '#'.repeat(Math.ceil((60 * amount) / lengths.length));
    if (amount > 0) console.log(`  < ${String(bound).padStart(8)} ms ${String(amount).padStart(9)} ${bar}`);
  }
}

async function measure(title: string, build: (path: string) => Promise<{ seconds: number }>): Promise<void> {
  const turns = new Turns();
  const { seconds } = await build(join(folder, 'built'));
  await turns.end();
  console.log(`\n${title}: ${Math.round(count / seconds).toLocaleString('en')} records/s`);
  print(
    'between turns of the loop',
    turns.held.map(({ length }) => length),
  );
  print('without garbage collections', withoutCollections(turns));
}

function* numbered<T>(entryAt: (number: number) => T): Generator<T> {
  for (let number = 0; number < count; number++) yield entryAt(number);
}

async function* awaited<T>(entries: Iterable<T>): AsyncGenerator<T> {
  yield* entries;
}

const byText = (number: number) => [keyOf(number), placeAt(number)] as const;
const byNumber = (number: number) => [number, placeAt(number)] as const;
const ByText = mappingOf(StringIdMapper, Place);
const ByNumber = mappingOf(NumericIdMapper, Place);
await measure('string keys', (path) => ByText.build(numbered(byText), path));
await measure('string keys, merged from runs', (path) =>
  ByText.build(numbered(byText), path, { memoryLimit: 16 * 2 ** 20 }),
);
await measure('string keys, async input', (path) => ByText.build(awaited(numbered(byText)), path));
await measure('string keys, equal values once', (path) =>
  ByText.build(numbered(byText), path, { dedupe: true }),
);
await measure('numeric keys', (path) => ByNumber.build(numbered(byNumber), path));
rmSync(folder, { recursive: true });
