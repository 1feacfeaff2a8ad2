/** Mistakes that are not in docs/troubleshooting.md: what was expected, what was found, and what to do. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as library from 'sharedbuffers';

// As JavaScript sees it: the compiler would refuse all of these.
const { arrayOf, mappingOf, Schema, StringIdMapper, t, toObject } = library as unknown as Record<
  string,
  // biome-ignore lint/suspicious/noExplicitAny: the point is to give what the types refuse
  any
>;

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-mistakes-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'cities.map');

const City = new Schema('City', {
  name: t.text,
  tags: t.list(t.text).optional(),
  marks: t.set(t.int).optional(),
  names: t.dict(t.text, t.text).optional(),
  founded: t.datetime.optional(),
  seal: t.bytes.optional(),
  shape: t.ndarray.optional(),
});
const Cities = mappingOf(StringIdMapper, City);
Cities.buildSync([['Lima', { name: 'Lima' }]], path);

const open = (options: object) => () => Cities.open(path, options).close();
const pack = (slots: object) => () => City.pack({ name: 'Lima', ...slots });

const mistakes: [name: string, mistake: () => unknown, message: string][] = [
  [
    'a limit that is text',
    open({ maxDepth: '9' }),
    'option maxDepth: expected a number, 0 or more, found "9"',
  ],
  [
    'a limit that is none',
    open({ maxValues: Number.NaN }),
    'option maxValues: expected a number, 0 or more, found NaN',
  ],
  [
    'an offset that is text',
    open({ offset: '8' }),
    'offset: expected a number of bytes, 0 or more, found "8"',
  ],
  ['a copy that is 1', open({ copy: 1 }), 'option copy: expected a boolean, found 1'],
  ['a check that is text', open({ verify: 'yes' }), 'option verify: expected a boolean, found "yes"'],
  [
    'following, misspelled',
    open({ follow: { interval: 5 } }),
    'follow: unknown option "interval"; the option is intervalMs',
  ],
  [
    'an array for a set',
    pack({ marks: [1] }),
    'expected a Set (set), found an array of 1; new Set(array) makes one',
  ],
  [
    'pairs for a dict',
    pack({ names: [['a', 'b']] }),
    'expected a Map or a plain object (dict), found an array of 1; new Map(array) makes one of pairs',
  ],
  [
    'a set for a list',
    pack({ tags: new Set(['a']) }),
    'expected an array (list), found an instance of Set; [...set] makes one',
  ],
  [
    'a text for a moment',
    pack({ founded: '1535-01-18' }),
    'expected a Date or DateTime (datetime), found "1535-01-18"; new Date(…) makes one of it',
  ],
  [
    'a text for bytes',
    pack({ seal: 'x' }),
    'expected a Uint8Array (bytes), found "x"; text goes into slots of t.text',
  ],
  [
    'an array for an ndarray',
    pack({ shape: [1] }),
    'expected an NdArray or a typed array (ndarray), found an array of 1; Float64Array.from(array) makes one of numbers',
  ],
  [
    'an option of schemas, misspelled',
    () => new Schema('City', { name: t.text }, { align: 4 }),
    'Schema City: unknown option "align"; the options are alignment, userData, version, proxy',
  ],
  [
    'a schema without slots',
    () => new Schema('City'),
    'Schema City: expected an object of slots, { name: t.text, … }, found undefined',
  ],
  [
    'a mapping without an id mapper',
    () => mappingOf(City),
    'mappingOf: expected an id mapper class first, such as StringIdMapper, found an instance of Schema',
  ],
  [
    'columns of one name',
    () => Cities.open(path).columns('name'),
    'columns: expected an array of names of slots, found "name"',
  ],
  [
    'a copy of what is absent',
    () => toObject(Cities.open(path).get('Quito')),
    'expected a record read from a buffer, found undefined, which is what get answers for a key that is absent',
  ],
  [
    'a build into null',
    () => arrayOf(City).buildSync([], null),
    'expected the path of a file, or the options of a build into memory, found null',
  ],
];

describe('messages say what to do', () => {
  for (const [name, mistake, message] of mistakes) {
    it(name, () => {
      assert.throws(mistake, (error: Error) => {
        assert.ok(error instanceof library.SharedBuffersError);
        assert.ok(error.message.endsWith(message), error.message);
        return true;
      });
    });
  }
});
