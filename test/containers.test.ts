import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  arrayOf,
  ClosedError,
  IdMapper,
  MappedArray,
  Mapping,
  mapFile,
  mappingOf,
  NumericId32Mapper,
  NumericIdMapper,
  open,
  Schema,
  StringId32Mapper,
  StringIdMapper,
  t,
} from 'sharedbuffers';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

const Point = new Schema('Point', { x: t.int32, y: t.int32, label: t.text.optional() });
const points = Array.from({ length: 1000 }, (_, x) => ({ x, y: -x, label: `point ${x}` }));

describe('arrays', () => {
  class Points extends arrayOf(Point) {
    sum() {
      let sum = 0;
      for (const point of this) sum += point.x;
      return sum;
    }
  }

  it('are built from any iterable and read by index', async () => {
    async function* later() {
      for (const point of points) {
        await null;
        yield point;
      }
    }
    const report = await Points.build(later(), file('points.array'));
    assert.equal(report.records, 1000);
    using array = Points.open(file('points.array'));
    assert.ok(array instanceof Points && array instanceof MappedArray);
    assert.equal(array.length, 1000);
    assert.equal(array.at(17)?.label, 'point 17');
    assert.equal(array.at(-1)?.x, 999);
    for (const none of [1000, -1001, Number.NaN + 1000])
      assert.equal(array.at(none)?.x, none === 1000 ? undefined : none === -1001 ? undefined : 0);
    assert.equal(array.sum(), 499500);
    assert.deepEqual(
      array.slice(3, 5).map((point) => point.x),
      [3, 4],
    );
    assert.deepEqual(
      array.slice(-2).map((point) => point.x),
      [998, 999],
    );
    assert.deepEqual(array.slice(5, 3), []);
    let count = 0;
    array.forEach((point, index) => {
      count += point.x === index ? 1 : 0;
    });
    assert.equal(count, 1000);
  });

  it('can be empty', () => {
    const array = Points.from(Points.buildSync([]));
    assert.equal(array.length, 0);
    assert.equal(array.at(0), undefined);
    assert.deepEqual([...array], []);
  });

  it('lie at any offset of a file or of bytes', () => {
    const bytes = Points.buildSync(points);
    writeFileSync(file('inside'), Buffer.concat([Buffer.alloc(77, 1), bytes, Buffer.alloc(50, 2)]));
    for (const options of [{ offset: 77, size: bytes.length }, { offset: 77 }]) {
      using array = Points.open(file('inside'), options);
      assert.equal(array.at(999)?.label, 'point 999');
      assert.equal(Points.from(readFileSync(file('inside')), options).at(999)?.label, 'point 999');
    }
  });
});

const mappers = {
  NumericIdMapper: { idMapper: NumericIdMapper, key: (n: number) => n * 1_000_003 },
  NumericId32Mapper: { idMapper: NumericId32Mapper, key: (n: number) => n * 4001 },
  StringIdMapper: { idMapper: StringIdMapper, key: (n: number) => `key ñ ${n}` },
  StringId32Mapper: { idMapper: StringId32Mapper, key: (n: number) => `key ñ ${n}` },
};

for (const [name, { idMapper: anyMapper, key }] of Object.entries(mappers)) {
  // The four have types of their own; what they share is tested here.
  const idMapper = anyMapper as typeof StringIdMapper;
  const keyOf = key as (n: number) => never;
  const Points = mappingOf(idMapper, Point);

  describe(`a mapping by ${name}`, () => {
    it('finds every key and no other', async () => {
      await Points.build(
        points.map((point) => [keyOf(point.x), point] as const),
        file(name),
      );
      using mapping = Points.open(file(name));
      assert.equal(mapping.size, 1000);
      for (const point of points) {
        assert.equal(mapping.get(keyOf(point.x))?.label, point.label);
        assert.ok(mapping.has(keyOf(point.x)));
      }
      for (let n = 1000; n < 3000; n++) assert.equal(mapping.get(keyOf(n)), undefined);
      const impossible = [
        null,
        undefined,
        {},
        [],
        Symbol('s'),
        true,
        -1,
        1.5,
        Number.NaN,
        -1n,
        2n ** 65n,
        'x',
        '\ud800',
        new Uint8Array(3),
      ];
      for (const wrong of impossible) {
        assert.equal(mapping.get(wrong as never), undefined);
        assert.equal(mapping.has(wrong as never), false);
      }
    });

    it('iterates like a ReadonlyMap, all in step', () => {
      using mapping = Points.open(file(name));
      const keys = [...mapping.keys()];
      assert.deepEqual(new Set(keys), new Set(points.map((point) => keyOf(point.x))));
      assert.deepEqual(
        [...mapping.values()].map((point) => keyOf(point.x)),
        keys,
      );
      assert.deepEqual(
        [...mapping.entries()].map(([k]) => k),
        keys,
      );
      for (const [k, point] of mapping) assert.equal(k, keyOf(point.x));
      const seen: unknown[] = [];
      mapping.forEach((point, k, all) => {
        assert.equal(all, mapping);
        assert.equal(keyOf(point.x), k);
        seen.push(k);
      });
      assert.deepEqual(seen, keys);
    });

    it('has two parts', () => {
      using mapping = Points.open(file(name));
      assert.equal(mapping.records.length, 1000);
      assert.equal(mapping.records.at(3)?.x, 3);
      assert.equal(mapping.idMapper.get(keyOf(3)), 3);
    });

    it('is opened as what it is, from a path, a URL and bytes', () => {
      for (const source of [file(name), pathToFileURL(file(name)), readFileSync(file(name))]) {
        const opened = open(source);
        assert.ok(opened instanceof Mapping);
        assert.equal((opened.get(keyOf(5)) as { x: number } | undefined)?.x, 5);
        opened.close();
      }
    });

    it('can be empty or of one entry', () => {
      for (const count of [0, 1]) {
        const bytes = Points.buildSync(
          points.slice(7, 7 + count).map((point) => [keyOf(point.x), point] as const),
        );
        const mapping = Points.from(bytes);
        assert.equal(mapping.size, count);
        assert.equal(mapping.get(keyOf(7))?.x, count === 1 ? 7 : undefined);
        assert.equal([...mapping].length, count);
        assert.ok(open(bytes) instanceof Mapping);
      }
    });
  });

  describe(`${name} alone`, () => {
    it('answers values, large ones as bigint', () => {
      const wide = idMapper.kind.width === 8;
      const largest = wide ? 2n ** 64n - 1n : 2 ** 32 - 1;
      const mapper = idMapper.from(
        idMapper.buildSync([
          [keyOf(1), 0],
          [keyOf(2), largest],
          [keyOf(3), 7],
        ]),
      );
      assert.ok(mapper instanceof IdMapper);
      assert.equal(mapper.get(keyOf(1)), 0);
      assert.equal(mapper.get(keyOf(2)), largest);
      assert.equal(mapper.get(keyOf(4)), undefined);
      assert.ok(mapper.has(keyOf(1)) && !mapper.has(keyOf(4)));
      assert.deepEqual(
        new Map(mapper.entries()),
        new Map<unknown, unknown>([
          [keyOf(1), 0],
          [keyOf(2), largest],
          [keyOf(3), 7],
        ]),
      );
      assert.ok(open(idMapper.buildSync([[keyOf(1), 0]])) instanceof IdMapper);
    });
  });
}

describe('keys', () => {
  it('of numeric mappers are numbers, or bigints where asked for', () => {
    const bytes = NumericIdMapper.buildSync([
      [2n ** 64n - 1n, 1],
      [5, 2],
    ]);
    const mapper = NumericIdMapper.from(bytes);
    assert.equal(mapper.get(2n ** 64n - 1n), 1);
    assert.throws(() => [...mapper.keys()], {
      code: 'ERR_SHAREDBUFFERS_UNSAFE_INTEGER',
      message: /NumericIdMapper\.bigint/,
    });
    assert.deepEqual([...NumericIdMapper.bigint.from(bytes).keys()], [5n, 2n ** 64n - 1n]);
    const Points = mappingOf(NumericIdMapper.bigint, Point);
    const mapping = Points.from(Points.buildSync([[7n, { x: 1, y: 2 }]]));
    assert.deepEqual([...mapping.keys()], [7n]);
    assert.equal(mapping.get(7)?.x, 1);
  });

  it('of string mappers can be bytes that are no text', () => {
    const mapper = StringIdMapper.from(StringIdMapper.buildSync([[Uint8Array.of(0xff, 0xfe), 1]]));
    assert.equal(mapper.get(Uint8Array.of(0xff, 0xfe)), 1);
    assert.equal(mapper.get('\ufffd\ufffd'), undefined);
    assert.throws(() => [...mapper.keys()], {
      code: 'ERR_SHAREDBUFFERS_ENCODING',
      message: /keysAsBytes\(\)/,
    });
    assert.deepEqual([...mapper.keysAsBytes()], [Uint8Array.of(0xff, 0xfe)]);
    assert.throws(() => [...NumericIdMapper.from(NumericIdMapper.buildSync([])).keysAsBytes()], TypeError);
  });

  it('of string mappers are found as text and as bytes, whatever their length', () => {
    const keys = [0, 1, 20, 500, 513, 0x7ffe, 0x7fff, 70_000].map((length) =>
      'kñ'.repeat(length).slice(0, length),
    );
    keys.push('\ufffd', '😀', '\0', 'a\0b');
    const mapper = StringIdMapper.from(
      StringIdMapper.buildSync(keys.map((key, index) => [key, index] as const)),
    );
    keys.forEach((key, index) => {
      assert.equal(mapper.get(key), index);
      assert.equal(mapper.get(Buffer.from(key)), index);
      assert.equal(mapper.get(`${key}x`), undefined);
    });
    assert.deepEqual(new Set(mapper.keys()), new Set(keys));
  });
});

describe('closing', () => {
  it('makes later reads errors, not crashes', () => {
    const Points = mappingOf(StringIdMapper, Point);
    Points.buildSync([['a', { x: 1, y: 2, label: 'l' }]], file('closing'));
    const mapping = Points.open(file('closing'));
    const { records, idMapper } = mapping;
    const point = mapping.get('a');
    const values = mapping.values();
    assert.equal(point?.label, 'l');
    mapping.close();
    mapping.close();
    assert.ok(mapping.closed);
    for (const late of [
      () => mapping.get('a'),
      () => mapping.size,
      () => point?.x,
      () => point?.label,
      () => records.at(0)?.x,
      () => idMapper.get('a'),
      () => values.next(),
      () => [...mapping.keys()],
    ]) {
      assert.throws(late, ClosedError);
    }
  });

  it('of one container leaves another on the same file alone', () => {
    const Points = mappingOf(StringIdMapper, Point);
    const one = Points.open(file('closing'));
    const other = Points.open(file('closing'));
    one.close();
    assert.equal(other.get('a')?.label, 'l');
    other.close();
  });

  it('of a container over bytes leaves the bytes alone', () => {
    const Points = mappingOf(StringIdMapper, Point);
    const bytes = readFileSync(file('closing'));
    const one = Points.from(bytes);
    const other = Points.from(bytes);
    one.close();
    assert.throws(() => one.get('a'), ClosedError);
    assert.equal(other.get('a')?.x, 1);
  });
});

describe('private copies', () => {
  it('read the same without mapping', () => {
    const Points = mappingOf(StringIdMapper, Point);
    appendFileSync(file('closing'), '');
    using mapping = Points.open(file('closing'), { copy: true });
    assert.equal(mapping.get('a')?.label, 'l');
    assert.equal(mapping.table.region.storage, 'private');
  });
});

describe('mapFile', () => {
  it('gives any file as bytes', () => {
    writeFileSync(file('any'), 'some bytes');
    const bytes = mapFile(file('any'));
    assert.ok(bytes instanceof Uint8Array);
    assert.equal(Buffer.from(bytes).toString(), 'some bytes');
    bytes[0] = 0x53;
    assert.equal(readFileSync(file('any'), 'utf8'), 'some bytes', 'writes never reach the file');
    bytes.close();
    assert.equal(bytes.length, 0);
    using part = mapFile(file('any'), { offset: 5, size: 5 });
    assert.equal(Buffer.from(part).toString(), 'bytes');
    writeFileSync(file('empty'), '');
    assert.equal(mapFile(file('empty')).length, 0);
    assert.throws(() => mapFile(file('none')), { code: 'ENOENT', syscall: 'open', path: file('none') });
  });
});

describe('the package', () => {
  it('can be required', () => {
    const required = createRequire(import.meta.url)('sharedbuffers') as typeof import('sharedbuffers');
    assert.equal(required.Schema, Schema);
  });
});
