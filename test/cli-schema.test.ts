/** Schemas on the command line: one schema for each that a file describes, user data as it is stored. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { open } from 'sharedbuffers';
import { schemaFileOf } from '#src/cli/schema-file.js';
import { schemaFromStored, schemasFromStored } from '#src/schema/from-stored.js';
import type { Schema } from '#src/schema/schema.js';
import { schemasFromJson } from '#src/schema/schema-json.js';
import { StructType } from '#src/types/struct.js';
import { runCli, scratchFolder } from './support/cli.js';

const scratch = scratchFolder();

/** The schema of the records in a slot. */
function nested(schema: Schema | undefined, name: string): object | undefined {
  const type = schema?.slots.find((slot) => slot.name === name)?.type;
  return type instanceof StructType ? type.schema() : undefined;
}

const country = { name: 'Country', slots: [['capital', 'struct:City']], typecode: 0x81 };
const city = {
  name: 'City',
  slots: [
    ['twin', 'struct:City'],
    ['country', 'struct:Country'],
  ],
};

describe('the schemas of a schema file', () => {
  test('are the same objects wherever they are named', () => {
    const { root, types, typecodes } = schemaFileOf(schemasFromJson({ ...city, types: [country] }));
    assert.equal(nested(root, 'twin'), root);
    assert.equal(nested(root, 'country'), types.get('Country'));
    assert.equal(nested(types.get('Country'), 'capital'), root);
    assert.deepEqual([...typecodes], [[types.get('Country'), 0x81]]);
  });

  test('are one where the root stands among the types', () => {
    const { root, types } = schemaFileOf(
      schemasFromJson({ ...city, types: [{ ...city, typecode: 0x82 }, country] }),
    );
    assert.equal(types.get('City'), root);
    assert.deepEqual([...types.keys()], ['City', 'Country']);
  });

  test('can do without a root', () => {
    const { root, types } = schemaFileOf(schemasFromJson({ types: [city, country] }));
    assert.equal(root, undefined);
    assert.equal(nested(types.get('City'), 'country'), types.get('Country'));
  });

  test('have the names that they are given, nested ones else those of their slots', () => {
    const { root, types } = schemasFromJson({ ...city, types: [country] });
    assert.ok(root !== undefined);
    const made = schemasFromStored([{ name: 'Town', schema: root.schema }]);
    assert.deepEqual(
      [...made.values()].map(({ name }) => name),
      ['Town', 'Country'],
    );
    assert.equal(made.get(types[0]?.schema as never)?.name, 'Country');
    assert.equal(schemaFromStored(root.schema).name, 'Record');
    assert.equal(schemaFromStored(root.schema, ['Town', 'Land']).name, 'Town');
  });
});

describe('user data', () => {
  const userData = {
    $dict: [
      ['count', 3],
      ['scale', { $float: '3.0' }],
      ['steps', { $tuple: [{ $float: '-0.0' }, 0.5, { $int: '9007199254740993' }] }],
    ],
  };
  const schema = scratch.write('schema.json', {
    name: 'S',
    slots: [['inner', 'struct:Inner']],
    user_data: userData,
    types: [{ name: 'Inner', slots: [['x', 'int8']], user_data: [{ $float: '1.0' }, 1] }],
  });

  test('is printed as it is stored, and plain numbers in programs', async () => {
    const path = scratch.path('data.array');
    assert.equal((await runCli(['build', path, '--schema', schema], '{"inner":{"x":1}}\n')).code, 0);
    const { stdout } = await runCli(['info', path, '--json']);
    const info = JSON.parse(stdout) as {
      userData: unknown;
      schema: { user_data: unknown; types: { user_data: unknown }[] };
    };
    assert.deepEqual(info.userData, userData);
    assert.deepEqual(info.schema.user_data, userData);
    assert.deepEqual(info.schema.types[0]?.user_data, [{ $float: '1.0' }, 1]);
    assert.match((await runCli(['info', path])).stdout, /^user data .*\["scale",\{"\$float":"3\.0"\}\]/m);
    using array = open(path);
    assert.ok('schema' in array);
    assert.equal((array.schema.userData as Record<string, unknown>).scale, 3);
  });

  test('survives a build with the schema that info prints', async () => {
    const path = scratch.path('data.map');
    const build = ['--key', 'x', '--from', 'csv', '--id-mapper', 'NumericIdMapper'];
    const flat = { name: 'S', slots: [['x', 'int8']], user_data: userData };
    await runCli(['build', path, '--schema', scratch.write('flat.json', flat), ...build], 'x\n1\n');
    const { stdout } = await runCli(['info', path, '--json']);
    const printed = scratch.write('printed.json', (JSON.parse(stdout) as { schema: unknown }).schema);
    const copy = scratch.path('copy.map');
    await runCli(['build', copy, '--schema', printed, ...build], 'x\n1\n');
    assert.deepEqual(readFileSync(copy), readFileSync(path));
  });
});
