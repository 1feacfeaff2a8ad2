import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  CorruptDataError,
  equals,
  Schema,
  SharedBuffersError,
  schemaOf,
  t,
  toObject,
  tuple,
} from 'sharedbuffers';

const Country = new Schema('Country', { code: t.text, name: t.text });
const City = new Schema('City', {
  id: t.uint32,
  population: t.uint32,
  name: t.text,
  country: Country,
  area: t.float32.optional(),
  twin: t.self.optional(),
});

const belgium = { code: 'BE', name: 'België' };
const gent = { id: 7, population: 262219, name: 'Gent', country: belgium };

describe('packing and unpacking', () => {
  it('reads every slot in place', () => {
    const city = City.unpackFrom(City.pack({ ...gent, area: 156.25 }));
    assert.equal(city.id, 7);
    assert.equal(city.population, 262219);
    assert.equal(city.name, 'Gent');
    assert.equal(city.country.name, 'België');
    assert.equal(city.area, 156.25);
  });

  it('tells a slot that was never set from one set to null', () => {
    assert.equal(City.unpackFrom(City.pack(gent)).area, undefined);
    assert.equal(City.unpackFrom(City.pack({ ...gent, area: null })).area, null);
    assert.equal('area' in City.unpackFrom(City.pack(gent)), true);
  });

  it('packs at an offset, answers the number of bytes and leaves the rest alone', () => {
    const packed = City.pack(gent);
    const buffer = new Uint8Array(packed.length + 30).fill(0xee);
    assert.equal(City.packInto(gent, buffer, 13), packed.length);
    assert.deepEqual(buffer.subarray(13, 13 + packed.length), packed);
    assert.ok(buffer.subarray(0, 13).every((byte) => byte === 0xee));
    assert.ok(buffer.subarray(13 + packed.length).every((byte) => byte === 0xee));
    assert.equal(City.unpackFrom(buffer, 13).name, 'Gent');
    assert.equal(City.unpackFrom(buffer.buffer, 13).name, 'Gent');
  });

  it('refuses to pack where there is no room, and writes nothing', () => {
    const buffer = new Uint8Array(40).fill(0xee);
    assert.throws(() => City.packInto(gent, buffer, 0), {
      name: 'OutOfRangeError',
      code: 'ERR_SHAREDBUFFERS_OUT_OF_RANGE',
    });
    assert.throws(() => City.packInto(gent, buffer, -1), RangeError);
    assert.ok(buffer.every((byte) => byte === 0xee));
  });

  it('refuses to unpack where no record can start', () => {
    const packed = City.pack(gent);
    for (const offset of [-1, 1.5, packed.length, packed.length - 7, Number.NaN]) {
      assert.throws(() => City.unpackFrom(packed, offset), RangeError);
    }
  });

  it('stores an object and a text once that occur twice in a record', () => {
    const Pair = new Schema('Pair', { a: Country, b: Country, c: t.text, d: t.text });
    const shared = Pair.pack({ a: belgium, b: belgium, c: 'same text', d: 'same text' });
    const apart = Pair.pack({ a: belgium, b: { ...belgium }, c: 'same text', d: 'other text' });
    assert.ok(shared.length < apart.length);
    const pair = Pair.unpackFrom(shared);
    assert.deepEqual(
      [pair.a.name, pair.b.name, pair.c, pair.d],
      ['België', 'België', 'same text', 'same text'],
    );
  });

  it('packs and reads cycles', () => {
    const city: { -readonly [K in keyof typeof gent]: (typeof gent)[K] } & { twin?: unknown } = { ...gent };
    city.twin = city;
    const read = City.unpackFrom(City.pack(city as never));
    assert.equal(read.twin?.twin?.twin?.name, 'Gent');
    assert.throws(() => toObject(read), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
    assert.throws(() => JSON.stringify(read), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
  });

  it('refuses records that nest deeper than they can be read', () => {
    let city: object = gent;
    for (let depth = 0; depth < 300; depth++) city = { ...gent, twin: city };
    assert.throws(() => City.pack(city as never), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
    assert.equal(City.unpackFrom(City.pack(gent)).name, 'Gent', 'a failed record leaves no trace');
  });

  it('packs a record that was read', () => {
    const read = City.unpackFrom(City.pack({ ...gent, twin: { ...gent, name: 'Melle' } }));
    const again = City.unpackFrom(City.pack(read));
    assert.ok(equals(read, again));
    assert.equal(again.twin?.name, 'Melle');
  });

  it('packs while a value is being packed', () => {
    const inner = {
      get name() {
        return City.unpackFrom(City.pack(gent)).name;
      },
    };
    const read = City.unpackFrom(
      City.pack({
        ...gent,
        get name() {
          return inner.name;
        },
      }),
    );
    assert.equal(read.name, 'Gent');
  });
});

describe('values', () => {
  const limits = {
    int8: [-128, 127],
    uint8: [0, 255],
    int16: [-32768, 32767],
    uint16: [0, 65535],
    int32: [-(2 ** 31), 2 ** 31 - 1],
    uint32: [0, 2 ** 32 - 1],
  } as const;

  for (const [name, [min, max]] of Object.entries(limits)) {
    it(`${name} takes ${min} to ${max} and nothing else`, () => {
      const One = new Schema('One', { x: t[name as keyof typeof limits] });
      for (const value of [min, max, 0]) assert.equal(One.unpackFrom(One.pack({ x: value })).x, value);
      for (const value of [min - 1, max + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        assert.throws(() => One.pack({ x: value }), { name: 'OutOfRangeError' }, String(value));
      }
      for (const value of ['1', true, {}, [1]]) {
        assert.throws(() => One.pack({ x: value as never }), { name: 'InvalidTypeError' });
      }
    });
  }

  it('64-bit integers read as bigint and take both', () => {
    const Wide = new Schema('Wide', { s: t.int64, u: t.uint64 });
    const read = (s: number | bigint, u: number | bigint) => toObject(Wide.unpackFrom(Wide.pack({ s, u })));
    assert.deepEqual(read(-(2n ** 63n), 2n ** 64n - 1n), { s: -(2n ** 63n), u: 2n ** 64n - 1n });
    assert.deepEqual(read(-1, Number.MAX_SAFE_INTEGER), { s: -1n, u: 2n ** 53n - 1n });
    assert.deepEqual(read(Number.MIN_SAFE_INTEGER, 0), { s: -(2n ** 53n) + 1n, u: 0n });
    for (const bad of [2n ** 63n, -(2n ** 63n) - 1n, 2 ** 53, 1.5])
      assert.throws(() => read(bad, 0), RangeError);
    for (const bad of [-1, -1n, 2n ** 64n]) assert.throws(() => read(0, bad), RangeError);
  });

  it('t.int reads numbers, and says what to do beyond 2^53', () => {
    const One = new Schema('One', { x: t.int });
    for (const x of [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      assert.equal(One.unpackFrom(One.pack({ x })).x, x);
    }
    const large = One.unpackFrom(One.pack({ x: -(2n ** 60n) }));
    assert.throws(() => large.x, { code: 'ERR_SHAREDBUFFERS_UNSAFE_INTEGER', message: /t\.int64/ });
    const Exact = new Schema('Exact', { x: t.int64 });
    assert.equal(Exact.unpackFrom(One.pack({ x: 2n ** 62n })).x, 2n ** 62n);
  });

  it('floats keep NaN, infinities and -0; float32 refuses what would overflow', () => {
    const Floats = new Schema('Floats', { f: t.float32, d: t.float64 });
    const read = (f: number, d: number) => Floats.unpackFrom(Floats.pack({ f, d }));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1.5]) {
      assert.ok(Object.is(read(value, value).f, value) && Object.is(read(value, value).d, value));
    }
    assert.equal(read(0.1, 0.1).f, Math.fround(0.1));
    assert.throws(() => read(3.5e38, 0), { name: 'OutOfRangeError', message: /float32/ });
    assert.throws(() => read(0, '1' as never), TypeError);
  });

  it('bool takes booleans only', () => {
    const One = new Schema('One', { x: t.bool });
    assert.equal(One.unpackFrom(One.pack({ x: true })).x, true);
    assert.equal(One.unpackFrom(One.pack({ x: false })).x, false);
    assert.throws(() => One.pack({ x: 1 as never }), {
      name: 'InvalidTypeError',
      message: /One\.x.*boolean/,
    });
  });

  it('text of every length and alphabet comes back, lone surrogates are refused', () => {
    const One = new Schema('One', { x: t.text });
    const texts = [
      '',
      'a',
      'ñ',
      '日本語',
      '😀',
      '\0',
      '\u{10ffff}',
      'a'.repeat(170),
      'ñ'.repeat(171),
      '😀'.repeat(500),
    ];
    for (const length of [0x7ffd, 0x7ffe, 0x7fff, 0x8000, 70_000]) texts.push('x'.repeat(length));
    for (const x of texts) assert.equal(One.unpackFrom(One.pack({ x })).x, x);
    for (const x of ['\ud800', 'ok\udc00', `${'y'.repeat(600)}\ud800`]) {
      assert.throws(() => One.pack({ x }), { name: 'InvalidTypeError', message: /lone surrogate/ });
    }
  });

  it('text is stored as the UTF-8 of it, wherever its characters are in it', () => {
    const One = new Schema('One', { x: t.text });
    for (const letter of [
      'a',
      '\x7f',
      '\x80',
      'ñ',
      '\u07ff',
      '\u0800',
      '日',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '😀',
    ]) {
      for (let before = 0; before < 40; before++) {
        for (const x of [`${'x'.repeat(before)}${letter}y`, `${letter.repeat(before)}`]) {
          const bytes = Buffer.from(x, 'utf8');
          const packed = Buffer.from(One.pack({ x }));
          assert.equal(packed.readUInt16LE(16), bytes.length);
          assert.ok(packed.subarray(18, 18 + bytes.length).equals(bytes), x);
        }
      }
    }
  });

  it('lie at multiples of the alignment, whatever it is, with zeros in between', () => {
    for (const alignment of [1, 2, 3, 5, 7, 8, 12, 16, 24, 1000]) {
      const Odd = new Schema('Odd', { a: t.text, b: t.text, n: t.list(t.uint8) }, { alignment });
      const record = { a: 'ä', b: 'two', n: [1, 2] };
      // What was there before is no padding.
      Odd.pack({ a: '\xff'.repeat(4000), b: '\xfe'.repeat(4000), n: [255] });
      const packed = Buffer.from(Odd.pack(record));
      const start = Odd.layout.headerBytes;
      const values = [0, 8, 16].map((field) => Number(packed.readBigInt64LE(start + field)));
      const ends = [
        start + 24,
        ...[4, 5, 6].map((size, index) => (values[index] as number) + size),
        packed.length,
      ];
      for (const [index, position] of [...values, packed.length].entries()) {
        assert.equal(position % alignment, 0, `value ${index} at ${position} of ${alignment}`);
        const padding = packed.subarray(ends[index], position);
        assert.ok(padding.length < alignment && padding.every((byte) => byte === 0));
      }
      assert.deepEqual(toObject(Odd.unpackFrom(packed)), record);
    }
  });

  it('bytes come back as copies', () => {
    const One = new Schema('One', { x: t.bytes });
    for (const length of [0, 1, 511, 512, 513, 0x7ffe, 0x7fff, 0x8000]) {
      const x = Uint8Array.from({ length }, (_, index) => (index * 167) ^ (index >> 3));
      const packed = One.pack({ x });
      const read = One.unpackFrom(packed).x;
      assert.deepEqual(read, x);
      assert.notEqual(read.buffer, packed.buffer);
    }
    assert.throws(() => One.pack({ x: 'text' as never }), { message: /One\.x: expected a Uint8Array/ });
  });

  it('compresses what pays', () => {
    const One = new Schema('One', { x: t.text });
    const packed = One.pack({ x: 'sharedbuffers '.repeat(1000) });
    assert.ok(packed.length < 400);
    assert.equal(One.unpackFrom(packed).x, 'sharedbuffers '.repeat(1000));
  });
});

describe('errors of packing', () => {
  it('name the slot by its path, what was expected and what was found', () => {
    assert.throws(() => City.pack({ ...gent, population: -1 }), {
      name: 'OutOfRangeError',
      message: 'City.population: expected an integer from 0 to 4294967295 (uint32), found -1',
    });
    assert.throws(() => City.pack({ ...gent, country: { code: 'BE', name: 5 as never } }), {
      message: 'City.country.name: expected a string (text), found 5',
    });
    assert.throws(() => City.pack({ ...gent, country: 'BE' as never }), {
      message: /City\.country: expected an object/,
    });
  });

  it('refuse missing and null required slots', () => {
    const { name: _, ...nameless } = gent;
    assert.throws(() => City.pack(nameless as never), {
      name: 'InvalidTypeError',
      message: /City\.name.*undefined/,
    });
    assert.throws(() => City.pack({ ...gent, name: null as never }), { message: /City\.name.*null/ });
    for (const bad of [null, undefined, 1, 'x', []]) assert.throws(() => City.pack(bad as never), TypeError);
  });

  it('are instances of SharedBuffersError and of what they are', () => {
    const error = (() => {
      try {
        City.pack({ ...gent, id: -1 });
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    assert.ok(error instanceof SharedBuffersError && error instanceof RangeError);
    assert.equal((error as SharedBuffersError).code, 'ERR_SHAREDBUFFERS_OUT_OF_RANGE');
    assert.ok(!(error instanceof CorruptDataError));
    assert.ok(!(new TypeError() instanceof SharedBuffersError));
  });
});

describe('proxies', () => {
  it('lie as the one that stays does, so that the engine never forgets how they lie', () => {
    setFlagsFromString('--allow-natives-syntax');
    const haveSameMap = runInNewContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
    const city = City.unpackFrom(City.pack(gent));
    assert.ok(haveSameMap(City.reader.sample, city));
    assert.ok(!haveSameMap(City.reader.sample, city.country));
    assert.ok(haveSameMap(Country.reader.sample, city.country));
    setFlagsFromString('--no-allow-natives-syntax');
  });

  const Named = new Schema(
    'Named',
    { name: t.text, toJSON: t.text.optional(), size: t.uint64 },
    {
      proxy: (Base) =>
        class extends Base {
          get label() {
            return `<${this.name}>`;
          }
          // @ts-expect-error a helper cannot take the name of a slot
          get size() {
            return 'never seen';
          }
        },
    },
  );

  it('have the helpers of their class, and slots win over them', () => {
    const read = Named.unpackFrom(Named.pack({ name: 'x', size: 2 }));
    assert.equal(read.label, '<x>');
    assert.equal(read.size, 2n);
    assert.equal(Named.unpackFrom(Named.pack({ name: 'x', size: 1, toJSON: 'slot' })).toJSON, 'slot');
  });

  it('cannot be set', () => {
    const read = City.unpackFrom(City.pack(gent));
    assert.throws(
      () => {
        (read as { name: string }).name = 'other';
      },
      { code: 'ERR_SHAREDBUFFERS_READ_ONLY', message: /City\.name cannot be set/ },
    );
  });

  it('become plain objects', () => {
    const plain = toObject(City.unpackFrom(City.pack({ ...gent, area: null })));
    assert.deepEqual(plain, { ...gent, area: null });
    assert.deepEqual(Object.keys(plain), ['id', 'population', 'name', 'country', 'area']);
    assert.deepEqual(structuredClone(plain), plain);
    assert.throws(() => toObject({}), { name: 'InvalidTypeError' });
  });

  it('become JSON with safe values', () => {
    const Safe = new Schema('Safe', { a: t.int64, b: t.uint64, c: t.bytes, d: t.float64 });
    const packed = Safe.pack({ a: -5, b: 2n ** 64n - 1n, c: Uint8Array.of(1, 2, 255), d: Number.NaN });
    assert.equal(
      JSON.stringify(Safe.unpackFrom(packed)),
      '{"a":-5,"b":"18446744073709551615","c":"AQL/","d":null}',
    );
    assert.equal(JSON.stringify([City.unpackFrom(City.pack(gent))]), JSON.stringify([gent]));
  });

  it('show their fields when inspected', () => {
    const shown = inspect(City.unpackFrom(City.pack({ ...gent, twin: gent })));
    assert.match(shown, /^City \{/);
    assert.match(shown, /name: 'Gent'/);
    assert.match(shown, /country: Country \{/);
    assert.match(inspect(City.unpackFrom(City.pack(gent)), { depth: 0 }), /country: \[Country\]/);
  });

  it('compare by value and know their schema', () => {
    const a = City.unpackFrom(City.pack(gent));
    assert.ok(equals(a, City.unpackFrom(City.pack({ ...gent }))));
    assert.ok(!equals(a, City.unpackFrom(City.pack({ ...gent, id: 8 }))));
    assert.equal(schemaOf(a), City);
    assert.equal(a.constructor.name, 'City');
  });

  it('compare sets and dicts whose keys are objects by content', () => {
    const keys = [tuple(1, 'a'), 'text', Buffer.from('text'), tuple(2, tuple(3)), 5];
    const entries = keys.map((key, index) => [key, index] as const);
    const same = { set: new Set([...keys].reverse()), dict: new Map([...entries].reverse()) };
    const a = { set: new Set(keys), dict: new Map(entries) };
    assert.ok(equals(a, same));
    assert.ok(!equals(a, { ...same, set: new Set([...keys.slice(1), tuple(1, 'b')]) }));
    assert.ok(!equals(a, { ...same, dict: new Map(entries.map(([key]) => [key, 7])) }));
    assert.ok(!equals({ x: new Set([keys[0]]) }, { x: new Map([[keys[0], keys[0]]]) }));
    const many = () => new Set(Array.from({ length: 20_000 }, (_, index) => tuple(index, 'x')));
    assert.ok(equals({ many: many() }, { many: new Set([...many()].reverse()) }));
  });
});

describe('records that share records', () => {
  it('cannot be unfolded without end', () => {
    const Pair = new Schema('Pair', { left: t.self.optional(), right: t.self.optional(), number: t.uint8 });
    let pair: object = { number: 0 };
    for (let depth = 0; depth < 200; depth++) pair = { left: pair, right: pair, number: depth };
    const packed = Pair.pack(pair as never);
    assert.ok(packed.length < 10_000, 'each record is stored once');
    const read = Pair.unpackFrom(packed);
    assert.throws(() => toObject(read), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
    assert.throws(() => JSON.stringify(read), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
  });
});
