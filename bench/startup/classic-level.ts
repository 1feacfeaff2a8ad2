/** Loads classic-level; with a path and a key, opens a database and looks the key up. */
import { createRequire } from 'node:module';

interface Level {
  open(): Promise<void>;
  getSync(key: string): Buffer | undefined;
}

const require = createRequire(new URL('../../../bench/peers/package.json', import.meta.url));
const { ClassicLevel } = require('classic-level') as {
  ClassicLevel: new (path: string, options: object) => Level;
};
const [, , path, key = ''] = process.argv;
if (path !== undefined) {
  const cities = new ClassicLevel(path, { keyEncoding: 'utf8', valueEncoding: 'buffer' });
  await cities.open();
  process.getBuiltinModule('node:fs').writeSync(1, `${cities.getSync(key)?.readUInt32LE(4)}\n`);
}
