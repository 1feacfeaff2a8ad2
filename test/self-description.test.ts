/** What files say of themselves: the class that opens them, and the structs behind typecodes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  arrayOf,
  type IdMapper,
  MappedArray,
  Mapping,
  MultiMapping,
  mappingOf,
  multiMappingOf,
  open,
  Schema,
  StringIdMapper,
  StringIdMultiMapper,
  schemaOf,
  t,
  toObject,
} from 'sharedbuffers';
import { findKind } from '#src/containers/kind.js';
import { idMapperClasses } from '#src/containers/open.js';
import { Region } from '#src/region.js';
import { unregisterStruct } from '#src/types/struct-registry.js';
import { runCli, scratchFolder } from './support/cli.js';

const Holder = new Schema('Holder', { value: t.any, list: t.list().optional() });

/** A schema with a typecode, while the file is built. */
function withCode<T>(schemas: readonly { register(code: number): unknown }[], build: () => T): T {
  for (const [index, schema] of schemas.entries()) schema.register(0xc0 + index);
  try {
    return build();
  } finally {
    for (const schema of schemas) unregisterStruct(schema as Schema);
  }
}

const Country = new Schema('Country', { code: t.text });
const City = new Schema('City', {
  name: t.text,
  population: t.uint32,
  country: Country,
  extra: t.any.optional(),
});
const city = { name: 'Lima', population: 10_000_000, country: { code: 'pe' } };
const record = () => ({
  value: City.of({ ...city, extra: Country.of({ code: 'xx' }) }),
  list: [City.of(city), 5],
});

const containers: [string, () => Uint8Array][] = [
  ['an array', () => arrayOf(Holder).buildSync([record()])],
  ['a mapping', () => mappingOf(StringIdMapper, Holder).buildSync([['k', record()]])],
  ['a multi-mapping', () => multiMappingOf(StringIdMultiMapper, Holder).buildSync([['k', record()]])],
];

function first(bytes: Uint8Array, types?: readonly object[]): { value: object; list: object[] } {
  const opened = open(bytes, types && { types: types as Schema[] }) as MappedArray | Mapping | MultiMapping;
  if (opened instanceof MappedArray) return opened.at(0) as never;
  return [...opened.values()][0] as never;
}

describe('open', () => {
  it('answers the class of every kind', () => {
    for (const idMapper of idMapperClasses.values()) {
      const opened = open((idMapper as typeof StringIdMapper).buildSync([])) as IdMapper<unknown>;
      assert.equal(opened.constructor, idMapper);
      const { multi } = idMapper.kind;
      const Class = multi ? multiMappingOf(idMapper as never, Holder) : mappingOf(idMapper as never, Holder);
      const mapping = open((Class as ReturnType<typeof mappingOf>).buildSync([] as never));
      assert.ok(multi ? mapping instanceof MultiMapping : mapping instanceof Mapping);
      assert.equal((mapping as Mapping).table.kind, idMapper.kind);
    }
  });
});

for (const [name, build] of containers) {
  describe(`records with typecodes in ${name}`, () => {
    const bytes = withCode([City, Country], build);

    it('are described by the file', () => {
      const kind = findKind(Region.fromBytes(bytes));
      assert.deepEqual(kind?.typecodes, { City: 0xc0, Country: 0xc1 });
      assert.deepEqual(
        kind?.types?.map((type) => type.name),
        ['City', 'Country'],
      );
    });

    it('are read without a schema', () => {
      const { value, list } = first(bytes);
      assert.equal(schemaOf(value).name, 'City');
      assert.deepEqual(toObject(value), { ...city, extra: { code: 'xx' } });
      assert.equal(schemaOf((value as { country: object }).country).name, 'Country');
      assert.deepEqual(toObject(list[0] as object), city);
      assert.equal(list[1], 5);
    });

    it('are read as the schemas that open is given', () => {
      const Newer = new Schema(
        'City',
        { name: t.text, mayor: t.text.optional() },
        {
          proxy: (Base) =>
            class extends Base {
              get shout() {
                return this.name.toUpperCase();
              }
            },
        },
      );
      const { value } = first(bytes, [Newer]);
      assert.equal(schemaOf(value), Newer);
      assert.equal((value as { shout: string }).shout, 'LIMA');
      assert.equal((value as { mayor?: string }).mayor, undefined);
      const Other = new Schema('City', { name: t.uint32 });
      assert.throws(() => first(bytes, [Other]).value, {
        code: 'ERR_SHAREDBUFFERS_SCHEMA_MISMATCH',
      });
    });

    it('are read as schemas that were registered, where these are meant', () => {
      const { value } = withCode([City], () => {
        const read = first(bytes);
        return { value: read.value };
      });
      assert.equal(schemaOf(value), City);
      const Unrelated = new Schema('Unrelated', { name: t.text, other: t.int64 });
      const unmistaken = withCode([Unrelated], () => first(bytes).value);
      assert.equal(schemaOf(unmistaken).name, 'City');
    });
  });
}

describe('option types', () => {
  it('refuses what is no schema, and schemas without a typecode', () => {
    const bytes = arrayOf(Holder).buildSync([{ value: 1 }]);
    for (const types of [5, {}, [5]]) {
      assert.throws(() => open(bytes, { types: types as never }), { name: 'InvalidTypeError' });
    }
    assert.throws(() => open(bytes, { types: [City] }), { message: /City has no typecode/ });
  });
});

describe('the command line', () => {
  const scratch = scratchFolder();

  it('needs no flags for records with typecodes', async () => {
    const path = scratch.path('holders.map');
    withCode([City, Country], () => mappingOf(StringIdMapper, Holder).buildSync([['k', record()]], path));
    const dumped = await runCli(['dump', path, '--format', 'tagged']);
    assert.equal(dumped.stderr, '');
    assert.match(dumped.stdout, /"\$struct":"City"/);
    const info = JSON.parse((await runCli(['info', path, '--json'])).stdout);
    assert.deepEqual(
      info.schema.types.map(({ name, typecode }: { name: string; typecode: number }) => [name, typecode]),
      [
        ['City', 0xc0],
        ['Country', 0xc1],
      ],
    );
    assert.equal((await runCli(['verify', path])).code, 0);
    // What info prints is a schema that builds the same file.
    const schema = scratch.write('holders.json', info.schema);
    const again = scratch.path('again.map');
    const flags = ['--schema', schema, '--id-mapper', 'StringIdMapper', '--from', 'tagged'];
    const built = await runCli(['build', again, ...flags], dumped.stdout);
    assert.equal(built.stderr, '');
    assert.equal((await runCli(['dump', again, '--format', 'tagged'])).stdout, dumped.stdout);
  });

  it('lists all values of a key of a multi-mapping', async () => {
    const path = scratch.path('words.map');
    const schema = scratch.write('word.json', { name: 'Word', slots: [['n', 'int32']] });
    const lines = ['{"key":"a","n":1}', '{"key":"b","n":2}', '{"key":"a","n":3}'].join('\n');
    const flags = ['--kind', 'multi-mapping', '--id-mapper', 'StringIdMapper', '--schema', schema];
    const built = await runCli(['build', path, ...flags], `${lines}\n`);
    assert.equal(built.stderr, '');
    const got = await runCli(['get', path, 'a', 'b', 'c']);
    assert.equal(got.stdout, '["a",[{"n":1},{"n":3}]]\n["b",[{"n":2}]]\n["c",[]]\n');
    const info = JSON.parse((await runCli(['info', path, '--json'])).stdout);
    assert.deepEqual([info.kind, info.idMapper, info.count], ['multi-mapping', 'StringIdMultiMapper', 3]);
    const csv = await runCli(['dump', path, '--format', 'csv']);
    assert.equal(csv.stdout.split('\n')[0], 'key,n');
    const jsonl = await runCli(['dump', path]);
    assert.deepEqual(jsonl.stdout.trim().split('\n').sort(), lines.split('\n').sort());
    assert.equal((await runCli(['verify', path])).code, 0);
    assert.match((await runCli(['types', path])).stdout, /interface Word/);
  });

  it('builds and reads object keys', async () => {
    const path = scratch.path('objects');
    const lines = ['["a",1]', '[5,2]', '[null,3]', '[[1,"x"],4]', '[true,6]', '[2.5,7]'].join('\n');
    const built = await runCli(
      ['build', path, '--kind', 'id-mapper', '--id-mapper', 'ObjectIdMapper'],
      `${lines}\n`,
    );
    assert.equal(built.stderr, '');
    assert.equal((await runCli(['get', path, 'a'])).stdout, '["a",1]\n');
    const keys = [
      '5',
      '{"$float":"5.0"}',
      'null',
      '{"$tuple":[1,"x"]}',
      'false',
      '[1]',
      '{"$date":"2020-01-01"}',
      '1',
    ];
    const got = await runCli(['get', path, '--tagged', ...keys]);
    assert.equal(got.stderr, '');
    assert.deepEqual(
      got.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)[1]),
      [2, 2, 3, 4, null, null, null, 6],
    );
    const dumped = await runCli(['dump', path, '--format', 'tagged']);
    const again = scratch.path('objects-again');
    await runCli(
      ['build', again, '--kind', 'id-mapper', '--id-mapper', 'ObjectIdMapper', '--from', 'tagged'],
      dumped.stdout,
    );
    assert.equal((await runCli(['dump', again, '--format', 'tagged'])).stdout, dumped.stdout);
  });
});
