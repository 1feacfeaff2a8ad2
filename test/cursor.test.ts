/** Cursors: one proxy that is moved from record to record. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  arrayOf,
  ClosedError,
  CorruptDataError,
  InvalidTypeError,
  mappingOf,
  multiMappingOf,
  NumericId32Mapper,
  NumericIdMapper,
  NumericIdMultiMapper,
  ObjectIdMapper,
  OutOfRangeError,
  Schema,
  StringIdMapper,
  t,
} from 'sharedbuffers';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-cursor-'));
after(() => rmSync(folder, { recursive: true }));

const Item = new Schema('Item', { id: t.uint32, name: t.text, note: t.text.optional() });
const item = (n: number) => ({ id: n, name: `name ${n}`, ...(n % 3 === 0 && { note: `note ${n}` }) });
const items = (count: number) => Array.from({ length: count }, (_, n) => item(n));
const Items = arrayOf(Item);
const arrayWith = (count: number) => Items.from(Items.buildSync(items(count)));

describe('a cursor over an array', () => {
  for (const count of [0, 1, 2, 7, 8, 9, 72, 73, 584, 585, 1000, 4679, 4681, 10_000]) {
    it(`goes along ${count} records`, () => {
      const array = arrayWith(count);
      const cursor = array.cursor();
      const seen: unknown[] = [];
      while (cursor.advance()) {
        assert.equal(cursor.index, seen.length);
        seen.push([cursor.record.id, cursor.record.name, cursor.record.note]);
      }
      assert.deepEqual(
        seen,
        items(count).map(({ id, name, ...rest }) => [id, name, rest.note]),
      );
      assert.equal(cursor.index, count);
      assert.equal(cursor.advance(), false);
      assert.throws(() => cursor.record, OutOfRangeError);
    });
  }

  it('is iterable, again and again, with one proxy', () => {
    const array = arrayWith(700);
    const cursor = array.cursor();
    for (let pass = 0; pass < 2; pass++) {
      const ids: number[] = [];
      const proxies = new Set<object>();
      for (const record of cursor) {
        ids.push(record.id);
        proxies.add(record);
        assert.equal(record, cursor.record);
      }
      assert.deepEqual(
        ids,
        items(700).map(({ id }) => id),
      );
      assert.equal(proxies.size, 1);
    }
    for (const record of cursor) if (record.id === 20) break;
    assert.equal(cursor.index, 20);
    assert.ok(cursor.advance());
    assert.equal(cursor.record.id, 21);
    const first = cursor.next();
    assert.equal(cursor.next(), first);
  });

  it('moves anywhere and goes on from there', () => {
    const cursor = arrayWith(1000).cursor();
    assert.equal(cursor.index, -1);
    assert.throws(() => cursor.record, {
      name: 'OutOfRangeError',
      message: 'the cursor stands at no record; move it with advance() or moveTo() first',
    });
    assert.equal(cursor.moveTo(500)?.id, 500);
    assert.equal(cursor.index, 500);
    assert.ok(cursor.advance());
    assert.equal(cursor.record.id, 501);
    assert.equal(cursor.moveTo(3)?.note, 'note 3');
    assert.equal(cursor.moveTo(4)?.note, undefined);
    for (const index of [-1, 1000, 0.5, Number.NaN, '1' as unknown as number]) {
      assert.equal(cursor.moveTo(index), undefined);
      assert.equal(cursor.record.id, 4);
    }
    assert.equal(cursor.moveTo(999)?.id, 999);
    assert.equal(cursor.advance(), false);
    assert.equal(cursor.moveTo(0)?.id, 0);
  });

  it('goes on from wherever it is put, whatever it knew to come next', () => {
    const cursor = arrayWith(6000).cursor();
    for (const [start, steps] of [
      [0, 0],
      [0, 1000],
      [7, 9],
      [5990, 9],
      [70, 5000],
      [3, 1],
      [2, 80],
    ] as const) {
      assert.equal(cursor.moveTo(start)?.id, start);
      for (let step = 1; step <= steps; step++) {
        assert.ok(cursor.advance());
        assert.equal(cursor.record.id, start + step);
        assert.equal(cursor.index, start + step);
      }
    }
    let sum = 0;
    for (const { id } of cursor) sum += id;
    assert.equal(sum, (6000 * 5999) / 2);
    assert.equal(cursor.index, 6000);
    assert.equal(cursor.advance(), false);
  });

  it('shares nothing with another cursor', () => {
    const array = arrayWith(600);
    const [a, b] = [array.cursor(), array.cursor()];
    while (a.advance()) {
      assert.ok(b.advance());
      if (b.index % 3 === 0) assert.ok(b.advance());
      if (b.index > 500) b.moveTo(0);
      assert.equal(a.record.id, a.index);
      assert.equal(b.record.id, b.index);
    }
  });

  it('shows records as they are when they are read', () => {
    const bytes = Items.buildSync(items(1000));
    const { source } = Items.from(bytes);
    const cursor = Items.from(bytes).cursor();
    cursor.moveTo(500);
    assert.ok(cursor.advance());
    const next = source.position(502);
    const last = source.position(503);
    // One without slots, and one whose pointers lead outside.
    const { headerBytes } = source.reader.layout;
    bytes.fill(0, next, next + headerBytes);
    bytes.fill(255, last + headerBytes, last + headerBytes + 12);
    assert.ok(cursor.advance());
    assert.equal(cursor.record.id, undefined);
    assert.equal(cursor.record.name, undefined);
    assert.ok(cursor.advance());
    assert.equal(cursor.record.id, 2 ** 32 - 1);
    assert.throws(() => cursor.record.name, CorruptDataError);
    assert.ok(cursor.advance());
    assert.equal(cursor.record.name, 'name 504');
  });

  it('is what at() moves', () => {
    const array = arrayWith(10);
    const cursor = array.cursor();
    const record = array.at(-1, cursor);
    assert.equal(record?.id, 9);
    assert.equal(record, cursor.record);
    assert.equal(cursor.index, 9);
    assert.equal(array.at(10, cursor), undefined);
    assert.equal(cursor.record.id, 9);
    assert.equal(array.at(2, cursor)?.id, 2);
    assert.ok(cursor.advance());
    assert.equal(cursor.record.id, 3);
  });
});

describe('a cursor over a mapping', () => {
  const entries = items(1500).map((value) => [`key ${value.id}`, value] as const);

  it('goes in the order of the rows', () => {
    const numbered = items(1500).map((value) => [(value.id * 7919) % 4001, value] as const);
    const mappings = [
      mappingOf(StringIdMapper, Item).from(mappingOf(StringIdMapper, Item).buildSync(entries)),
      mappingOf(ObjectIdMapper, Item).from(mappingOf(ObjectIdMapper, Item).buildSync(entries)),
      mappingOf(NumericIdMapper, Item).from(mappingOf(NumericIdMapper, Item).buildSync(numbered)),
      mappingOf(NumericId32Mapper, Item).from(mappingOf(NumericId32Mapper, Item).buildSync(numbered)),
      multiMappingOf(NumericIdMultiMapper, Item).from(
        multiMappingOf(NumericIdMultiMapper, Item).buildSync(
          numbered.map(([key, value]) => [key % 9, value]),
        ),
      ),
    ];
    for (const mapping of mappings) {
      const expected = Array.from(mapping.values(), ({ id }) => id);
      assert.deepEqual(
        Array.from(mapping.cursor(), ({ id }) => id),
        expected,
      );
      const cursor = mapping.cursor();
      assert.equal(cursor.moveTo(777)?.id, expected[777]);
      assert.ok(cursor.advance());
      assert.equal(cursor.record.id, expected[778]);
    }
  });

  it('is what get() moves', () => {
    const mapping = mappingOf(StringIdMapper, Item).from(mappingOf(StringIdMapper, Item).buildSync(entries));
    const cursor = mapping.cursor();
    const record = mapping.get('key 12', cursor);
    assert.equal(record?.name, 'name 12');
    assert.equal(record, cursor.record);
    assert.equal(cursor.index, -1);
    assert.equal(mapping.get('key 13', cursor)?.name, 'name 13');
    assert.equal(record?.name, 'name 13');
    assert.equal(mapping.get('absent', cursor), undefined);
    assert.equal(cursor.record.id, 13);
    assert.ok(cursor.advance());
    assert.equal(cursor.index, 0);
    const ofRecords = mapping.records.cursor();
    assert.equal(mapping.get('key 14', ofRecords)?.id, 14);
    assert.equal(mapping.records.at(3, cursor)?.id, mapping.records.at(3)?.id);
    assert.equal(cursor.index, -1);

    const Multi = multiMappingOf(NumericIdMultiMapper, Item);
    const multi = Multi.from(Multi.buildSync(items(100).map((value) => [value.id % 5, value])));
    const multiCursor = multi.cursor();
    assert.equal(multi.getFirst(3, multiCursor)?.id, 3);
    assert.equal(multiCursor.record.id, 3);
    assert.equal(multi.getFirst(9, multiCursor), undefined);
  });

  it('may be one over other records that are stored alike, and no other', () => {
    const mapping = mappingOf(StringIdMapper, Item).from(mappingOf(StringIdMapper, Item).buildSync(entries));
    const array = arrayWith(3);
    const cursor = array.cursor();
    assert.ok(cursor.advance());
    assert.equal(mapping.get('key 12', cursor)?.name, 'name 12');
    assert.equal(cursor.index, -1);
    assert.ok(cursor.advance());
    assert.equal(cursor.record.name, 'name 0');
    const Other = new Schema('Other', { id: t.uint32 });
    const other = arrayOf(Other).from(arrayOf(Other).buildSync([{ id: 1 }]));
    for (const wrong of [other.cursor(), {}, null, 5, 'x']) {
      assert.throws(() => array.at(0, wrong as never), InvalidTypeError);
    }
  });
});

describe('closing', () => {
  it('ends a cursor wherever it stands', () => {
    const path = join(folder, 'closed.array');
    Items.buildSync(items(1000), path);
    const array = Items.open(path);
    const cursor = array.cursor();
    const fresh = array.cursor();
    assert.ok(cursor.advance());
    const { record } = cursor;
    array.close();
    assert.throws(() => cursor.advance(), ClosedError);
    assert.throws(() => record.id, ClosedError);
    assert.throws(() => cursor.moveTo(1), ClosedError);
    assert.throws(() => fresh.advance(), ClosedError);
    assert.throws(() => [...fresh], ClosedError);
    assert.throws(() => array.cursor(), ClosedError);
  });

  it('ends it among records whose places it knows, whatever the array is in', () => {
    const path = join(folder, 'closed-within.array');
    Items.buildSync(items(1000), path);
    const bytes = Items.buildSync(items(1000));
    for (const open of [
      () => Items.open(path),
      () => Items.open(path, { copy: true }),
      () => Items.from(bytes),
    ]) {
      const array = open();
      const cursor = array.cursor();
      for (let step = 0; step < 300; step++) assert.ok(cursor.advance());
      array.close();
      assert.throws(() => cursor.advance(), ClosedError);
      assert.throws(() => cursor.advance(), ClosedError);
      assert.throws(() => cursor.next(), ClosedError);
    }
  });
});

describe('corrupt data', () => {
  it('is met where it is, and not before', () => {
    const bytes = Items.buildSync(items(1000));
    const { source } = Items.from(bytes);
    for (const pointer of [0n, 55n, BigInt(bytes.length), 2n ** 64n - 1n]) {
      const copy = bytes.slice();
      new DataView(copy.buffer).setBigUint64(source.indexOffset + 600 * 8, pointer, true);
      const array = Items.from(copy);
      const cursor = array.cursor();
      for (let n = 0; n < 600; n++) {
        assert.ok(cursor.advance());
        assert.equal(cursor.record.id, n);
      }
      assert.throws(() => cursor.advance(), CorruptDataError);
      assert.equal(cursor.index, 600);
      assert.throws(() => cursor.record, OutOfRangeError);
      assert.ok(cursor.advance());
      assert.equal(cursor.record.id, 601);
      assert.throws(() => cursor.moveTo(600), CorruptDataError);
      assert.throws(() => array.at(600, cursor), CorruptDataError);
      assert.equal(cursor.record.id, 601);
    }
  });

  it('is met at every place that is wrong, and at no other', () => {
    const bytes = Items.buildSync(items(9000));
    const array = Items.from(bytes);
    const { source } = array;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const wrong = [0, 1, 8, 71, 72, 600, 601, 602, 4000, 8998, 8999];
    for (const index of wrong) view.setBigUint64(source.indexOffset + index * 8, 5n, true);
    const cursor = array.cursor();
    for (let index = 0; index < 9000; index++) {
      if (wrong.includes(index)) {
        assert.throws(() => cursor.advance(), {
          code: 'ERR_SHAREDBUFFERS_CORRUPT',
          message: `record ${index} would be at 5, outside of its array (at offset ${source.indexOffset + index * 8})`,
        });
      } else {
        assert.ok(cursor.advance());
        assert.equal(cursor.record.id, index);
      }
      assert.equal(cursor.index, index);
    }
    assert.equal(cursor.advance(), false);
  });

  it('is met where a record leaves the bytes', () => {
    const bytes = Items.buildSync(items(1000));
    const { source } = Items.from(bytes);
    const at = source.indexOffset + 900 * 8;
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, BigInt(bytes.length - 1), true);
    const cursor = Items.from(bytes).cursor();
    for (let n = 0; n <= 900; n++) assert.ok(cursor.advance());
    assert.throws(() => cursor.record.id, CorruptDataError);
    assert.ok(cursor.advance());
    assert.equal(cursor.record.id, 901);
  });

  it('is met in rows too', () => {
    const Rows = mappingOf(NumericIdMapper, Item);
    const bytes = Rows.buildSync(items(300).map((value) => [value.id, value]));
    const { table } = Rows.from(bytes);
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(table.rowPosition(200) + 8, 300n, true);
    const cursor = Rows.from(bytes).cursor();
    for (let n = 0; n < 200; n++) assert.ok(cursor.advance());
    assert.throws(() => cursor.advance(), CorruptDataError);
    assert.equal(cursor.index, 200);
    assert.throws(() => cursor.record, OutOfRangeError);
    for (let n = 201; n < 300; n++) {
      assert.ok(cursor.advance());
      assert.equal(cursor.index, n);
    }
    assert.equal(cursor.advance(), false);
    assert.throws(() => cursor.moveTo(200), CorruptDataError);
    assert.ok(cursor.moveTo(201));
  });
});
