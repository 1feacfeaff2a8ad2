/** Loads lmdb; with a path and a key, opens a database and looks the key up. */
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../bench/peers/package.json', import.meta.url));
const { open } = require('lmdb') as {
  open(options: object): { getBinaryFast(key: string): Buffer | undefined };
};
const [, , path, key = ''] = process.argv;
if (path !== undefined) {
  const cities = open({ path, noSubdir: true, readOnly: true, encoding: 'binary' });
  process.getBuiltinModule('node:fs').writeSync(1, `${cities.getBinaryFast(key)?.readUInt32LE(4)}\n`);
}
