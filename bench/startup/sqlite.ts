/** Loads better-sqlite3; with a path and a key, opens a database and looks the key up. */
import { createRequire } from 'node:module';

interface Database {
  prepare(sql: string): { pluck(): { get(key: string): unknown } };
}

const require = createRequire(new URL('../../../bench/peers/package.json', import.meta.url));
const Database = require('better-sqlite3') as new (path: string, options: object) => Database;
const [, , path = ':memory:', key] = process.argv;
if (key !== undefined) {
  const cities = new Database(path, { readonly: true });
  process
    .getBuiltinModule('node:fs')
    .writeSync(1, `${cities.prepare('SELECT population FROM cities WHERE key = ?').pluck().get(key)}\n`);
}
