/** The short form of `npm run soak -- replacement`. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { replaceUnderLoad } from './soak/replacement.js';

it('no reader in four processes sees anything wrong while the file is replaced', {
  timeout: 120_000,
}, async (test) => {
  const { badFiles, readers } = await replaceUnderLoad({ readers: 4, replacements: 20, everyMs: 200 });
  assert.equal(readers.length, 4);
  assert.equal(badFiles, 2);
  for (const { faults, faultCount, ...counts } of readers) {
    test.diagnostic(JSON.stringify(counts));
    assert.deepEqual(faults, []);
    assert.equal(faultCount, 0);
    assert.ok(counts.reads > 0 && counts.switches > 0 && counts.generations > 1);
  }
});
