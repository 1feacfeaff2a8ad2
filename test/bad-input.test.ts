import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  arrayOf,
  CorruptDataError,
  mappingOf,
  NumericIdMapper,
  open,
  Schema,
  SharedBuffersError,
  StringId32Mapper,
  StringIdMapper,
  t,
  toObject,
  UnsupportedError,
} from 'sharedbuffers';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

const Inner = new Schema('Inner', { text: t.text, number: t.uint16.optional() });
const Record = new Schema('Record', { a: t.int64, text: t.text, bytes: t.bytes.optional(), inner: Inner });
const Records = arrayOf(Record);
const ByText = mappingOf(StringIdMapper, Record);
const ByNumber = mappingOf(NumericIdMapper, Record);

const record = (a: number) => ({
  a,
  text: `text ${a}`,
  bytes: Buffer.alloc(600, a),
  inner: { text: 'ïnner' },
});
const some = Array.from({ length: 20 }, (_, a) => record(a));
const array = Buffer.from(Records.buildSync(some));
const byText = Buffer.from(ByText.buildSync(some.map((value) => [`key ${value.a}`, value] as const)));
const byNumber = Buffer.from(ByNumber.buildSync(some.map((value) => [value.a * 3, value] as const)));

/** Reads all that there is to read. */
function readAll(container: unknown): void {
  const all = container as Iterable<unknown> & { get?(key: unknown): unknown };
  for (const item of all) toObject((Array.isArray(item) ? item[1] : item) as object);
  for (let n = 0; n < 25; n++) {
    const found = all.get?.(n % 2 ? n : `key ${n}`);
    if (found !== undefined) toObject(found as object);
  }
}

const openers = [
  ['array', array, (bytes: Uint8Array) => Records.from(bytes)],
  ['array without a declared schema', array, (bytes: Uint8Array) => arrayOf().from(bytes)],
  ['mapping of strings', byText, (bytes: Uint8Array) => ByText.from(bytes)],
  ['mapping of numbers', byNumber, (bytes: Uint8Array) => ByNumber.from(bytes)],
  ['file that says what it is', byText, (bytes: Uint8Array) => open(bytes)],
] as const;

/** Whatever happens is one of this library's errors, or nothing. */
function survives(bytes: Uint8Array, read: (bytes: Uint8Array) => unknown, what: string): boolean {
  try {
    readAll(read(bytes));
    return true;
  } catch (error) {
    assert.ok(error instanceof SharedBuffersError, `${what}: ${(error as Error).stack}`);
    return false;
  }
}

for (const [name, bytes, read] of openers) {
  describe(`a damaged ${name}`, () => {
    it('truncated at any length is an error', () => {
      for (let length = 0; length < bytes.length; length += length < 300 ? 1 : 37) {
        const cut = Uint8Array.prototype.slice.call(bytes, 0, length);
        assert.equal(survives(cut, read, `cut to ${length}`), false, `cut to ${length}`);
      }
    });

    it('with any byte changed is an error or a value, never a crash', () => {
      let seed = 1;
      for (let round = 0; round < 6000; round++) {
        const damaged = Buffer.from(bytes);
        for (let change = 0; change < 1 + (round % 3); change++) {
          seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
          const position = (seed >>> 8) % damaged.length;
          damaged[position] = [0, 0xff, 0x80, 0x7f, seed & 0xff][round % 5] as number;
        }
        survives(damaged, read, `round ${round}`);
      }
    });
  });
}

describe('absurd headers', () => {
  const absurd = [2n ** 64n - 1n, 2n ** 63n, 2n ** 53n, 2n ** 40n, 2n ** 32n, 1_000_000n];
  const withU64 = (bytes: Buffer, offset: number, value: bigint) => {
    const changed = Buffer.from(bytes);
    changed.writeBigUint64LE(value, offset);
    return changed;
  };

  it('of arrays: size, index, count, versions, schema', () => {
    for (const value of absurd) {
      for (const offset of [0, 8, 16, 40, 48]) {
        assert.throws(() => Records.from(withU64(array, offset, value)), CorruptDataError);
      }
      assert.throws(() => Records.from(withU64(array, 32, value)), SharedBuffersError);
    }
    assert.throws(() => Records.from(withU64(array, 32, 3n)), {
      name: 'SharedBuffersError',
      message: /version 3/,
    });
    assert.equal(Records.from(withU64(array, 24, 7n)).length, 20, 'a higher version alone is readable');
    const index = Number(array.readBigUint64LE(8));
    assert.throws(() => Records.from(withU64(array, index, 55n)), UnsupportedError);
  });

  it('of id tables and mappings: rows, their position, the footer', () => {
    for (const value of absurd) {
      for (const offset of [0, 8, byText.length - 8]) {
        assert.throws(() => ByText.from(withU64(byText, offset, value)), CorruptDataError);
      }
    }
  });

  it('of rows and pointers, where they are used', () => {
    const rows = Number(byNumber.readBigUint64LE(8));
    for (const value of absurd) {
      const wrongValue = ByNumber.from(withU64(byNumber, rows + 8, value));
      assert.throws(() => wrongValue.get(0), { code: 'ERR_SHAREDBUFFERS_CORRUPT' });
      assert.throws(() => [...wrongValue.values()], CorruptDataError);
    }
    const stringRows = Number(byText.readBigUint64LE(8));
    const key = [...ByText.from(byText).keys()][0] as string;
    for (const value of [...absurd, 0n, 15n]) {
      const wrongKey = ByText.from(withU64(byText, stringRows + 8, value));
      assert.throws(() => wrongKey.get(key), { code: 'ERR_SHAREDBUFFERS_CORRUPT' });
      assert.throws(() => [...wrongKey.keys()], CorruptDataError);
    }
    const position = 56;
    for (const value of absurd) {
      for (const offset of [8, 16, 24, 32]) {
        const wrongPointer = Records.from(withU64(array, position + offset, value));
        survives(wrongPointer as never, () => wrongPointer, 'pointer');
      }
    }
  });
});

describe('files of another kind', () => {
  it('are told by what they say they are', () => {
    const wrongKind = { code: 'ERR_SHAREDBUFFERS_WRONG_KIND' };
    assert.throws(() => mappingOf(StringId32Mapper, Record).from(byText), wrongKind);
    assert.throws(() => ByNumber.from(byText), wrongKind);
    assert.throws(() => StringIdMapper.from(byText), wrongKind);
  });

  it('or by what does not fit', () => {
    assert.throws(() => ByText.from(array), SharedBuffersError);
    assert.throws(() => Records.from(byText), SharedBuffersError);
    for (const text of ['', 'x', 'PK\x03\x04 some archive', '{"json": true}'.repeat(100)]) {
      for (const [name, , read] of openers) {
        assert.throws(() => read(Buffer.from(text)), SharedBuffersError, name);
      }
    }
  });

  it('that do not say what they are, are not guessed', () => {
    assert.throws(() => open(Buffer.alloc(500)), {
      code: 'ERR_SHAREDBUFFERS_NOT_SELF_DESCRIBED',
      message: /--kind/,
    });
  });

  it('are named in the message', () => {
    writeFileSync(file('text'), 'this is some text');
    assert.throws(() => ByText.open(file('text')), { message: new RegExp(file('text')) });
    assert.throws(() => ByText.open(file('missing')), {
      code: 'ENOENT',
      path: file('missing'),
      syscall: 'open',
    });
    assert.throws(() => ByText.open(folder), { code: 'EISDIR' });
    assert.throws(() => ByText.open(5 as never), {
      name: 'InvalidTypeError',
      message: /path of a file, found 5/,
    });
    assert.throws(() => ByText.open(file('text'), { ofset: 5 } as never), {
      message: /unknown option "ofset"/,
    });
    assert.throws(() => ByText.open(file('text'), { offset: -1 }), RangeError);
    assert.throws(() => ByText.open(file('text'), { offset: 3, size: 1000 }), RangeError);
  });
});

describe('promises that a file breaks', () => {
  const Optional = new Schema('Record', { a: t.int64.optional(), text: t.text.optional() });
  const bytes = arrayOf(Optional).buildSync([{ a: 1, text: 'x' }, { a: null }]);
  const Required = arrayOf(new Schema('Record', { a: t.int64, text: t.text }));

  it('read undefined, or are errors where asked for', () => {
    assert.equal(Required.from(bytes).at(1)?.text, undefined);
    assert.throws(() => Required.from(bytes, { requireSlots: true }), {
      code: 'ERR_SHAREDBUFFERS_CORRUPT',
      message: /record 1: Record\.a is required, found None/,
    });
  });

  it('are looked for in records that are there', () => {
    const last = Buffer.from(bytes);
    const index = Number(last.readBigUInt64LE(8));
    last.writeBigUInt64LE(BigInt(last.length - 4), index + 8);
    assert.throws(() => Required.from(last, { requireSlots: true }), {
      code: 'ERR_SHAREDBUFFERS_CORRUPT',
      message: /the header of record 1/,
    });
  });
});

describe('text that is no UTF-8', () => {
  const AsBytes = new Schema('S', { x: t.bytes });
  const AsText = new Schema('S', { x: t.text });

  for (const [name, bad] of Object.entries({
    'a lone continuation byte': [0x61, 0x80],
    'a sequence cut off': [0xe2, 0x82],
    'an overlong form': [0xc0, 0xaf],
    'a surrogate': [0xed, 0xa0, 0x80],
    'beyond U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
  })) {
    it(`is an error: ${name}`, () => {
      const packed = AsBytes.pack({ x: Uint8Array.from(bad) });
      assert.throws(() => AsText.unpackFrom(packed).x, { code: 'ERR_SHAREDBUFFERS_ENCODING' });
    });
  }
});
