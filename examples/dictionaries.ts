/**
 * Two dictionaries of English in one bundle: WordNet, with 200 000 meanings of words, and 134 000 pronunciations. Both
 * are built, opened and compared with their source, entry by entry.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Bundle, type MultiMapping, toObject } from 'sharedbuffers';
import { readPronunciations } from './dictionaries/pronunciations.js';
import { Meanings, Pronunciations } from './dictionaries/schema.js';
import { readWordNet } from './dictionaries/wordnet.js';

const path = process.argv[2] ?? join('build', 'dictionaries.zip');

/** What a multi-mapping is to answer: all records of each word, in their order. */
function groupByWord<T>(entries: Iterable<readonly [string, T]>): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const [word, record] of entries) {
    const group = groups.get(word);
    if (group === undefined) groups.set(word, [record]);
    else group.push(record);
  }
  return groups;
}

/** @throws Error at the first word whose records differ from those of the source */
function compare<R extends object>(
  mapping: MultiMapping<string, R>,
  entries: Iterable<readonly [string, object]>,
): { words: number; records: number } {
  let records = 0;
  const expected = groupByWord(entries);
  for (const [word, group] of expected) {
    if (!isDeepStrictEqual(mapping.get(word).map(toObject), group)) {
      throw new Error(`the records of ${JSON.stringify(word)} are not those of the source`);
    }
    if (mapping.count(word) !== group.length) throw new Error(`${JSON.stringify(word)} is counted wrongly`);
    if (mapping.get(`no ${word}`).length > 0 && !expected.has(`no ${word}`)) {
      throw new Error(`"no ${word}" should be absent`);
    }
    records += group.length;
  }
  if (mapping.size !== records) throw new Error(`${mapping.size} records are stored instead of ${records}`);
  return { words: expected.size, records };
}

async function main(): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const report = await Bundle.build(
    [
      // A synset is the meaning of several words, and stored once.
      ['meanings', { container: Meanings, entries: readWordNet(), options: { dedupe: true } }],
      [
        'pronunciations',
        { container: Pronunciations, entries: readPronunciations(), options: { dedupe: true } },
      ],
    ],
    path,
  );
  console.log(`${path}: ${(report.bytes / 2 ** 20).toFixed(1)} MiB, built in ${report.seconds.toFixed(1)} s`);
  using bundle = Bundle.open(path);
  const meanings = bundle.open('meanings', Meanings);
  const pronunciations = bundle.open('pronunciations', Pronunciations);
  const checked = {
    meanings: compare(meanings, readWordNet()),
    pronunciations: compare(pronunciations, readPronunciations()),
  };
  for (const [name, { words, records }] of Object.entries(checked)) {
    console.log(
      `${name}: ${records.toLocaleString('en')} of ${words.toLocaleString('en')} words, all as they should be`,
    );
  }
  console.log();
  for (const { partOfSpeech, words, gloss } of meanings.get('bow')) {
    console.log(`  bow (${partOfSpeech}; ${words.join(', ')}): ${gloss}`);
  }
  console.log(
    `  bow is said ${pronunciations
      .get('bow')
      .map(({ phonemes }) => phonemes.join('-'))
      .join(' or ')};`,
  );
  const rhymes = ['cow', 'low', 'box'].map(
    (word) => `${pronunciations.rhyme('bow', word) ? 'rhymes' : 'does not rhyme'} with ${word}`,
  );
  console.log(`  it ${rhymes.join(', ')}.`);
}

await main();
