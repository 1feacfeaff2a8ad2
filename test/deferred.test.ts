/**
 * What runtimes import has stand-ins for the library, which is loaded when one of them is first used: nobody sees the
 * difference. What is taken of them here before anything is used is as good as what is taken later.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import * as library from 'sharedbuffers';
import {
  arrayOf,
  CorruptDataError,
  DateTime,
  IdMapper,
  Mapping,
  mappingOf,
  OutOfRangeError,
  Schema,
  SharedBuffersError,
  StringIdMapper,
  Tuple,
  t,
  toObject,
} from 'sharedbuffers';

class Early extends Tuple<[string]> {
  get first() {
    return this[0];
  }
}
const early = { ...library };
const { pack } = Schema.prototype;
const shown = inspect(StringIdMapper);

const Place = new Schema('Place', { name: t.text, at: t.datetime });
const Places = mappingOf(StringIdMapper, Place);
const places = Places.from(Places.buildSync([['Gent', { name: 'Gent', at: new Date(0) }]]));

describe('what is taken of the library before it is used', () => {
  it('has the classes that are there later', () => {
    for (const [name, value] of Object.entries(library)) {
      // Functions and `t` make way for what they stood for.
      const isClass = typeof value === 'function' && 'prototype' in value && /^[A-Z]/.test(name);
      if (isClass) assert.equal(early[name as keyof typeof library], value, name);
    }
  });

  it('has functions and types that do the same', () => {
    assert.deepEqual(early.toObject(places.get('Gent') as object), toObject(places.get('Gent') as object));
    assert.deepEqual(Object.keys(early.t), Object.keys(t));
    assert.equal(early.t.text, t.text);
    assert.equal('text' in early.t, true);
    assert.deepEqual(early.arrayOf(Place).name, arrayOf(Place).name);
    assert.equal(early.open.name, 'open');
  });

  it('was there for classes that extend it', () => {
    const made = new Early(['x']);
    assert.deepEqual(made.first, ['x']);
    assert.ok(made instanceof Tuple && made instanceof Early);
    assert.equal(made.constructor, Early);
  });

  it('had the methods and the name of the class', () => {
    assert.equal(pack, Schema.prototype.pack);
    assert.equal(shown, inspect(StringIdMapper));
    assert.match(shown, /StringIdMapper/);
  });
});

describe('a class of the library', () => {
  it('is that of its instances', () => {
    assert.ok(Place instanceof Schema);
    assert.equal(Place.constructor, Schema);
    assert.ok(places instanceof Mapping);
    const at = places.get('Gent')?.at;
    assert.ok(at instanceof DateTime && at instanceof Date);
    assert.equal(at.constructor, DateTime);
    assert.equal(new Tuple(1, 2).constructor, Tuple);
    assert.equal(Place instanceof Mapping, false);
  });

  it('has its base class', () => {
    assert.ok(StringIdMapper.prototype instanceof IdMapper);
    assert.equal(Object.getPrototypeOf(CorruptDataError), SharedBuffersError);
    assert.ok(Object.prototype.isPrototypeOf.call(Error, OutOfRangeError));
    assert.equal(Object.getPrototypeOf(DateTime), Date);
  });

  it('is that of errors, for whoever catches them', () => {
    assert.throws(() => Places.from(new Uint8Array(40)), CorruptDataError);
    assert.throws(() => Places.from(new Uint8Array(40)), { constructor: CorruptDataError });
    assert.equal(new Error('x') instanceof SharedBuffersError, false);
  });

  it('is no function, and can be no more than a class can', () => {
    assert.throws(() => (Schema as unknown as () => void)(), TypeError);
    assert.equal(typeof Schema, 'function');
    assert.equal(Schema.name, 'Schema');
    assert.equal('of' in Schema, 'of' in early.Schema);
    assert.deepEqual(
      Object.getOwnPropertyNames(Schema).sort(),
      Object.getOwnPropertyNames(early.Schema).sort(),
    );
  });

  it('lets tests put something in the place of a method, and back', (context) => {
    const spied = context.mock.method(Schema.prototype, 'pack', () => new Uint8Array(1));
    assert.equal(Place.pack({ name: 'x', at: new Date(0) }).length, 1);
    spied.mock.restore();
    assert.ok(Place.pack({ name: 'x', at: new Date(0) }).length > 1);
    const built = context.mock.method(StringIdMapper, 'buildSync', () => new Uint8Array(1));
    assert.equal(StringIdMapper.buildSync([]).length, 1);
    built.mock.restore();
    assert.ok(StringIdMapper.buildSync([]).length > 1);
  });
});
