/** Imports this package; with a path and a key, opens a file and looks the key up. */
import { mappingOf, Schema, StringIdMapper, t } from 'sharedbuffers';

const [, , path, key = ''] = process.argv;
if (path !== undefined) {
  const City = new Schema('City', {
    id: t.uint32,
    population: t.uint32,
    latitude: t.float64,
    longitude: t.float64,
    country: t.text,
    name: t.text,
    tags: t.list(t.int16),
  });
  process
    .getBuiltinModule('node:fs')
    .writeSync(1, `${mappingOf(StringIdMapper, City).open(path).get(key)?.population}\n`);
}
