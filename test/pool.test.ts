/** Pools: records by position, in sections that share what their records hold. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Pool, Schema, t, toObject } from 'sharedbuffers';
import { schemaFileOf } from '#src/cli/schema-file.js';
import type { Tagged } from '#src/exact/tagged.js';
import { positionOf, RecordProxy } from '#src/proxies/record.js';
import { schemasFromJson } from '#src/schema/schema-json.js';
import { assertList } from './support/content.js';
import { fixturePath } from './support/fixtures.js';
import { type Fixture, fixtures, type ListedContent, schemaJsonOf } from './support/manifest.js';
import { randomNumbers } from './support/random.js';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-pool-'));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const Inner = new Schema('Inner', { n: t.int32, text: t.text });
const Outer = new Schema('Outer', {
  n: t.uint32,
  text: t.text,
  list: t.list(t.any).optional(),
  inner: Inner.optional(),
  next: t.self.optional(),
});

const outer = (n: number) => ({ n, text: `record ${n}`, list: [n, `text ${n}`, 'shared by all'] });

describe('a pool', () => {
  it('answers what was added, at its position', () => {
    const pool = new Pool(Outer);
    const positions = Array.from({ length: 1000 }, (_, n) => pool.add(outer(n)));
    assert.equal(positions[0], 0);
    assert.equal(pool.sections, 1);
    for (const [n, position] of positions.entries()) {
      assert.equal(position % 8, 0);
      assert.deepEqual(toObject(pool.get(position)), outer(n));
    }
    const [position, record] = pool.pack(outer(7));
    assert.ok(position > (positions.at(-1) as number));
    assert.equal(record.text, 'record 7');
  });

  it('keeps records readable that were read before others were added', () => {
    const pool = new Pool(Outer);
    const first = pool.get(pool.add(outer(0)));
    for (let n = 0; n < 5000; n++) pool.add(outer(n));
    assert.deepEqual(toObject(first), outer(0));
  });

  it('begins a section where one is full', () => {
    const pool = new Pool(Outer, { sectionSize: 4096 });
    const random = randomNumbers(1);
    const records = Array.from({ length: 500 }, (_, n) => ({ ...outer(n), text: 'x'.repeat(random(400)) }));
    const positions = records.map((record) => pool.add(record));
    assert.ok(pool.sections > 10);
    for (const [n, position] of positions.entries()) {
      assert.deepEqual(toObject(pool.get(position)), records[n]);
    }
    const dump = pool.toBytes();
    assert.equal(dump.length % 8, 0);
    assert.ok(dump.length > (pool.sections - 1) * 4096 && dump.length <= pool.sections * 4096);
    using loaded = Pool.load(Outer, dump);
    for (const [n, position] of positions.entries()) {
      assert.deepEqual(toObject(loaded.get(position)), records[n]);
    }
  });

  it('stores once what records of a section share', () => {
    const pool = new Pool(Outer);
    const inner = { n: 5, text: 'an inner record, long enough to be noticed '.repeat(5) };
    const list = Array.from({ length: 50 }, (_, n) => n * 1000);
    const sizes = [0, 1, 2].map((n) => {
      const before = pool.size;
      const record = pool.get(pool.add({ n, text: 'the same text for all', list, inner }));
      assert.deepEqual(toObject(record), { n, text: 'the same text for all', list, inner });
      return pool.size - before;
    });
    assert.ok((sizes[1] as number) < 60 && sizes[1] === sizes[2], String(sizes));
    // What is equal but another object is another.
    const before = pool.size;
    pool.add({ n: 3, text: 'the same text for all', list: [...list], inner: { ...inner } });
    assert.ok(pool.size - before > 150);
  });

  it('adds a record anew each time, as it then is', () => {
    const pool = new Pool(Outer);
    const record = outer(1);
    const first = pool.add(record);
    record.n = 2;
    const second = pool.add(record);
    assert.notEqual(first, second);
    assert.equal(pool.get(first).n, 1);
    assert.equal(pool.get(second).n, 2);
  });

  it('takes records that hold each other', () => {
    interface Node {
      n: number;
      text: string;
      next?: Node;
    }
    const a: Node = { n: 1, text: 'a' };
    const b: Node = { n: 2, text: 'b', next: a };
    a.next = b;
    const pool = new Pool(Outer);
    const positions = [pool.add(a), pool.add(b)];
    for (const [index, position] of positions.entries()) {
      let record: { n: number; next?: unknown } | null | undefined = pool.get(position);
      for (let step = 0; step < 6; step++) {
        assert.equal(record?.n, (index + step) % 2 === 0 ? 1 : 2);
        record = record?.next as typeof record;
      }
    }
  });

  it('leaves no trace of a record that fails', () => {
    const pool = new Pool(Outer);
    const inner = { n: 5, text: 'inner' };
    pool.add({ ...outer(0), inner });
    const { size } = pool;
    assert.throws(() => pool.add({ n: 1, text: 'fresh', inner: { n: 6.5, text: 'also fresh' } }), {
      message: /Outer\.inner\.n/,
    });
    assert.equal(pool.size, size);
    const position = pool.add({ n: 2, text: 'fresh', list: ['also fresh'], inner });
    assert.deepEqual(toObject(pool.get(position)), { n: 2, text: 'fresh', list: ['also fresh'], inner });
  });

  it('goes on right after a record that did not fit', () => {
    const pool = new Pool(Outer, { sectionSize: 4096 });
    const shared = { n: 1, text: 'y'.repeat(100) };
    const first = pool.add({ n: 0, text: 'z'.repeat(450), inner: shared });
    const large = Array.from({ length: 3 }, (_, n) => pool.add({ n, text: noise(3000, n), inner: shared }));
    const last = pool.add({ n: 9, text: 'last', inner: shared });
    assert.equal(pool.sections, 3);
    for (const position of [first, ...large, last]) {
      assert.deepEqual(toObject(pool.get(position).inner as object), shared);
    }
    assert.throws(() => pool.add({ n: 0, text: noise(9000, 1) }), {
      code: 'ERR_SHAREDBUFFERS_TOO_LARGE',
      message: /does not fit into a section of 4096/,
    });
    assert.equal(pool.sections, 3);
  });

  it('begins every section with what was preloaded', () => {
    const inner = { n: 77, text: 'preloaded '.repeat(20) };
    const pool = new Pool(Outer, { sectionSize: 4096 });
    pool.preload({ n: 1000, text: 'preloaded', inner });
    pool.preload({ n: 5, text: 'of another schema' }, Inner);
    assert.equal(pool.sections, 0);
    const positions = Array.from({ length: 500 }, (_, n) => pool.add({ n, text: 'preloaded', inner }));
    assert.ok(pool.sections > 1);
    for (const [n, position] of positions.entries()) {
      assert.deepEqual(toObject(pool.get(position)), { n, text: 'preloaded', inner });
    }
    const first = positions[0] as number;
    assert.ok((positions[1] as number) - first < 60);
    const dump = pool.toBytes();
    for (let section = 1; section < pool.sections; section++) {
      assert.deepEqual(dump.subarray(section * 4096, section * 4096 + first), dump.subarray(0, first));
      assert.equal(pool.get(section * 4096).n, 1000);
    }
    assert.throws(() => pool.preload(outer(0)), /has records already/);
    assert.throws(() => new Pool(Inner, { sectionSize: 4096 }).preload({ n: 1, text: noise(5000, 2) }), {
      code: 'ERR_SHAREDBUFFERS_TOO_LARGE',
    });
  });

  it('holds records of several schemas', () => {
    const pool = new Pool(Outer);
    const inner = pool.add({ n: -5, text: 'inner' }, Inner);
    const [position, record] = pool.pack({ n: -6, text: 'packed' }, Inner);
    const ready = pool.addPacked(Outer.pack(outer(3)));
    assert.equal(pool.get(inner, Inner).n, -5);
    assert.equal(record.n, -6);
    assert.deepEqual(toObject(pool.get(ready)), outer(3));
    using loaded = Pool.load(Outer, pool.toBytes());
    assert.equal(loaded.get(position, Inner).text, 'packed');
    assert.equal(loaded.get(ready).text, 'record 3');
  });

  it('takes packed records section by section', () => {
    const pool = new Pool(Outer, { sectionSize: 4096 });
    const packed = Outer.pack({ n: 1, text: noise(1500, 3) });
    const positions = [1, 2, 3, 4, 5].map(() => pool.addPacked(packed));
    assert.equal(pool.sections, 3);
    for (const position of positions) assert.equal(pool.get(position).text.length, 1500);
    assert.throws(() => pool.addPacked(new Uint8Array(5000)), { code: 'ERR_SHAREDBUFFERS_TOO_LARGE' });
  });

  it('is dumped into a file, and loaded in place', async () => {
    const pool = new Pool(Outer, { sectionSize: 8192 });
    const positions = Array.from({ length: 1000 }, (_, n) => pool.add(outer(n)));
    const size = await pool.dump(at('pool'));
    assert.equal(statSync(at('pool')).size, size);
    assert.deepEqual(new Uint8Array(readFileSync(at('pool'))), pool.toBytes());
    assert.equal(pool.dumpSync(at('again')), size);
    assert.deepEqual(readFileSync(at('again')), readFileSync(at('pool')));
    await assert.rejects(pool.dump(join(folder, 'no', 'pool')), { code: 'ENOENT' });
    assert.deepEqual(readdirSync(folder).sort(), ['again', 'pool']);
    const loaded = Pool.load(Outer, at('pool'));
    assert.equal(loaded.size, size);
    const records = positions.map((position) => loaded.get(position));
    assert.deepEqual(
      records.map((record) => record.n),
      positions.map((_, n) => n),
    );
    loaded.close();
    assert.throws(() => records[0]?.text, { code: 'ERR_SHAREDBUFFERS_CLOSED' });
    assert.throws(() => loaded.get(0), { code: 'ERR_SHAREDBUFFERS_CLOSED' });
  });

  it('may be empty', async () => {
    const pool = new Pool(Outer);
    assert.equal(pool.size, 0);
    assert.equal(pool.toBytes().length, 0);
    assert.equal(await pool.dump(at('empty')), 0);
    using loaded = Pool.load(Outer, at('empty'));
    assert.throws(() => loaded.get(0), RangeError);
    assert.throws(() => pool.get(0), RangeError);
  });

  it('refuses positions where no record can be, and what is no schema', () => {
    const pool = new Pool(Outer);
    pool.add(outer(1));
    using loaded = Pool.load(Outer, pool.toBytes());
    for (const position of [-1, 0.5, Number.NaN, pool.size, 2 ** 40, '0' as never, undefined as never]) {
      for (const from of [pool, loaded]) {
        assert.throws(() => from.get(position), { name: 'OutOfRangeError' }, String(position));
      }
    }
    assert.throws(() => new Pool({} as never), TypeError);
    assert.throws(() => Pool.load({} as never, new Uint8Array(8)), TypeError);
    assert.throws(() => pool.get(0, {} as never), TypeError);
    for (const sectionSize of [0, 100, 4097, 2 ** 31, Number.NaN]) {
      assert.throws(() => new Pool(Outer, { sectionSize }), RangeError);
    }
  });

  it('at positions that are none there is garbage, or an error', () => {
    const pool = new Pool(Outer);
    for (let n = 0; n < 20; n++) pool.add(outer(n));
    using loaded = Pool.load(Outer, pool.toBytes());
    for (let position = 0; position < loaded.size - 8; position++) {
      try {
        toObject(loaded.get(position));
      } catch (error) {
        assert.match((error as { code: string }).code, /^ERR_SHAREDBUFFERS_/);
      }
    }
  });
});

/** Text that does not compress. */
function noise(length: number, seed: number): string {
  const random = randomNumbers(seed);
  return Array.from({ length }, () => String.fromCharCode(33 + random(90))).join('');
}

describe('the pools that Python dumped', () => {
  const pools = fixtures.filter(({ kind }) => kind === 'pool-dump') as Required<Fixture>[];
  assert.equal(pools.length, 3);

  for (const fixture of pools) {
    it(fixture.name, () => {
      const { root } = schemaFileOf(schemasFromJson(schemaJsonOf(fixture)));
      assert.ok(root);
      const path = fixturePath(fixture.file);
      const expected = fixture.expected as ListedContent;
      assert.equal(fixture.positions.length, expected.count);
      using pool = Pool.load(root, path);
      const items = fixture.positions.map((position): Tagged => {
        const record = pool.get(position) as object as RecordProxy;
        assert.equal(positionOf(record), position);
        return [position, root.reader.exactAt(RecordProxy.windowOf(record).region, position, 0)];
      });
      assertList(items, expected.items, expected.items_listed, expected.sha256_items, 'items');
    });
  }
});
