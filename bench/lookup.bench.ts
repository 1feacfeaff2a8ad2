/**
 * Lookups with one numeric field read, beside lmdb and `Map`, by string keys that were made anew and by numbers.
 * `npm run bench -- lookup`, with a number of records as an option: `-n=1000000`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mappingOf, NumericIdMapper, StringIdMapper } from 'sharedbuffers';
import { keyOf, makePlaces, Place, type PlaceInput, shuffled } from './support/records.js';
import { type Contender, printTimings, timeInTurn } from './support/rounds.js';

interface LmdbDatabase {
  get(key: string | number): unknown;
  getBinaryFast(key: string | number): Uint8Array | undefined;
  putSync(key: string | number, value: unknown): boolean;
  transactionSync<T>(work: () => T): T;
  close(): Promise<void>;
}

const { open: openLmdb } = createRequire(`${process.cwd()}/bench/peers/package.json`)('lmdb') as {
  open(options: Record<string, unknown>): LmdbDatabase;
};

const option = process.argv.find((argument) => argument.startsWith('-n='));
const count = Number(option?.slice(3) ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-bench-'));
const places = makePlaces(count);
const order = shuffled(count).subarray(0, Math.min(count, 500_000));

/** Where the population is in the bytes that the binary form of lmdb stores. */
const populationOffset = 4;

function fillLmdb(
  name: string,
  keyAt: (number: number) => string | number,
  encode?: (place: PlaceInput) => Buffer,
) {
  const database = openLmdb({
    path: join(folder, name),
    noSync: true,
    ...(encode && { encoding: 'binary' }),
  });
  database.transactionSync(() => {
    places.forEach((place, number) =>
      database.putSync(keyAt(number), encode === undefined ? place : encode(place)),
    );
  });
  return database;
}

function encodePlace(place: PlaceInput): Buffer {
  const text = Buffer.from(`${place.country}\0${place.name}`);
  const bytes = Buffer.alloc(24 + text.length);
  bytes.writeUInt32LE(place.id, 0);
  bytes.writeUInt32LE(place.population, populationOffset);
  bytes.writeDoubleLE(Number(place.latitude), 8);
  bytes.writeDoubleLE(Number(place.longitude), 16);
  bytes.set(text, 24);
  return bytes;
}

/** Sums a field over the records of all keys in the order of the run. */
function sumOver(keyAt: (number: number) => string | number, read: (key: never) => number): () => number {
  return () => {
    let sum = 0;
    for (const number of order) sum += read(keyAt(number) as never);
    return sum;
  };
}

async function compare(title: string, keyAt: (number: number) => string | number, mapping: MappingLike) {
  const binary = fillLmdb(`${title}-binary`, keyAt, encodePlace);
  const structured = fillLmdb(`${title}-structured`, keyAt);
  const map = new Map(places.map((place, number) => [keyAt(number), place]));
  const bytesOf = (key: string) => binary.getBinaryFast(key) as Uint8Array;
  const contenders: Contender[] = [
    { name: 'sharedbuffers', run: sumOver(keyAt, (key) => mapping.get(key)?.population ?? Number.NaN) },
    {
      name: 'lmdb, binary',
      run: sumOver(keyAt, (key) => {
        const bytes = bytesOf(key);
        return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(
          populationOffset,
          true,
        );
      }),
    },
    {
      name: 'lmdb, structured',
      run: sumOver(keyAt, (key) => (structured.get(key) as PlaceInput).population),
    },
    { name: 'Map of objects', run: sumOver(keyAt, (key) => map.get(key)?.population ?? Number.NaN) },
  ];
  printTimings(
    `${title}, ${count.toLocaleString('en')} records, one field`,
    timeInTurn(contenders, order.length),
  );
  await binary.close();
  await structured.close();
}

interface MappingLike {
  get(key: never): { readonly population: number } | undefined;
}

/** What a lookup leaves on the heap: the proxy, and for numbers nothing else. */
function printAllocation(title: string, keys: readonly unknown[], mapping: MappingLike): void {
  let sum = 0;
  const lookUpAll = () => {
    for (const key of keys) sum += mapping.get(key as never)?.population ?? 0;
  };
  for (let round = 0; round < 20; round++) lookUpAll();
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  lookUpAll();
  const bytes = (process.memoryUsage().heapUsed - before) / keys.length;
  console.log(
    `  ${title}: ${bytes.toFixed(0)} bytes of heap for each lookup with its proxy (checksum ${sum})`,
  );
}

const ByText = mappingOf(StringIdMapper, Place);
const ByNumber = mappingOf(NumericIdMapper, Place);
const byText = ByText.open(
  (
    await ByText.build(
      places.map((place, n) => [keyOf(n), place] as const),
      join(folder, 'text'),
    )
  ).path,
);
const byNumber = ByNumber.open(
  (
    await ByNumber.build(
      places.map((place) => [place.id, place] as const),
      join(folder, 'numbers'),
    )
  ).path,
);
await compare('string keys made anew', keyOf, byText);
await compare('uint32 keys', (number) => places[number]?.id as number, byNumber);
console.log('\nAllocation');
printAllocation('string keys', Array.from(order.subarray(0, 10_000), keyOf), byText);
printAllocation(
  'uint32 keys',
  Array.from(order.subarray(0, 10_000), (number) => places[number]?.id),
  byNumber,
);
byText.close();
byNumber.close();
rmSync(folder, { recursive: true });
