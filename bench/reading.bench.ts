/**
 * Reading slots of records in cache: a number beside a bare `DataView` read (at most 2.5 times its time), texts and
 * lists for information. `npm run bench -- reading`
 */
import { arrayOf, Schema, t } from 'sharedbuffers';
import { makePlaces, randomNumbers } from './support/records.js';
import { type Contender, type Timing, timeInTurn } from './support/rounds.js';

const allowedRatio = 2.5;
const count = 1000;
const rounds = 31;

const Reading = new Schema('Reading', {
  id: t.uint32,
  population: t.uint32,
  latitude: t.float64,
  longitude: t.float64,
  country: t.text,
  name: t.text,
  tags: t.list(t.uint16),
  tagsInPlace: t.listView(t.uint16),
});

const random = randomNumbers(3);
const places = makePlaces(count).map((place) => {
  const tags = Array.from({ length: Math.floor(random() * 5) }, () => Math.floor(random() * 300));
  return { ...place, tags, tagsInPlace: tags };
});
const bytes = arrayOf(Reading).buildSync(places);
const array = arrayOf(Reading).from(bytes);
const proxies = Array.from(array);
const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const positions = Array.from(proxies, (_, number) => array.source.position(number));
const fieldOffset = (name: string) =>
  Reading.layout.slots.find((slot) => slot.name === name)?.fullOffset ?? 0;

/** Sums what is read of every record, over and over. */
function passes(name: string, times: number, sumOnce: () => number): Contender {
  return {
    name,
    run() {
      let sum = 0;
      for (let pass = 0; pass < times; pass++) sum += sumOnce();
      return sum;
    },
  };
}

async function compare(
  title: string,
  times: number,
  contenders: readonly [string, () => number][],
): Promise<Timing[]> {
  const timings = await timeInTurn(
    contenders.map(([name, sumOnce]) => passes(name, times, sumOnce)),
    { operations: times * count, rounds },
  );
  console.log(`\n${title}`);
  for (const { name, median, min, max } of timings) {
    const range = `(${min.toFixed(2)}–${max.toFixed(2)})`;
    console.log(`  ${name.padEnd(28)} ${median.toFixed(2).padStart(8)} ns  ${range}`);
  }
  return timings;
}

const populationOffset = fieldOffset('population');
const latitudeOffset = fieldOffset('latitude');

/** Of the fastest rounds: whatever else the machine does only adds to what is measured. */
function printRatio([bare, own]: Timing[]): void {
  const ratio = (own as Timing).min / (bare as Timing).min;
  const verdict = ratio <= allowedRatio ? '' : ', NOT met';
  console.log(`  ${ratio.toFixed(2)}x a DataView read (allowed: ${allowedRatio}x${verdict})`);
}

const comparePopulation = (title: string) =>
  compare(title, 3000, [
    [
      'DataView',
      () => {
        let sum = 0;
        for (let n = 0; n < count; n++) {
          sum += view.getUint32((positions[n] as number) + populationOffset, true);
        }
        return sum;
      },
    ],
    [
      'proxy',
      () => {
        let sum = 0;
        for (let n = 0; n < count; n++) sum += (proxies[n] as (typeof proxies)[0]).population;
        return sum;
      },
    ],
    [
      'proxy made for each read',
      () => {
        let sum = 0;
        for (let n = 0; n < count; n++) sum += array.at(n)?.population ?? 0;
        return sum;
      },
    ],
  ]);

printRatio(await comparePopulation(`A uint32 of ${count} records in cache`));
printRatio(
  await compare(`A float64 of ${count} records in cache`, 3000, [
    [
      'DataView',
      () => {
        let sum = 0;
        for (let n = 0; n < count; n++) {
          sum += view.getFloat64((positions[n] as number) + latitudeOffset, true);
        }
        return sum;
      },
    ],
    [
      'proxy',
      () => {
        let sum = 0;
        for (let n = 0; n < count; n++) sum += (proxies[n] as (typeof proxies)[0]).latitude;
        return sum;
      },
    ],
  ]),
);

const sumOf = (tags: Iterable<number>) => {
  let sum = 0;
  for (const tag of tags) sum += tag;
  return sum;
};
const overAll = (read: (proxy: (typeof proxies)[0]) => number) => () => {
  let sum = 0;
  for (const proxy of proxies) sum += read(proxy);
  return sum;
};
await compare('For information: a text', 200, [['name', overAll((proxy) => proxy.name.length)]]);
await compare('For information: a list of up to 4 integers, summed', 200, [
  ['list, a copy', overAll((proxy) => sumOf(proxy.tags))],
  ['list view, iterated', overAll((proxy) => sumOf(proxy.tagsInPlace))],
]);
