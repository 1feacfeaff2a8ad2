import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InvalidTypeError, OutOfRangeError } from '#src/errors.js';
import type { Tagged } from '#src/exact/tagged.js';
import { readSchemaPickle } from '#src/schema/pickle-reader.js';
import { parseSchemaJson, schemasFromJson } from '#src/schema/schema-json.js';
import { schemaToJson } from '#src/schema/schema-to-json.js';
import type { StoredSchema } from '#src/schema/stored.js';
import { storageOrder, storedNameOf, storedSize } from '#src/schema/stored-types.js';
import { fixtureBytes, fixtureJson } from './support/fixtures.js';
import { describeStored, storedSchema } from './support/stored-schemas.js';

interface SchemaEntry {
  name: string;
  slots: [string, string][];
  slot_keys: string[];
  alignment: number;
  version?: number;
  types?: SchemaEntry[];
}

interface Fixture {
  name: string;
  schema?: SchemaEntry;
  types?: SchemaEntry[];
  expected?: { stored_schema?: unknown; user_data?: Tagged };
}

interface PickleEntry extends Fixture {
  file: string;
  python_loads: boolean;
  loaded?: Record<string, unknown>;
}

const root = (json: unknown): StoredSchema => {
  const description = schemasFromJson(json);
  assert.ok(description.root);
  return description.root.schema;
};

describe('the schemas of the fixtures', () => {
  const { fixtures } = fixtureJson<{ fixtures: Fixture[] }>('manifest.json');
  const described = fixtures.filter(
    ({ schema, types }) => schema?.name !== undefined || (types?.length ?? 0) > 0,
  );

  test('all of them are read, with the storage order that Python uses', () => {
    for (const { name, schema, types } of described) {
      const description = schemasFromJson({ ...schema, types });
      const sources = [...(types ?? []), ...(schema?.name === undefined ? [] : [schema])];
      const read = [...description.types, ...(schema?.name === undefined ? [] : [description.root])];
      for (const [i, source] of sources.entries()) {
        assert.deepEqual(read[i]?.schema.slotKeys, source.slot_keys, name);
        assert.equal(read[i]?.schema.alignment, source.alignment, name);
        assert.equal(read[i]?.schema.version, source.version ?? 2, name);
      }
    }
    assert.ok(described.length > 100, `${described.length} schemas`);
  });

  test('they are what Python stores for them', () => {
    let checked = 0;
    for (const { name, schema, types, expected } of fixtures) {
      if (!expected?.stored_schema) continue;
      assert.deepEqual(describeStored(root({ ...schema, types })), expected.stored_schema, name);
      checked++;
    }
    assert.ok(checked > 50, `${checked} stored schemas`);
  });

  test('they come back from the JSON that is printed of them', () => {
    for (const { name, schema, types } of described) {
      if (schema?.name === undefined) continue;
      const description = schemasFromJson({ ...schema, types });
      const json = schemaToJson(description.root?.schema as StoredSchema, {
        name: schema.name,
        types: description.types,
      });
      assert.deepEqual(schemasFromJson(JSON.parse(JSON.stringify(json))), description, name);
    }
  });

  test('the schema pickles are described as their JSON', () => {
    for (const { name, file, schema, types, loaded } of fixtureJson<PickleEntry[]>(
      'schema-pickles/index.json',
    )) {
      if (!loaded || name === 'handwritten-no-version') continue;
      const stored = readSchemaPickle(fixtureBytes(`schema-pickles/${file}`), { exactFloats: true });
      const json = root({ ...schema, types });
      assert.deepEqual(describeStored(stored), describeStored(json), name);
      assert.deepEqual(stored.userData, json.userData, name);
    }
  });
});

describe('schemas from JSON', () => {
  const slots = (...pairs: [string, string][]) => ({ name: 'S', slots: pairs });

  test('a schema with nothing but a name and slots', () => {
    const { root: named, types } = schemasFromJson({
      ...slots(['a', 'int8'], ['b', 'str']),
      comment: 'ignored',
    });
    assert.equal(named?.name, 'S');
    assert.equal(named.typecode, undefined);
    assert.deepEqual(named.schema, storedSchema({ a: 'byte', b: 'mapped_unicode' }));
    assert.deepEqual(types, []);
  });

  test('structs refer to each other and to themselves', () => {
    const json = {
      ...slots(['p', 'struct:P'], ['me', 'struct:S']),
      types: [
        { name: 'P', slots: [['q', 'struct:Q']], typecode: 128 },
        {
          name: 'Q',
          slots: [
            ['p', 'struct:P'],
            ['s', 'struct:S'],
          ],
          typecode: null,
        },
      ],
    };
    const { root: s, types } = schemasFromJson(json);
    const [p, q] = types;
    assert.equal(s?.schema.slotTypes.get('p'), p?.schema);
    assert.equal(s?.schema.slotTypes.get('me'), s?.schema);
    assert.equal(p?.schema.slotTypes.get('q'), q?.schema);
    assert.equal(q?.schema.slotTypes.get('s'), s?.schema);
    assert.deepEqual([p?.typecode, q?.typecode], [128, undefined]);
  });

  test('types alone make no root', () => {
    const description = schemasFromJson({ types: [{ name: 'P', slots: [] }] });
    assert.equal(description.root, undefined);
    assert.equal(description.types[0]?.name, 'P');
  });

  test('a root that stands among the types is the same schema', () => {
    const node = { name: 'Node', slots: [['next', 'struct:Node']], typecode: 160 };
    const { root: first, types } = schemasFromJson({ ...node, types: [node] });
    assert.equal(first, types[0]);
    assert.throws(() => schemasFromJson({ ...node, types: [{ ...node, slots: [] }] }), /described twice/);
  });

  test('versions and alignments', () => {
    assert.equal(root(slots()).version, 2);
    assert.equal(root({ ...slots(), version: 1 }).version, 1);
    assert.equal(root({ ...slots(), reinitialize: true }).version, 1);
    assert.equal(root({ ...slots(), alignment: 16 }).alignment, 16);
    for (const wrong of [
      { version: 3 },
      { version: '2' },
      { alignment: 0 },
      { alignment: 1.5 },
      { alignment: '8' },
    ]) {
      assert.throws(() => root({ ...slots(), ...wrong }), OutOfRangeError);
    }
    assert.throws(() => root({ ...slots(), version: 2, reinitialize: true }), InvalidTypeError);
  });

  test('a storage order that is not the one of the slots is an error that says so', () => {
    const json = slots(['a', 'int8'], ['b', 'str']);
    assert.ok(root({ ...json, slot_keys: ['b', 'a'] }));
    assert.throws(
      () => root({ ...json, slot_keys: ['a', 'b'] }),
      /"slot_keys".*\["a","b"\].*stored as \["b","a"\]/,
    );
    assert.throws(() => root({ ...json, slot_keys: ['b'] }), InvalidTypeError);
  });

  test('user data is tagged', () => {
    assert.deepEqual(root({ ...slots(), user_data: { $dict: [['a', 1]] } }).userData, {
      __proto__: null,
      a: 1,
    });
    assert.throws(() => root({ ...slots(), user_data: { a: 1 } }), InvalidTypeError);
  });

  test('what is wrong is named', () => {
    const wrong: [unknown, RegExp][] = [
      [slots(['a', 'int7']), /schema "S" names the type "int7" for the slot "a"/],
      [slots(['a', 'struct:X']), /"struct:X" for the slot "a", which is none of its "types"/],
      [slots(['a', 'int8'], ['a', 'int8']), /"S" has the slot "a" twice/],
      [{ name: 'S', slots: { a: 'int8' } }, /"S" has no array "slots"/],
      [{ name: 'S', slots: [['a']] }, /pairs \[name, type\], not \["a"\]/],
      [{ name: 'S', slots: [['\ud800', 'int8']] }, /lone surrogate/],
      [{ slots: [] }, /has no "name"/],
      [{}, /has no "name"/],
      [[], /not an object/],
      [null, /not an object/],
      [{ ...slots(), types: {} }, /"types"/],
      [{ ...slots(), types: [5] }, /type 0 is 5, not an object/],
      [{ ...slots(), typecode: 256 }, /typecode of the schema "S" is 256/],
      [
        {
          types: [
            { name: 'A', slots: [], typecode: 65 },
            { name: 'B', slots: [], typecode: 65 },
          ],
        },
        /same typecode, 65/,
      ],
      [slots(...Array.from({ length: 65 }, (_, i): [string, string] => [`s${i}`, 'int8'])), /65 slots/],
    ];
    for (const [json, message] of wrong) assert.throws(() => schemasFromJson(json), { message });
    assert.throws(() => parseSchemaJson('{'), /the schema is no JSON/);
  });
});

describe('schemas to JSON', () => {
  test('nested schemas get names from the slots', () => {
    const point = storedSchema({ x: 'short' });
    const home = storedSchema({ at: point });
    const schema = storedSchema({ home, at: storedSchema({ y: 'int' }), twin: point }, { userData: [1] });
    const json = schemaToJson(schema, { name: 'Person' });
    assert.deepEqual(json.slots, [
      ['home', 'struct:Home'],
      ['at', 'struct:At'],
      ['twin', 'struct:Twin'],
    ]);
    assert.deepEqual(json.user_data, [1]);
    assert.deepEqual(
      json.types?.map(({ name, slots }) => [name, slots]),
      [
        ['Home', [['at', 'struct:Twin']]],
        ['At', [['y', 'int']]],
        ['Twin', [['x', 'int16']]],
      ],
    );
    assert.equal(schemaToJson(storedSchema({})).name, 'Record');
  });

  test('names are not given twice', () => {
    const json = schemaToJson(
      storedSchema({ a: storedSchema({ A: storedSchema({}) }), A: storedSchema({}) }),
      { name: 'A' },
    );
    assert.deepEqual(
      json.types?.map(({ name }) => name),
      ['A2', 'A3', 'A4'],
    );
  });

  test('a recursive schema refers to itself', () => {
    const node = storedSchema({ v: 'int' });
    node.slotTypes.set('next', node);
    node.slotKeys = ['next', 'v'];
    const json = schemaToJson(node, { name: 'Node' });
    assert.deepEqual(json.slots, [
      ['v', 'int'],
      ['next', 'struct:Node'],
    ]);
    assert.deepEqual(root(json), node);
  });
});

describe('slot types', () => {
  test('sizes and storage order', () => {
    assert.deepEqual(['bool', 'short', 'uint32', 'int', 'mapped_list'].map(storedSize), [1, 2, 4, 8, 8]);
    assert.throws(() => storedSize('text'), InvalidTypeError);
    const types = { b: 'byte', '😀': 'float64', '\uffff': 'mapped_list', z: 'int32', a: 'bool', B: 'int' };
    assert.deepEqual(storageOrder(new Map(Object.entries(types))), ['B', '\uffff', '😀', 'z', 'a', 'b']);
  });

  test('the names of the JSON form', () => {
    const names = {
      int: 'int',
      int8: 'byte',
      str: 'mapped_unicode',
      set: 'mapped_frozenset',
      memoryview: 'proxied_buffer',
      mapped_dict: 'mapped_dict',
      Decimal: 'mapped_decimal',
      toString: undefined,
      text: undefined,
    };
    for (const [name, stored] of Object.entries(names)) assert.equal(storedNameOf(name), stored);
  });
});
