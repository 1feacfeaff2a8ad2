/** Comparing what is read with what a manifest expects. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { compareCodePoints } from '#src/code-points.js';
import { canonicalTagged } from '#src/exact/canonical.js';
import type { Tagged } from '#src/exact/tagged.js';

/** Equal as canonical JSON, which forgets the order of fields. */
export function assertTagged(
  actual: Tagged | undefined,
  expected: Tagged | undefined,
  message: string,
): void {
  const text = (tagged: Tagged | undefined) => (tagged === undefined ? 'nothing' : canonicalTagged(tagged));
  // Not `assert.equal`, whose diff of long texts takes forever.
  if (text(actual) !== text(expected)) {
    assert.fail(`${message}: expected ${text(expected).slice(0, 500)}, found ${text(actual).slice(0, 500)}`);
  }
}

/** A list of which the manifest holds all, or a sample and the checksum of all. */
export function assertList(
  actual: Tagged[],
  expected: Tagged[] | undefined,
  listed: 'all' | 'sample' | undefined,
  sha256: string | undefined,
  message: string,
): void {
  const sampled =
    listed === 'sample'
      ? Array.from({ length: 100 }, (_, index) => actual[Math.floor((index * actual.length) / 100)] as Tagged)
      : actual;
  assertTagged(sampled, expected, message);
  assert.equal(
    createHash('sha256').update(canonicalTagged(actual)).digest('hex'),
    sha256,
    `${message}: checksum`,
  );
}

export function sortCanonically(list: Tagged[]): Tagged[] {
  return list
    .map((item) => ({ item, text: canonicalTagged(item) }))
    .sort((a, b) => compareCodePoints(a.text, b.text))
    .map(({ item }) => item);
}

/** One entry for each key of a multi mapper, `[key, [values in file order]]`, from its rows. */
export function groupByKey(rows: [Tagged, Tagged][]): Tagged[] {
  const groups = new Map<string, [Tagged, Tagged[]]>();
  for (const [key, value] of rows) {
    const text = canonicalTagged(key);
    const group = groups.get(text) ?? [key, []];
    group[1].push(value);
    groups.set(text, group);
  }
  return [...groups.values()];
}
