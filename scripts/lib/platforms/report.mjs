// What came of the rows: kept in build/platforms/results.json, shown in docs/platforms.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { at } from '../paths.mjs';

const kept = at('build/platforms/results.json');
const page = at('docs/platforms.md');
const [begin, end] = ['<!-- results: platforms -->', '<!-- end -->'];

const readResults = () => (existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {});

/** Keeps the outcome of a row. */
export function keep(id, outcome) {
  const results = { ...readResults(), [id]: { ...outcome, day: new Date().toISOString().slice(0, 10) } };
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(kept, `${JSON.stringify(results, null, 2)}\n`);
}

function line({ id, what, on }, outcome) {
  const cells = outcome?.untried
    ? ['–', `not tried: ${outcome.untried}`]
    : outcome
      ? [
          outcome.version,
          `${outcome.failed === 0 ? '✓' : '✗'} ${outcome.passed} passed${outcome.failed > 0 ? `, ${outcome.failed} failed (${outcome.note})` : ''}`,
        ]
      : ['–', 'not tried'];
  return `| \`${id}\` | ${on} | ${cells[0]} | ${what} | ${cells[1].replaceAll('|', '\\|')} | ${outcome?.day ?? ''} |`;
}

/** Writes the table of all rows anew, with the outcomes that are kept. */
export function writePage(rows) {
  const results = readResults();
  const table = [
    '| row | where | versions | what | came of it | on |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => line(row, results[row.id])),
  ].join('\n');
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end, from);
  if (from < begin.length || to < 0) throw new Error(`${page} has no place for the table`);
  writeFileSync(page, `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`);
}
