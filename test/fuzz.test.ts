/** Files that were changed at random, a few thousand of the many that `npm run fuzz` makes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCampaign } from './fuzz/campaign.js';
import { makeInput } from './fuzz/inputs.js';

describe('files that were changed at random', () => {
  it('give values or errors of this library, whatever is done with them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-fuzz-'));
    const options = { seed: 1, inputs: 3000, children: 1, maxSeconds: 10, maxMegabytes: 512, folder };
    const { inputs, findings, byKind } = await runCampaign(options);
    // What is found is kept: the message says where.
    assert.deepEqual(findings, []);
    rmSync(folder, { recursive: true });
    assert.equal(inputs, 3000);
    assert.ok(Object.keys(byKind).length >= 9);
  });

  it('are made again from their seed and number', () => {
    for (const number of [0, 1, 77, 123_456]) {
      const [one, other] = [makeInput(5, number), makeInput(5, number)];
      assert.equal(one.specimen, other.specimen);
      assert.deepEqual(one.mutated, other.mutated);
      assert.deepEqual(one.circumstances, other.circumstances);
      assert.notDeepEqual(one.mutated, makeInput(6, number).mutated);
    }
  });
});
