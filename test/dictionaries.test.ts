/** The example of the dictionaries: real data, compared with its source entry by entry. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Bundle, MultiMapping } from 'sharedbuffers';

const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'dictionaries.zip');

describe('dictionaries', () => {
  it('hold what their source holds', () => {
    const printed = execFileSync(process.execPath, ['build/examples/dictionaries.js', path], {
      encoding: 'utf8',
    });
    assert.match(printed, /^meanings: 207,\d+ of 147,\d+ words, all as they should be$/m);
    assert.match(printed, /^pronunciations: 13\d,\d+ of 12\d,\d+ words, all as they should be$/m);
    assert.match(printed, /bow is said B-AW1 or B-OW1;/);
    assert.match(printed, /it rhymes with cow, rhymes with low, does not rhyme with box\./);
  });

  it('are read without a word about their schema', () => {
    using bundle = Bundle.open(path);
    const meanings = bundle.get('meanings');
    assert.ok(meanings instanceof MultiMapping);
    const [first] = meanings.get('dog') as { gloss: string; words: string[] }[];
    assert.match(first?.gloss ?? '', /domesticated by man since prehistoric times/);
    assert.deepEqual(first?.words, ['dog', 'domestic dog', 'Canis familiaris']);
    assert.deepEqual(meanings.get('no such word'), []);
    // Synsets are shared by their words.
    assert.ok(meanings.records.length < 160_000);
  });
});
