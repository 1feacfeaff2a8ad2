import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { arrayOf, Schema, type SlotMap, t } from 'sharedbuffers';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('declaring a schema', () => {
  it('refuses what cannot be one, by the name of the slot', () => {
    assert.throws(() => new Schema('', {}), TypeError);
    assert.throws(() => new Schema('S', { x: 'text' as never }), {
      message: /slot "x": expected a type.*found "text"/,
    });
    assert.throws(() => new Schema('S', { x: undefined as never }), TypeError);
    assert.throws(() => new Schema('S', { x: t.set as never }), {
      message: /found function .*; collections say what they hold, as in t\.list\(t\.text\)/,
    });
    assert.throws(() => new Schema('S', JSON.parse('{"__proto__": 1}')), {
      message: /cannot be called __proto__/,
    });
    assert.throws(() => new Schema('S', { constructor: t.text } as never), {
      message: /cannot be called constructor/,
    });
    assert.throws(() => new Schema('S', {}, { alignment: 0 }), RangeError);
    assert.throws(() => t.lazy(5 as never), TypeError);
  });

  it('takes up to 64 slots', () => {
    const slots = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, t.uint16]));
    const Largest = new Schema('Largest', slots(64));
    const value = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`s${index}`, index]));
    const read = Largest.unpackFrom(Largest.pack(value));
    for (let index = 0; index < 64; index++)
      assert.equal((read as Record<string, unknown>)[`s${index}`], index);
    assert.throws(() => new Schema('S', slots(65)), { message: /at most 64 slots, found 65/ });
  });

  it('says what Python cannot read', () => {
    assert.deepEqual(new Schema('S', { a: t.int }).interchange, []);
    const problems = new Schema('S', { i: t.int, slot: t.text, value_offs: t.bool, a: t.int }).interchange;
    assert.equal(problems.length, 3);
    assert.match(problems[0] as string, /S\.i/);
    assert.equal(new Schema('S', { next: t.self.optional() }).interchange.length, 1);
  });
});

describe('the layout of records', () => {
  // The bytes are those of docs/format.md.
  it('version 2 widens the bitmaps to the alignment', () => {
    const a1 = (alignment: number) =>
      new Schema('S', { a: t.int8, b: t.int8, c: t.int8 }, { alignment }).pack({ a: 1, b: 2, c: 3 });
    assert.equal(hex(new Schema('S', { a: t.int }).pack({ a: 1 })), '01000000000000000100000000000000');
    assert.equal(hex(a1(1)), '0700010203');
    assert.equal(hex(a1(2)), '070001020300');
    assert.equal(hex(a1(4)), '0700000001020300');
    assert.equal(hex(a1(8)), '07000000000000000102030000000000');
    assert.equal(hex(a1(16)), `0700000000000000${'00'.repeat(8)}010203${'00'.repeat(13)}`);
  });

  it('version 1 looks at the number of slots alone', () => {
    const packed = new Schema('S', { a: t.int }, { version: 1 }).pack({ a: 1 });
    assert.equal(hex(packed), '01000100000000000000000000000000');
  });

  it('aligns values and points to them from the record', () => {
    const S = new Schema('S', { a: t.int8, s: t.bytes }, { alignment: 4 });
    const packed = S.pack({ a: 1, s: Buffer.from('xyz') });
    assert.equal(hex(packed), '030000001000000000000000010000000300' + '78797a000000');
  });

  it('orders slots by size, then by code points', () => {
    const S = new Schema('S', {
      b: t.int8,
      '\u{1f600}': t.int8,
      '\uffee': t.int8,
      z: t.int64,
      a: t.text,
      c: t.int16,
    });
    assert.deepEqual(
      S.layout.slots.map((slot) => slot.name),
      ['a', 'z', 'c', 'b', '\uffee', '\u{1f600}'],
    );
  });

  for (const count of [1, 7, 8, 9, 16, 17, 31, 32, 33, 63, 64]) {
    for (const version of [1, 2] as const) {
      it(`${count} slots of version ${version}, any of them missing or None`, () => {
        const names = Array.from({ length: count }, (_, index) => `s${index}`);
        const types = [t.int8, t.text, t.uint32, t.float64];
        const slots = Object.fromEntries(
          names.map((name, index) => [name, (types[index % 4] as typeof t.int8).optional()]),
        );
        const S = new Schema('S', slots as SlotMap, { version });
        for (let pattern = 0; pattern < 12; pattern++) {
          const value: Record<string, unknown> = {};
          names.forEach((name, index) => {
            const choice = (index * 7 + pattern * 13 + (index >> 2)) % 3;
            if (pattern === 0 || choice === 0) value[name] = index % 4 === 1 ? `text ${index}` : index;
            else if (choice === 1) value[name] = null;
          });
          const read = S.unpackFrom(S.pack(value as never)) as Record<string, unknown>;
          for (const name of names) assert.equal(read[name], value[name], `${name} of pattern ${pattern}`);
        }
      });
    }
  }
});

describe('reading through another schema than the stored one', () => {
  const Stored = new Schema('Stored', {
    a: t.int,
    b: t.text,
    c: t.float32,
    inner: new Schema('Inner', { x: t.uint8, y: t.text, z: t.int64 }),
    next: t.self.optional(),
  });
  const inner = { x: 1, y: 'why', z: 3 };
  const bytes = arrayOf(Stored).buildSync([
    { a: 5, b: 'bee', c: 0.5, inner, next: { a: 6, b: 'cee', c: 1, inner } },
  ]);

  it('reads what both have, undefined for what the file lacks', () => {
    const Reading = new Schema('Reading', {
      b: t.bytes,
      missing: t.uint32,
      a: t.int64,
      inner: new Schema('Part', { y: t.text, w: t.text.optional() }),
      next: t.self.optional(),
    });
    const record = arrayOf(Reading).from(bytes).at(0);
    assert.equal(record?.a, 5n);
    assert.deepEqual(Buffer.from(record?.b ?? []), Buffer.from('bee'));
    assert.equal(record?.missing, undefined);
    assert.equal(record?.inner.y, 'why');
    assert.equal(record?.inner.w, undefined);
    assert.equal(record?.next?.a, 6n);
    assert.equal(record?.next?.inner.y, 'why');
    assert.equal(record?.next?.next, undefined);
  });

  it('refuses what is stored differently, by the path of the slot', () => {
    const refuses = (slots: SlotMap, message: RegExp) =>
      assert.throws(() => arrayOf(new Schema('R', slots)).from(bytes), {
        code: 'ERR_SHAREDBUFFERS_SCHEMA_MISMATCH',
        message,
      });
    refuses({ a: t.uint32 }, /R\.a: the file stores int, the given schema declares uint32/);
    refuses({ c: t.float64 }, /R\.c/);
    refuses({ b: t.int64 }, /R\.b/);
    refuses({ inner: t.text }, /R\.inner/);
    refuses({ inner: new Schema('I', { x: t.int8 }) }, /R\.inner\.x/);
    refuses({ next: new Schema('N', { inner: new Schema('I', { x: t.int8 }) }) }, /R\.next\.inner\.x/);
  });

  it('shows the stored schema where none is given, every slot optional', () => {
    const array = arrayOf().from(bytes);
    const record = array.at(0) as Record<string, unknown>;
    assert.equal(record.a, 5);
    assert.equal((record.inner as Record<string, unknown>).y, 'why');
    assert.equal(array.schema.name, 'Stored');
    assert.ok(array.schema.slots.every((slot) => !slot.required));
  });

  it('is told by isCompatible and incompatibility', () => {
    assert.ok(Stored.isCompatible(Stored));
    assert.ok(new Schema('S', { a: t.int64 }).isCompatible(Stored));
    assert.match(new Schema('S', { a: t.text }).incompatibility(Stored) ?? '', /S\.a/);
  });
});
