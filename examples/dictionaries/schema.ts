/** The records of two dictionaries of English, and the multi-mappings that the example builds of them. */
import { type Infer, type InferInput, multiMappingOf, Schema, StringIdMultiMapper, t } from 'sharedbuffers';

/** A set of words that mean the same, from WordNet. */
export const Synset = new Schema('Synset', {
  /** Its number, which is unique within its part of speech. */
  id: t.uint32,
  /** `n`, `v`, `a`, `s` (an adjective like another one) or `r` (adverb). */
  partOfSpeech: t.text,
  words: t.list(t.text),
  gloss: t.text,
  /** What it is a kind of: numbers of synsets of the same part of speech. */
  hypernyms: t.list(t.uint32),
});
export type Synset = Infer<typeof Synset>;
export type SynsetInput = InferInput<typeof Synset>;

/** How a word is said, from the CMU pronouncing dictionary. */
export const Pronunciation = new Schema('Pronunciation', {
  /** ARPAbet, vowels with their stress: `HH`, `AH0`, `L`, `OW1`. */
  phonemes: t.list(t.text),
  syllables: t.uint8,
});
export type Pronunciation = Infer<typeof Pronunciation>;
export type PronunciationInput = InferInput<typeof Pronunciation>;

export class Meanings extends multiMappingOf(StringIdMultiMapper, Synset) {}

export class Pronunciations extends multiMappingOf(StringIdMultiMapper, Pronunciation) {
  /** Whether two words end alike, from the last stressed vowel on, in any of their pronunciations. */
  rhyme(one: string, other: string): boolean {
    const endings = new Set(this.get(one).map(endingOf));
    return this.get(other).some((pronunciation) => endings.has(endingOf(pronunciation)));
  }
}

function endingOf({ phonemes }: Pronunciation): string {
  return phonemes.slice(phonemes.findLastIndex((phoneme) => phoneme.endsWith('1'))).join(' ');
}
