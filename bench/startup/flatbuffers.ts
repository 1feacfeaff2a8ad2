/** Loads flatbuffers; with a path and a key, reads a file and looks the key up. */
import { createRequire } from 'node:module';
import { flatbuffers } from '../contenders/flatbuffers.js';

const require = createRequire(new URL('../../../bench/peers/package.json', import.meta.url));
require('flatbuffers');
const [, , path, key = ''] = process.argv;
if (path !== undefined) {
  const cities = await flatbuffers.open(path, 'string');
  process.getBuiltinModule('node:fs').writeSync(1, `${cities.sumOneField([key])}\n`);
}
