/** What is compressed here is decompressed by Python's lz4, and the other way round. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Schema, t } from 'sharedbuffers';
import type { Tagged } from '#src/exact/tagged.js';
import { native } from '#src/native/index.js';
import { noise, realText, sizes, variants } from '../support/compressible.js';
import { fromBase64, runPython, toBase64 } from '../support/python.js';
import { randomNumbers } from '../support/random.js';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const text = realText();
const prose = new Uint8Array(Buffer.from(text));
const inputs = [
  ...sizes(randomNumbers(seed)).flatMap((size) => variants(size, prose)),
  prose,
  noise(1_000_000),
];

function assertSame(found: Uint8Array, expected: Uint8Array, note: string): void {
  assert.ok(Buffer.compare(found, expected) === 0, note);
}

describe(`LZ4 (SEED=${seed})`, () => {
  it('is decompressed by Python as it was compressed here', () => {
    const stored = inputs.map((bytes) => native.compress(bytes));
    const jobs = stored.flatMap((bytes) => (bytes === undefined ? [] : [{ decompress: toBase64(bytes) }]));
    const answers = runPython<{ bytes: string; error?: string }>('lz4_blocks.py', jobs);
    const compressed = inputs.filter((_, index) => stored[index] !== undefined);
    assert.ok(compressed.length > inputs.length / 3, `${compressed.length} of ${inputs.length}`);
    answers.forEach(({ bytes, error }, index) => {
      assert.equal(error, undefined);
      assertSame(fromBase64(bytes), compressed[index] as Uint8Array, `input ${index}`);
    });
  });

  it('is decompressed here as Python compressed it, and compressed here where it pays there', () => {
    const ways = [{}, { mode: 'high_compression', compression: 9 }, { mode: 'fast', acceleration: 16 }];
    const jobs = inputs.map((bytes, index) => ({ compress: toBase64(bytes), options: ways[index % 3] }));
    runPython<{ stored: string }>('lz4_blocks.py', jobs).forEach(({ stored }, index) => {
      const bytes = fromBase64(stored);
      const input = inputs[index] as Uint8Array;
      assertSame(native.decompress(bytes), input, `input ${index}`);
      // another encoder finds other matches, so where it is a near thing they may differ
      const isWorthwhile = input.length > 512 && bytes.length < input.length / 2;
      assert.ok(!isWorthwhile || native.compress(input) !== undefined, `input ${index}`);
    });
  });

  it('is what slots hold on both sides, up to a text of 5 MB', () => {
    const slots = { text: t.text, bytes: t.bytes, any: t.any };
    const Texts = new Schema('Texts', slots);
    const json = {
      name: 'Texts',
      slots: [
        ['text', 'str'],
        ['bytes', 'bytes'],
        ['any', 'object'],
      ],
      alignment: 8,
      types: [],
    };
    const lengths = [...sizes(randomNumbers(seed)), text.length];
    const texts = lengths.map((length, index) => (index % 7 === 0 ? '✓é' : '') + text.slice(0, length));
    const records = texts.map((each, index) => ({
      text: each,
      bytes: index % 2 ? noise(each.length % 70_000) : new Uint8Array(Buffer.from(each)),
      any: index % 2 ? each : new Uint8Array(Buffer.from(each)),
    }));
    const tagged = records.map((record): Tagged => {
      const any = typeof record.any === 'string' ? record.any : { $bytes: toBase64(record.any) };
      const fields = { text: record.text, bytes: { $bytes: toBase64(record.bytes) }, any };
      return { $struct: 'Texts', fields };
    });
    const [read, packed] = runPython<{ records: unknown[]; error?: string }>('values.py', [
      { do: 'read', schema: json, records: records.map((record) => toBase64(Texts.pack(record))) },
      { do: 'pack', schema: json, records: tagged, as: 'records' },
    ]);
    assert.equal(read?.error, undefined);
    assert.equal(packed?.error, undefined);
    records.forEach((record, index) => {
      const note = `a text of ${record.text.length}`;
      assert.ok(JSON.stringify(read?.records[index]) === JSON.stringify(tagged[index]), note);
      const found = Texts.unpackFrom(fromBase64(packed?.records[index] as string));
      assert.ok(found.text === record.text, note);
      assertSame(found.bytes, record.bytes, note);
      if (typeof record.any === 'string') assert.ok(found.any === record.any, note);
      else assertSame(found.any as Uint8Array, record.any, note);
    });
  });
});
