/** The tables of docs/performance.md, each from its part of the results. */
import type { KeyKind } from '../support/cities.js';
import { spreadOf } from '../support/spread.js';
import type { LookupName, LookupTiming } from '../works/lookups.js';
import { digits, scaled, spread, table, times } from './markdown.js';
import { bound, requirements, verdict } from './requirements.js';
import type { Results } from './results.js';

const MiB = 2 ** 20;
const own = 'sharedbuffers';
const radix = 'sharedbuffers-radix';
const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];
const count = (value: number) => value.toLocaleString('en');

export function machineSection({ machine, versions, command, date, size }: Results): string {
  const { processor, cores, memoryBytes, system, node, load } = machine;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- ${count(size)} records; ${date}; \`${command}\``,
    `- ${processor}, ${cores} cores, ${Math.round(memoryBytes / 2 ** 30)} GiB of memory, ${system}, Node ${node}; load before the run ${load.toFixed(1)}`,
    `- ${packages.join(', ')}`,
  ].join('\n');
}

export function requirementsSection(results: Results): string {
  const rows = requirements.map((requirement) => [
    requirement.work,
    requirement.comparedWith,
    verdict(requirement, results, own),
    verdict(requirement, results, radix),
    bound(requirement, requirement.required),
    bound(requirement, requirement.goal),
  ]);
  return table(['work', 'compared with', 'default index', "`index: 'radix'`", 'required', 'goal'], rows);
}

const lookupTitles: Record<Exclude<LookupName, 'batches'>, string> = {
  'one-field': 'one number',
  'one-field-concatenated': 'one number, concatenated key',
  'three-fields': 'two numbers and a string',
  absent: 'absent key',
};

/** A time, and how many times that of this library it is. */
function cell(row: LookupTiming | undefined, base: number | undefined): string {
  if (row === undefined) return '';
  return base === undefined ? spread(row) : `${spread(row)} ${times(row.median / base)}`;
}

export function lookupsSection({ lookups }: Results): string {
  if (lookups === undefined) return '';
  const parts = (['string', 'uint32'] as const).map((keys) => {
    const result = lookups[keys];
    const names = (Object.keys(lookupTitles) as (keyof typeof lookupTitles)[]).filter((name) => result[name]);
    const titles = unique(names.flatMap((name) => result[name]?.map((row) => row.name) ?? []));
    const rows = titles.map((title) => [
      title,
      ...names.map((name) => {
        const timings = result[name] ?? [];
        const base = timings.find(({ contender }) => contender === own)?.median;
        return cell(
          timings.find((row) => row.name === title),
          base,
        );
      }),
    ]);
    return table([`ns, ${keys} keys`, ...names.map((name) => lookupTitles[name])], rows);
  });
  return parts.join('\n\n');
}

/** One row for each way, a column for each kind of keys. */
function ways(
  of: (keys: KeyKind) => readonly LookupTiming[] | undefined,
  baseWay: string,
  unit: string,
): string {
  const kinds = ['string', 'uint32'] as const;
  const titles = unique(kinds.flatMap((keys) => of(keys)?.map(({ name }) => name) ?? []));
  const rows = titles.map((title) => [
    title,
    ...kinds.map((keys) => {
      const timings = of(keys) ?? [];
      const base = timings.find(({ contender, name }) => contender === own && name.endsWith(baseWay))?.median;
      return cell(
        timings.find((row) => row.name === title),
        base,
      );
    }),
  ]);
  return table([unit, 'string keys', 'uint32 keys'], rows);
}

export function batchesSection({ lookups }: Results): string {
  return lookups ? ways((keys) => lookups[keys].batches, ': getMany()', 'ns for each key') : '';
}

export function scansSection({ scans }: Results): string {
  return scans ? ways((keys) => scans[keys], 'records.cursor()', 'ns for each record') : '';
}

export function buildsSection({ builds, size }: Results): string {
  if (builds === undefined) return '';
  const base = (keys: KeyKind) =>
    builds.find((row) => row.contender === own && row.keys === keys)?.seconds.median ?? Number.NaN;
  const rows = builds.map(({ name, contender, keys, seconds, bytes, peakBytes }) => {
    const rates = spreadOf([seconds.median, seconds.min, seconds.max].map((each) => size / each / 1000));
    return [
      `${contender === 'sqlite-transaction' ? 'better-sqlite3' : name}, ${keys} keys`,
      spread(rates),
      times(base(keys) / seconds.median),
      digits(bytes / MiB),
      peakBytes === undefined ? '' : digits(peakBytes / MiB),
    ];
  });
  const head = ['', 'thousand records/s', 'of this library', 'file, MiB', 'peak over the input, MiB'];
  return table(head, rows);
}

export function startupSection({ startup }: Results): string {
  if (startup === undefined) return '';
  const titles = unique(startup.timings.map(({ name }) => name));
  const of = (title: string, what: 'import' | 'first lookup') => {
    const row = startup.timings.find((each) => each.name === title && each.what === what);
    return row ? spread(row) : '';
  };
  const rows = titles.map((title) => [title, of(title, 'import'), of(title, 'first lookup')]);
  const note = `An empty program takes ${spread(startup.empty)} ms, which is subtracted.`;
  return `${table(['ms', 'import', 'import, open, first lookup'], rows)}\n\n${note}`;
}

export function memorySection({ memory }: Results): string {
  if (memory === undefined) return '';
  const nothing = memory.find(({ contender }) => contender === undefined)?.privateBytes.median ?? 0;
  const rows = memory.map(({ name, privateBytes, proportionalBytes }) => [
    name,
    spread(scaled(privateBytes, 1 / MiB)),
    digits((privateBytes.median - nothing) / MiB),
    spread(scaled(proportionalBytes, 1 / MiB)),
  ]);
  return table(['MiB', 'private, each reader', 'over doing nothing', 'all four, what is shared once'], rows);
}

export function growthSection({ growth }: Results): string {
  if (growth === undefined) return '';
  const sizes = unique(growth.map(({ size }) => size));
  const parts = (['string', 'uint32'] as const).map((keys) => {
    const titles = unique(growth.filter((row) => row.keys === keys).map(({ name }) => name));
    const rows = titles.map((title) => {
      const at = (size: number) =>
        growth.find((row) => row.keys === keys && row.name === title && row.size === size);
      const ten = at(10_000_000)?.median;
      const one = at(1_000_000)?.median;
      return [
        title,
        ...sizes.map((size) => cell(at(size), undefined)),
        ten === undefined || one === undefined ? '' : times(ten / one),
      ];
    });
    return table([`ns, ${keys} keys`, ...sizes.map(count), '10 million over 1 million'], rows);
  });
  return parts.join('\n\n');
}
