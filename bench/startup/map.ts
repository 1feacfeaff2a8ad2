/** With a path and a key, loads a `Map` from JSON lines and looks the key up. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const [, , path, key = ''] = process.argv;
if (path !== undefined) {
  const cities = new Map<string, { population: number }>();
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const [each, city] = JSON.parse(line) as [string, { population: number }];
    cities.set(each, city);
  }
  process.getBuiltinModule('node:fs').writeSync(1, `${cities.get(key)?.population}\n`);
}
