/** How far the figures are from what the machine allows. */
import type { KeyKind } from '../support/cities.js';
import type { LookupName } from '../works/lookups.js';
import { digits, spread, table } from './markdown.js';
import type { Results } from './results.js';

const MiB = 2 ** 20;

/**
 * Loads of a lookup that wait for one another and miss the caches in a large table. With a direct table, the default: its
 * line, then key and record together. With a radix table alone: its entry, the row, the key (together with it the record's
 * position), the record; a number has no key elsewhere, and its record's position counts for itself.
 */
const dependentMisses: Record<string, Record<KeyKind, number>> = {
  sharedbuffers: { string: 2, uint32: 2 },
  'sharedbuffers-radix': { string: 4, uint32: 4 },
};
const lookupTitles: Partial<Record<LookupName, string>> = {
  'one-field': 'one number',
  'three-fields': 'two numbers and a string',
};

export function limitsSection(results: Results): string {
  const { limits } = results;
  if (limits === undefined || limits.length === 0) return '';
  const machine = table(
    ['', 'string keys', 'uint32 keys'],
    [
      ['file, MiB', ...limits.map(({ fileBytes }) => digits(fileBytes / MiB))],
      ['miss, pages of 4 KiB, ns', ...limits.map(({ missSmallPages }) => spread(missSmallPages))],
      ['miss, huge pages, ns', ...limits.map(({ missHugePages }) => spread(missHugePages))],
      ['memory read in order, GB/s', ...limits.map(({ bandwidth }) => spread(bandwidth))],
      [
        'column in the order of keys, gathered and summed in Zig, ns a record',
        ...limits.map(({ gather }) => spread(gather)),
      ],
    ],
  );
  return [machine, lookupRows(results), scanRows(results)].join('\n\n');
}

function lookupRows({ limits = [], lookups }: Results): string {
  const rows = limits.flatMap(({ keys, missSmallPages, missHugePages }) =>
    Object.entries(dependentMisses).flatMap(([contender, misses]) =>
      Object.entries(lookupTitles).flatMap(([lookup, title]) => {
        const row = lookups?.[keys][lookup as LookupName]?.find((each) => each.contender === contender);
        if (row === undefined) return [];
        return [
          [
            `${row.name}: ${keys} key, ${title}`,
            digits(row.median),
            digits(row.median / missHugePages.median),
            digits(row.median / missSmallPages.median),
            String(misses[keys]),
          ],
        ];
      }),
    ),
  );
  const head = [
    'lookup',
    'ns',
    'in misses, huge pages',
    'in misses, pages of 4 KiB',
    'misses that wait for one another',
  ];
  return table(head, rows);
}

function scanRows({ limits = [], scans, size }: Results): string {
  const rows = limits.flatMap(({ keys, recordBytes, bandwidth, gather }) =>
    (scans?.[keys] ?? [])
      .filter(({ contender }) => contender === 'sharedbuffers')
      .map(({ name, median }) => {
        const rate = recordBytes / size / median;
        const share = Math.round((100 * rate) / bandwidth.median);
        return [
          `${name}, ${keys} keys`,
          digits(median),
          digits(rate),
          `${share} %`,
          digits(median / gather.median),
        ];
      }),
  );
  const head = ['scan', 'ns', 'GB/s of records', 'of the bandwidth', 'of the column in Zig'];
  return table(head, rows);
}
