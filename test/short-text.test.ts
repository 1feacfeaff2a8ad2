/** Texts of a few characters, which are decoded without native code where they are ASCII. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arrayOf, CorruptDataError, Schema, t } from 'sharedbuffers';

const Word = new Schema('Word', { text: t.text });
const Words = arrayOf(Word);

/** Where the bytes of a text are in what was packed. */
const findText = (bytes: Uint8Array, text: string) => Buffer.from(bytes).lastIndexOf(text);

describe('short texts', () => {
  it('reads every length and every character of ASCII', () => {
    const texts = Array.from({ length: 40 }, (_, length) =>
      Array.from({ length: 128 }, (_, first) =>
        String.fromCharCode(...Array.from({ length }, (_, index) => (first + index * 7) % 128)),
      ),
    ).flat();
    const words = Words.from(Words.buildSync(texts.map((text) => ({ text }))));
    assert.deepEqual(
      Array.from(words, (word) => word.text),
      texts,
    );
  });

  it('reads any text, also where its bytes are the last ones', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom('a', 'z', '\u0000', '\u007f', 'é', '字', '😀'), maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
        const words = Words.from(Words.buildSync(texts.map((each) => ({ text: each }))));
        assert.deepEqual(
          Array.from(words, (word) => word.text),
          texts,
        );
        for (const each of texts) {
          const packed = Word.pack({ text: each });
          const end = findText(packed, each) + Buffer.byteLength(each);
          assert.equal(Word.unpackFrom(packed).text, each);
          assert.equal(Word.unpackFrom(packed.slice(0, end)).text, each);
        }
      }),
    );
  });

  for (const length of [1, 2, 3, 4, 5, 8, 9, 13, 16, 17]) {
    it(`takes none of ${length} bytes that are no UTF-8, whichever byte it is`, () => {
      const text = 'abcdefghijklmnopqrstuvwxyz'.slice(0, length);
      for (let index = 0; index < length; index++) {
        const packed = Word.pack({ text });
        packed[findText(packed, text) + index] = 0xff;
        const padded = Buffer.concat([packed, new Uint8Array(32)]);
        assert.throws(() => Word.unpackFrom(padded).text, CorruptDataError);
      }
    });
  }

  it('takes no text that is longer than what is there', () => {
    const packed = Word.pack({ text: 'abcdef' });
    const start = findText(packed, 'abcdef');
    for (let size = start; size < start + 6; size++)
      assert.throws(() => Word.unpackFrom(packed.slice(0, size)).text, CorruptDataError);
  });
});
