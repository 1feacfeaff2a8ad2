/** classic-level: LevelDB, values as bytes read by a `DataView`. */
import type { Entry, Key, KeyKind } from '../support/cities.js';
import { encodeCity, threeFieldsOf } from '../support/city-bytes.js';
import { type Contender, loadPeer, type Reader } from './contender.js';

type Stored = Key | Buffer;

interface Level {
  open(): Promise<void>;
  close(): Promise<void>;
  getSync(key: Stored): Buffer | undefined;
  getMany(keys: Stored[]): Promise<(Buffer | undefined)[]>;
  batch(operations: { type: 'put'; key: Stored; value: Buffer }[]): Promise<void>;
  values(): { nextv(size: number): Promise<Buffer[]>; close(): Promise<void> };
}

type LevelClass = new (path: string, options: Record<string, unknown>) => Level;

async function openLevel(path: string, keys: KeyKind): Promise<Level> {
  const { ClassicLevel } = loadPeer<{ ClassicLevel: LevelClass }>('classic-level');
  const keyEncoding = keys === 'string' ? 'utf8' : 'buffer';
  const level = new ClassicLevel(path, { keyEncoding, valueEncoding: 'buffer' });
  await level.open();
  return level;
}

/** Numbers as big-endian bytes, into the buffer given. */
function bytesOf(key: number, buffer = Buffer.allocUnsafe(4)): Buffer {
  buffer.writeUInt32BE(key, 0);
  return buffer;
}

async function build(path: string, keys: KeyKind, entries: Iterable<Entry>): Promise<void> {
  const level = await openLevel(path, keys);
  let operations: { type: 'put'; key: Stored; value: Buffer }[] = [];
  for (const [key, city] of entries) {
    const stored = typeof key === 'number' ? bytesOf(key) : key;
    operations.push({ type: 'put', key: stored, value: encodeCity(city) });
    if (operations.length === 10_000) {
      await level.batch(operations);
      operations = [];
    }
  }
  await level.batch(operations);
  await level.close();
}

function readerOf(level: Level): Reader {
  const scratch = Buffer.alloc(4);
  const get = (key: Key) => level.getSync(typeof key === 'number' ? bytesOf(key, scratch) : key);
  const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    sumOneField(keys) {
      let sum = 0;
      for (const key of keys) sum += (get(key) as Buffer).readUInt32LE(4);
      return sum;
    },
    sumThreeFields(keys) {
      let sum = 0;
      for (const key of keys) {
        const bytes = get(key) as Buffer;
        sum += threeFieldsOf(bytes, viewOf(bytes));
      }
      return sum;
    },
    countAbsent(keys) {
      let absent = 0;
      for (const key of keys) if (get(key) === undefined) absent++;
      return absent;
    },
    batches: {
      'getMany()': async (batches) => {
        let sum = 0;
        for (const keys of batches) {
          const stored = keys.map((key) => (typeof key === 'number' ? bytesOf(key) : key));
          for (const bytes of await level.getMany(stored)) sum += (bytes as Buffer).readUInt32LE(4);
        }
        return sum;
      },
    },
    scans: {
      'values().nextv(1000)': async () => {
        let sum = 0;
        const values = level.values();
        for (;;) {
          const some = await values.nextv(1000);
          if (some.length === 0) break;
          for (const bytes of some) sum += bytes.readUInt32LE(4);
        }
        await values.close();
        return sum;
      },
    },
    close: () => level.close(),
  };
}

export const classicLevel: Contender = {
  id: 'classic-level',
  title: 'classic-level',
  packageName: 'classic-level',
  build,
  open: async (path, keys) => readerOf(await openLevel(path, keys)),
};
