/** Every message in docs/troubleshooting.md is the one that is printed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { makeFolder, mistakes, page, printedBy, removeFolder } from './support/mistakes.js';

// Rights to files and limits on their sizes are another matter on Windows.
describe(page, { skip: process.platform === 'win32' }, () => {
  const { prelude, samples } = mistakes();
  const folder = makeFolder();
  after(() => removeFolder(folder));

  for (const sample of samples) {
    test(`${sample.heading}: ${sample.code.split('\n', 1)[0]}`, async () => {
      assert.equal(await printedBy(sample, prelude, folder), sample.printed);
    });
  }

  test('shows at least twenty mistakes, each with its message', () => {
    assert.ok(samples.length >= 20);
    const headings = [...readFileSync(page, 'utf8').matchAll(/^## (.*)$/gm)].map((match) => match[1]);
    const shown = new Set([prelude, ...samples].map(({ heading }) => heading));
    assert.deepEqual(
      headings.filter((heading) => !shown.has(heading as string)),
      [],
    );
  });
});
