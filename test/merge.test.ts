import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  ApproxStringId32MultiMapper,
  ApproxStringIdMultiMapper,
  float,
  IdMapper,
  type IdMapperClass,
  mappingOf,
  NumericIdMapper,
  NumericIdMultiMapper,
  ObjectIdMapper,
  type ObjectKeyInput,
  Schema,
  StringId32Mapper,
  StringIdMapper,
  StringIdMultiMapper,
  t,
  tuple,
} from 'sharedbuffers';
import { idMapperClasses } from '#src/containers/open.js';
import { collidingTexts } from './support/collisions.js';
import { fixturePath } from './support/fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-merge-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

function keyOf(keys: string, n: number): unknown {
  if (keys === 'numeric') return n * 7919;
  if (keys !== 'object') return n % 50 === 7 ? `long ${'✓ '.repeat(400)}${n}` : `key ${n}`;
  const forms = [
    n,
    `key ${n}`,
    Buffer.from(`key ${n}`),
    n + 0.5,
    tuple(n, `key ${n}`),
    new Set([n]),
    tuple(float(n), null),
    n % 2 === 0 ? 2n ** 63n + BigInt(n) : -n,
  ];
  return forms[n % forms.length];
}

describe('merging', () => {
  for (const [name, anyClass] of idMapperClasses) {
    const idMapper = anyClass as IdMapperClass<unknown>;
    const { keys } = idMapper.kind;
    const entries = Array.from({ length: 600 }, (_, n) => [keyOf(keys, n), n] as const);
    const parts = [0, 1, 2].map((part) => entries.filter(([, n]) => n % 3 === part || n < 10));
    const built = parts.map((part) => idMapper.from(idMapper.buildSync(part)));
    const all = built.flatMap((mapper) => [...mapper.entries()]);

    it(`makes of ${name}s what building makes of all their entries`, async () => {
      const options = { duplicates: 'keep' } as const;
      // Floats that are integral are read as numbers, which would be stored as integers.
      const expected = keys === 'object' ? undefined : idMapper.buildSync(all, options);
      const merged = idMapper.mergeSync(built, options);
      if (expected !== undefined) assert.ok(Buffer.compare(merged, expected) === 0);
      assert.deepEqual(await idMapper.merge(built, options), merged);
      const report = await idMapper.merge(built, file(name), options);
      assert.equal(report.records, all.length);
      assert.deepEqual(new Uint8Array(readFileSync(file(name))), merged);
      const mapper = idMapper.from(merged);
      assert.equal(mapper.size, all.length);
      for (const [key, n] of entries) {
        const found = mapper.get(key);
        assert.deepEqual(found, mapper instanceof IdMapper ? n : n < 10 ? [n, n, n] : [n]);
      }
    });

    it(`sees to equal keys of ${name}s`, () => {
      const first = idMapper.from(idMapper.mergeSync(built, { duplicates: 'first' }));
      assert.equal(first.size, entries.length);
      if (first instanceof IdMapper) {
        assert.throws(() => idMapper.mergeSync(built), { code: 'ERR_SHAREDBUFFERS_DUPLICATE_KEY' });
      }
    });

    it(`copies ${name}s to memory`, async () => {
      const source = idMapper.open(file(name));
      const copies = [await source.copy(), source.copySync()];
      const rows = [...source];
      const someKey = entries[20]?.[0];
      const value = source.get(someKey);
      source.close();
      for (const copy of copies) {
        assert.ok(copy instanceof idMapper);
        assert.equal(copy.table.region.storage, 'bytes');
        assert.deepEqual([...copy], rows);
        assert.deepEqual(copy.get(someKey), value);
      }
    });
  }

  it('takes nothing, and empty parts', () => {
    assert.equal(StringIdMapper.from(StringIdMapper.mergeSync([])).size, 0);
    const empty = StringIdMapper.from(StringIdMapper.buildSync([]));
    const one = StringIdMultiMapper.from(StringIdMultiMapper.buildSync([['a', 1]]));
    assert.deepEqual([...StringIdMapper.from(StringIdMapper.mergeSync([empty, one, empty]))], [['a', 1]]);
  });

  it('takes other widths where keys are stored, and the tables of mappings', () => {
    const [[a, b] = ['', '']] = collidingTexts(1);
    const wide = StringIdMapper.from(
      StringIdMapper.buildSync([
        [a, 1],
        [b, 2],
      ]),
    );
    const narrow = StringId32Mapper.from(StringId32Mapper.mergeSync([wide]));
    assert.deepEqual([narrow.get(a), narrow.get(b)], [1, 2]);
    assert.equal(StringIdMapper.from(StringIdMapper.mergeSync([narrow])).get(b), 2);
    const Records = mappingOf(NumericIdMapper, new Schema('R', { n: t.int8 }));
    const records = Records.from(Records.buildSync([[5, { n: 1 }]]));
    assert.deepEqual(
      [...NumericIdMultiMapper.from(NumericIdMultiMapper.mergeSync([records.idMapper]))],
      [[5, 0]],
    );
    assert.deepEqual([...records.idMapper.copySync()], [[5, 0]]);
  });

  it('keeps the types of object keys', () => {
    const keys: ObjectKeyInput[] = [float(1), tuple(float(2), tuple(new Set([float(3), 4]))), true, null];
    const mapper = ObjectIdMapper.from(
      ObjectIdMapper.buildSync(
        keys.map((key, n) => [key, n] as const),
        { duplicates: 'keep' },
      ),
    );
    const merged = ObjectIdMapper.from(ObjectIdMapper.mergeSync([mapper], { duplicates: 'keep' }));
    const exact = ({ table }: { table: typeof mapper.table }) =>
      Array.from({ length: table.rowCount }, (_, row) => JSON.stringify(table.exactObjectKey(row)));
    assert.deepEqual(exact(merged), exact(mapper));
    assert.match(exact(merged).join(), /\{"\$float":"3.0"\}/);
  });

  it('refuses other keys and what is no id mapper', async () => {
    const numbers = NumericIdMapper.from(NumericIdMapper.buildSync([]));
    assert.throws(() => StringIdMapper.mergeSync([numbers]), { name: 'InvalidTypeError', message: /part 0/ });
    const approx = ApproxStringIdMultiMapper.from(ApproxStringIdMultiMapper.buildSync([]));
    assert.throws(() => ApproxStringId32MultiMapper.mergeSync([approx]), { message: /part 0/ });
    for (const wrong of [null, 5, [5], [null], numbers, [{ table: {} }]]) {
      assert.throws(() => NumericIdMapper.mergeSync(wrong as never), { name: 'InvalidTypeError' });
    }
    await assert.rejects(NumericIdMapper.merge(null as never), { name: 'InvalidTypeError' });
  });

  it('finds equal keys that another library compressed', () => {
    const python = StringIdMapper.open(fixturePath('StringIdMapper-keys.bin'));
    const entries = [...python.keysAsBytes()].map((key) => [key, python.get(key) as number] as const);
    const ours = StringIdMapper.from(StringIdMapper.buildSync(entries));
    const merged = StringIdMapper.from(StringIdMapper.mergeSync([python, ours], { duplicates: 'first' }));
    assert.equal(merged.size, python.size);
    for (const [key, value] of entries) assert.equal(merged.get(key), value);
    python.close();
  });
});
