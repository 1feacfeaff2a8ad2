/** The comparison of `npm run bench`, in small: everything that takes part and is installed gives the same answers. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { describeResults, fillIn } from '../bench/report/performance.js';
import type { Results } from '../bench/report/results.js';

const suite = fileURLToPath(new URL('../bench/suite.js', import.meta.url));
const size = 1000;
let folder: string;
let results: Results;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-'));
  const out = join(folder, 'results.json');
  const parts = 'builds,startup,lookups,scans,memory';
  const { status, stderr } = spawnSync(
    process.execPath,
    [suite, '--smoke', `--size=${size}`, `--only=${parts}`, `--out=${out}`],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  results = JSON.parse(readFileSync(out, 'utf8')) as Results;
});
after(() => rmSync(folder, { recursive: true }));

const timed = (rows: readonly { contender?: string; median: number }[] = []) =>
  rows.filter(({ median }) => median > 0).map(({ contender }) => contender);

test('every lookup was made by this library and by a Map', () => {
  for (const keys of ['string', 'uint32'] as const) {
    const lookups = results.lookups?.[keys];
    for (const name of ['one-field', 'three-fields', 'absent', 'batches'] as const) {
      const rows = timed(lookups?.[name]);
      assert.ok(rows.includes('sharedbuffers') && rows.includes('map'), `${keys}, ${name}: ${rows}`);
    }
    const rows = timed(results.scans?.[keys]);
    assert.ok(rows.includes('sharedbuffers') && rows.includes('map'), `${keys}, scans: ${rows}`);
  }
});

test('builds, starts and the memory of readers were measured', () => {
  assert.ok(
    results.builds?.some(({ contender, bytes }) => contender === 'sharedbuffers' && bytes > 50 * size),
  );
  assert.ok(results.startup?.timings.some(({ contender }) => contender === 'sharedbuffers'));
  assert.ok(results.memory?.some(({ contender }) => contender === 'sharedbuffers'));
});

test('the results are described', () => {
  const described = describeResults(results);
  assert.match(described.lookups ?? '', /sharedbuffers/);
  const page = readFileSync(fileURLToPath(new URL('../../docs/performance.md', import.meta.url)), 'utf8');
  const filled = fillIn(page, described);
  for (const text of Object.values(described)) assert.ok(filled.includes(text), text);
  assert.match(described.machine ?? '', new RegExp(process.version.replaceAll('.', '\\.')));
});
