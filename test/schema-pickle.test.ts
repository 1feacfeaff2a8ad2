import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { InvalidTypeError, OutOfRangeError, TooLargeError } from '#src/errors.js';
import { canonicalTagged } from '#src/exact/canonical.js';
import type { Tagged } from '#src/exact/tagged.js';
import { userDataToTagged } from '#src/exact/user-data.js';
import { OpaqueCall, OpaqueGlobal } from '#src/schema/opaque.js';
import { readSchemaPickle } from '#src/schema/pickle-reader.js';
import { writeSchemaPickle } from '#src/schema/pickle-writer.js';
import { plainPickle } from '#src/schema/plain-pickle.js';
import { OpaqueValue, type StoredSchema } from '#src/schema/stored.js';
import { storedTypes } from '#src/schema/stored-types.js';
import { Float, float } from '#src/types/float.js';
import { Tuple, tuple } from '#src/types/tuple.js';
import { fixtureBytes, fixtureJson } from './support/fixtures.js';
import { describeStored, storedSchema } from './support/stored-schemas.js';

interface PickleEntry {
  name: string;
  file: string;
  python_loads: boolean;
  crafted?: string;
  loaded?: { user_data: Tagged };
}

const entries = fixtureJson<PickleEntry[]>('schema-pickles/index.json');
const bytesOf = (entry: PickleEntry) => fixtureBytes(`schema-pickles/${entry.file}`);
const again = (schema: StoredSchema) => readSchemaPickle(writeSchemaPickle(schema));
const withUserData = (userData: unknown) => storedSchema({ a: 'byte' }, { userData });

describe('the given schema pickles', () => {
  for (const entry of entries) {
    test(`${entry.name} is read as Python reads it`, () => {
      const schema = readSchemaPickle(bytesOf(entry));
      if (!entry.loaded) return;
      const { user_data, ...loaded } = entry.loaded;
      assert.deepEqual(describeStored(schema), loaded);
      const userData = userDataToTagged(schema.userData ?? null);
      assert.equal(canonicalTagged(userData), canonicalTagged(user_data));
    });

    // Handwritten pickles, and those that Python writes and cannot load itself, are written in another form.
    if (!entry.crafted && entry.python_loads) {
      test(`${entry.name} is written as Python writes it`, () => {
        const bytes = bytesOf(entry);
        assert.deepEqual(Buffer.from(writeSchemaPickle(readSchemaPickle(bytes))), Buffer.from(bytes));
      });
    }

    test(`${entry.name} is read again from what is written`, () => {
      const schema = readSchemaPickle(bytesOf(entry));
      assert.deepEqual(describeStored(again(schema)), describeStored(schema));
      assert.deepEqual(again(schema).userData, schema.userData);
    });
  }

  test('a recursive schema that Python cannot load is read all the same', () => {
    const schema = readSchemaPickle(fixtureBytes('schema-pickles/recursive.pickle'));
    assert.equal(schema.slotTypes.get('next'), schema);
    assert.deepEqual(schema.slotKeys, ['next', 'o', 'v']);
  });
});

describe('schemas', () => {
  test('every slot type is written and read under its name', () => {
    for (const name of storedTypes.keys())
      assert.equal(again(storedSchema({ a: name })).slotTypes.get('a'), name);
  });

  test('a schema used twice stays one', () => {
    const point = storedSchema({ x: 'short', y: 'short' });
    const two = again(storedSchema({ p: point, q: point, other: storedSchema({ x: 'short' }) }));
    assert.equal(two.slotTypes.get('p'), two.slotTypes.get('q'));
    assert.notEqual(two.slotTypes.get('p'), two.slotTypes.get('other'));
  });

  test('schemas that contain each other', () => {
    const order = storedSchema({ id: 'int' });
    const item = storedSchema({ count: 'int32', order });
    order.slotTypes.set('items', item).set('parent', order);
    order.slotKeys = ['id', 'items', 'parent'];
    const read = again(storedSchema({ first: order, second: item }));
    const [first, second] = ['first', 'second'].map((name) => read.slotTypes.get(name) as StoredSchema);
    assert.equal(first?.slotTypes.get('items'), second);
    assert.equal(second?.slotTypes.get('order'), first);
    assert.equal(first?.slotTypes.get('parent'), first);
  });

  test('alignment, version and bases are kept', () => {
    const bases = tuple(new OpaqueGlobal('app.models', 'City'));
    const read = again(storedSchema({ a: 'byte' }, { alignment: 4, version: 1, bases }));
    assert.deepEqual([read.alignment, read.version], [4, 1]);
    assert.ok(read.bases instanceof Tuple);
    assert.deepEqual(read.bases, bases);
  });

  test('what cannot be written is refused', () => {
    assert.throws(() => writeSchemaPickle(storedSchema({ a: 'byte' }, { alignment: 0 })), OutOfRangeError);
    assert.throws(() => writeSchemaPickle(storedSchema({ a: 'byte' }, { version: 3 })), OutOfRangeError);
    assert.throws(
      () => writeSchemaPickle(storedSchema({ a: 'byte' }, { slotKeys: ['b'] })),
      InvalidTypeError,
    );
    const odd = storedSchema({ a: 'byte' });
    odd.slotTypes.set('a', 'decimal');
    assert.throws(() => writeSchemaPickle(odd), /"decimal" is none of the slot types/);
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`s${i}`, 'byte']));
    assert.throws(() => writeSchemaPickle(storedSchema(many)), OutOfRangeError);
    let deep = storedSchema({ a: 'byte' });
    for (let i = 0; i < 300; i++) deep = storedSchema({ deep });
    assert.throws(() => writeSchemaPickle(deep), TooLargeError);
  });
});

describe('user data', () => {
  const kinds: [string, unknown][] = [
    ['text', 'é名😀\0'],
    ['numbers', [0, 255, 256, 65536, -1, 2 ** 31, -(2 ** 31) - 1, 2.5, -0, Infinity, -Infinity, NaN]],
    ['large integers', [2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 3000n, -(2n ** 3000n)]],
    ['booleans', [true, false, null]],
    ['bytes', [new Uint8Array(0), Uint8Array.of(0, 127, 128, 255)]],
    ['tuples', [tuple(), tuple(1), tuple(1, 2), tuple(1, 2, 3), tuple(1, 2, 3, 4), tuple(tuple(7))]],
    ['sets', [new Set(), new Set(['a']), new Set([1, 'b', tuple(1, new Set([2]))])]],
    [
      'maps',
      new Map<unknown, unknown>([
        [1, 'a'],
        ['b', 2],
        [tuple(1, 2), [3]],
      ]),
    ],
    ['long lists', Array.from({ length: 2345 }, (_, i) => i)],
    ['holes in lists', [null]],
  ];
  for (const [name, value] of kinds) {
    test(`${name} come back as they were`, () =>
      assert.deepEqual(again(withUserData(value)).userData, value));
  }

  test('integers are written in the fewest bytes', () => {
    const sizeOf = (value: bigint) => writeSchemaPickle(withUserData(value)).length;
    const base = sizeOf(2n ** 39n - 1n);
    assert.equal(sizeOf(-(2n ** 39n)), base);
    assert.equal(sizeOf(2n ** 39n), base + 1);
    assert.equal(sizeOf(-(2n ** 39n) - 1n), base + 1);
  });

  test('dicts of text are objects without prototype, whatever their keys', () => {
    const userData = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "a": {}}') as object;
    const read = again(withUserData(userData)).userData as Record<string, unknown>;
    assert.equal(Object.getPrototypeOf(read), null);
    assert.deepEqual(Object.keys(read), ['__proto__', 'constructor', 'a']);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  test('float() keeps an integral number a float', () => {
    const bytes = writeSchemaPickle(withUserData([float(3), 3]));
    assert.deepEqual(readSchemaPickle(bytes).userData, [3, 3]);
    assert.deepEqual(readSchemaPickle(bytes, { exactFloats: true }).userData, [new Float(3), 3]);
  });

  test('one object used twice, and in itself, is one object', () => {
    const shared = { a: [1] };
    const list: unknown[] = [shared, shared];
    list.push(list);
    const read = again(withUserData(list)).userData as unknown[];
    assert.equal(read[0], read[1]);
    assert.equal(read[2], read);
  });

  test('an absent value and None are the same', () => {
    assert.equal(again(withUserData(null)).userData, undefined);
    assert.equal(again(withUserData(undefined)).userData, undefined);
  });

  test('values of unknown classes are kept opaque', () => {
    const thing = new OpaqueCall(new OpaqueGlobal('app', 'Thing'), [float(1), 'x']);
    thing.items.push(1, 2);
    thing.entries.push(['k', 'v']);
    thing.state = { me: thing };
    const read = again(withUserData([thing, new OpaqueValue('a.b.C'), new OpaqueValue('a.D', [1])])).userData;
    const [first, second, third] = read as OpaqueValue[];
    assert.ok(first instanceof OpaqueCall);
    assert.deepEqual([first.global, first.items, first.entries], ['app.Thing', [1, 2], [['k', 'v']]]);
    assert.deepEqual(first.args, [new Float(1), 'x']);
    assert.equal((first.state as Record<string, unknown>).me, first);
    assert.ok(second instanceof OpaqueGlobal && second.global === 'a.b.C');
    assert.deepEqual([third?.global, third?.args], ['a.D', [1]]);
  });

  test('what Python could not take is refused', () => {
    const selfish: Tuple = tuple();
    selfish.push(selfish);
    const refused = [[undefined], Symbol('s'), () => 1, new Date(0), new Float64Array(1), { a: /x/ }];
    for (const value of [
      ...refused,
      new Set([[1]]),
      new Map([[{}, 1]]),
      new Set([new Map()]),
      selfish,
      '\ud800',
    ]) {
      assert.throws(() => writeSchemaPickle(withUserData(value)), InvalidTypeError);
    }
    let deep: unknown[] = [];
    for (let i = 0; i < 300; i++) deep = [deep];
    assert.throws(() => writeSchemaPickle(withUserData(deep)), TooLargeError);
    assert.throws(() => writeSchemaPickle(withUserData('x'.repeat(1 << 20))), TooLargeError);
  });
});

describe('the pickle of a schema of the usual kind, made without the writer', () => {
  const written = (schema: StoredSchema) => Buffer.from(writeSchemaPickle(schema)).toString('latin1');
  const name = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 300 });
  const memoized = fc.constantFrom(
    'alignment',
    'version',
    'bases',
    'slot_types',
    'slot_keys',
    'Schema',
    'byte',
  );
  const slots = fc.dictionary(fc.oneof(name, memoized), fc.constantFrom(...storedTypes.keys()), {
    maxKeys: 64,
  });

  test('is what the writer makes, whatever the slots', () => {
    fc.assert(
      fc.property(
        slots,
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom(1, 2),
        (types, alignment, version) => {
          const schema = storedSchema(types, { alignment, version });
          assert.equal(plainPickle(schema), written(schema));
        },
      ),
    );
  });

  test('is not made of any other kind', () => {
    const others = [
      storedSchema({ a: storedSchema({ b: 'byte' }) }),
      withUserData({ made: 'by hand' }),
      storedSchema({ é: 'byte' }),
      storedSchema({ '': 'byte' }),
      storedSchema({ a: 'byte' }, { alignment: 256 }),
      storedSchema({ a: 'byte' }, { bases: tuple(new OpaqueValue('records.Base')) }),
    ];
    for (const schema of others) assert.equal(plainPickle(schema), undefined);
  });

  test('is what Python writes, where that is one', () => {
    const plain = entries
      .filter(({ crafted, python_loads }) => !crafted && python_loads)
      .map((entry) => ({ bytes: bytesOf(entry), pickle: plainPickle(readSchemaPickle(bytesOf(entry))) }))
      .filter(({ pickle }) => pickle !== undefined);
    assert.ok(plain.length > 3, `${plain.length} of the given pickles`);
    for (const { bytes, pickle } of plain) assert.equal(pickle, Buffer.from(bytes).toString('latin1'));
  });
});
