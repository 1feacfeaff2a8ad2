/** better-sqlite3 with prepared statements: each lookup for itself, and all within one read transaction. */
import type { Entry, KeyKind } from '../support/cities.js';
import { type Contender, loadPeer, type Reader } from './contender.js';

interface Statement {
  get(...parameters: unknown[]): unknown;
  run(...parameters: unknown[]): unknown;
  iterate(): Iterable<unknown>;
  pluck(): Statement;
  raw(): Statement;
}

interface Database {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  pragma(pragma: string): unknown;
  transaction(work: () => void): () => void;
  close(): void;
}

type DatabaseClass = new (path: string, options?: { readonly: boolean }) => Database;

const open = (path: string, readonly: boolean) =>
  new (loadPeer<DatabaseClass>('better-sqlite3'))(path, { readonly });

function build(path: string, keys: KeyKind, entries: Iterable<Entry>): void {
  const database = open(path, false);
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  const key = keys === 'string' ? 'key TEXT PRIMARY KEY' : 'key INTEGER PRIMARY KEY';
  const without = keys === 'string' ? 'WITHOUT ROWID' : '';
  database.exec(
    `CREATE TABLE cities (${key}, id INTEGER, population INTEGER, latitude REAL, longitude REAL, country TEXT,
      name TEXT, tags BLOB) ${without}`,
  );
  const insert = database.prepare('INSERT INTO cities VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  database.transaction(() => {
    for (const [key, { id, population, latitude, longitude, country, name, tags }] of entries) {
      const packed = Buffer.from(Int16Array.from(tags).buffer);
      insert.run(key, id, population, latitude, longitude, country, name, packed);
    }
  })();
  database.close();
}

function readerOf(database: Database): Reader {
  database.pragma('mmap_size = 68719476736');
  const one = database.prepare('SELECT population FROM cities WHERE key = ?').pluck();
  const three = database.prepare('SELECT population, latitude, name FROM cities WHERE key = ?').raw();
  const all = database.prepare('SELECT population FROM cities').pluck();
  const sum = database.prepare('SELECT sum(population) FROM cities').pluck();
  return {
    sumOneField(keys) {
      let sum = 0;
      for (const key of keys) sum += one.get(key) as number;
      return sum;
    },
    sumThreeFields(keys) {
      let sum = 0;
      for (const key of keys) {
        const [population, latitude, name] = three.get(key) as [number, number, string];
        sum += population + latitude + name.length;
      }
      return sum;
    },
    countAbsent(keys) {
      let absent = 0;
      for (const key of keys) if (one.get(key) === undefined) absent++;
      return absent;
    },
    batches: {
      'get() in a loop': (batches) => {
        let sum = 0;
        for (const keys of batches) for (const key of keys) sum += one.get(key) as number;
        return sum;
      },
    },
    scans: {
      'iterate()': () => {
        let sum = 0;
        for (const population of all.iterate()) sum += population as number;
        return sum;
      },
      'sum() in SQL': () => sum.get() as number,
    },
    close: () => database.close(),
  };
}

export const sqliteContenders: readonly Contender[] = [
  {
    id: 'sqlite-transaction',
    title: 'better-sqlite3, in one transaction',
    packageName: 'better-sqlite3',
    group: 'sqlite',
    build,
    open(path) {
      const database = open(path, true);
      database.exec('BEGIN');
      return readerOf(database);
    },
  },
  {
    id: 'sqlite',
    title: 'better-sqlite3',
    packageName: 'better-sqlite3',
    group: 'sqlite',
    build,
    open: (path) => readerOf(open(path, true)),
  },
];
