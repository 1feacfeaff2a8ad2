/** Reads the CMU pronouncing dictionary from the npm package `cmu-pronouncing-dictionary`. */
import { dictionary } from 'cmu-pronouncing-dictionary';
import type { PronunciationInput } from './schema.js';

/** Pairs of word and pronunciation; the dictionary calls further ones of a word `word(2)` and so on. */
export function* readPronunciations(): Generator<[word: string, pronunciation: PronunciationInput]> {
  for (const [name, spoken] of Object.entries(dictionary)) {
    const phonemes = spoken.split(' ');
    const syllables = phonemes.filter((phoneme) => /\d$/.test(phoneme)).length;
    yield [name.replace(/\(\d+\)$/, ''), { phonemes, syllables }];
  }
}
