/**
 * Decoding texts that are in cache, by length and content: in JavaScript, by native code, and as a slot is read, which
 * chooses between the two (`ts-src/short-text.ts`). `npm run bench -- strings`
 */

import { arrayOf, Schema, t } from 'sharedbuffers';
import { native } from '#src/native/index.js';
import { longestShortText, shortText } from '#src/short-text.js';
import { timeInTurn } from './support/rounds.js';

const count = 2000;
const passes = 50;
const rounds = 21;
const contents = {
  ASCII: 'abcdefghijklmnopqrstuvwxyz',
  'Latin with accents': 'aébcèdñefügh',
  Cyrillic: 'абвгдежзиклм',
};
const Word = new Schema('Word', { text: t.text });
const Words = arrayOf(Word);

/** A text of that many bytes, or the next less. */
function textOf(alphabet: string, byteCount: number, number: number): string {
  let text = '';
  for (let index = number; Buffer.byteLength(text) < byteCount; index++)
    text += alphabet[index % alphabet.length];
  return Buffer.byteLength(text) > byteCount ? text.slice(0, -1) : text;
}

async function compare(content: string, alphabet: string, byteCount: number): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, number) => textOf(alphabet, byteCount, number));
  const bytes = Words.buildSync(texts.map((text) => ({ text })));
  const words = Words.from(bytes);
  const records = Array.from(words);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = Word.layout.slots[0]?.fullOffset ?? 0;
  const positions = records.map((_, index) => {
    const record = words.source.position(index);
    return record + Number(view.getBigInt64(record + field, true));
  });
  const read = native.createTextReader(native.regionFromBytes(bytes));
  const short = (position: number) => shortText(view, position + 2, view.getUint16(position, true));
  const sum = (lengthOf: (index: number) => number) => () => {
    let total = 0;
    for (let pass = 0; pass < passes; pass++)
      for (let index = 0; index < count; index++) total += lengthOf(index);
    return total;
  };
  const isShort = content === 'ASCII' && byteCount <= longestShortText;
  const contenders = [
    { name: 'native', run: sum((index) => read(positions[index] as number).length) },
    { name: 'slot', run: sum((index) => (records[index] as { text: string }).text.length) },
    ...(isShort
      ? [{ name: 'JavaScript', run: sum((index) => short(positions[index] as number)?.length ?? 0) }]
      : []),
  ];
  const timings = await timeInTurn(contenders, { operations: count * passes, rounds });
  return ['native', 'JavaScript', 'slot'].map(
    (name) => timings.find((timing) => timing.name === name)?.median.toFixed(0) ?? '–',
  );
}

for (const [content, alphabet] of Object.entries(contents)) {
  console.log(`\n${content}, ns a text`);
  console.log('  bytes   native   JavaScript   slot');
  for (const byteCount of [0, 1, 2, 4, 8, 12, 16, 20, 32, 64, 256]) {
    const [nativeTime, inJavaScript, slot] = (await compare(content, alphabet, byteCount)) as string[];
    const columns = [String(byteCount).padStart(7), nativeTime?.padStart(9), inJavaScript?.padStart(13)];
    console.log(`${columns.join('')}${slot?.padStart(7)}`);
  }
}
