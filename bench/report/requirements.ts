/** What this library is held to beside the others, and how far a run has come. */
import type { KeyKind } from '../support/cities.js';
import type { LookupName, LookupTiming } from '../works/lookups.js';
import { digits, times } from './markdown.js';
import type { Results } from './results.js';

/** A figure, what it has to be, and what it should be. */
export interface Requirement {
  readonly work: string;
  readonly comparedWith: string;
  readonly required: number;
  readonly goal: number;
  /** Whether less is better: of times, bytes and growth. Of ratios more is. */
  readonly atMost?: boolean;
  readonly unit: string;
  /** `undefined` where something is not measured. */
  readonly valueOf: (results: Results, contender: string) => number | undefined;
}

type Pick = (results: Results) => readonly LookupTiming[] | undefined;

const lookups =
  (keys: KeyKind, name: LookupName): Pick =>
  ({ lookups }) =>
    lookups?.[keys][name];
const scans: Pick = ({ scans }) => scans?.string;

/** The fastest way of a contender, of those whose names end like one of these. */
function fastest(
  rows: readonly LookupTiming[] | undefined,
  contender: string,
  ways: readonly string[] = [''],
) {
  const medians = (rows ?? [])
    .filter((row) => row.contender === contender && ways.some((way) => row.name.endsWith(way)))
    .map(({ median }) => median);
  return medians.length === 0 ? undefined : Math.min(...medians);
}

const over = (other: number | undefined, own: number | undefined) =>
  other === undefined || own === undefined ? undefined : other / own;

/** How many times as long the other takes. */
const faster =
  (pick: Pick, other: string, ways?: { own?: string[]; other?: string[] }) =>
  (results: Results, contender: string) =>
    over(fastest(pick(results), other, ways?.other), fastest(pick(results), contender, ways?.own));

const oneText = lookups('string', 'one-field');
const oneNumber = lookups('uint32', 'one-field');
const batches = lookups('string', 'batches');
const lmdb = 'lmdb-binary';
const oneField = 'string key, fresh strings, one number';
const many = '`getMany` of 1000 random string keys, one number of each';
const cursorWays = [': cursor()', ': records.cursor()'];
/** Its tables as they came, with only their offsets sorted, as its documentation has it; and sorted before they are packed. */
const flatbuffersForms = [
  ['flatbuffers', 'flatbuffers, sorted vector'],
  ['flatbuffers-in-order', 'flatbuffers, packed in order'],
] as const;
const columnWays = [': column()'];

const startOf = (results: Results, contender: string, what: 'import' | 'first lookup') =>
  results.startup?.timings.find((row) => row.contender === contender && row.what === what)?.median;
const rateOf = (results: Results, contender: string) => {
  const row = results.builds?.find((each) => each.contender === contender && each.keys === 'string');
  return row && results.size / row.seconds.median;
};
const bytesOf = (results: Results, contender?: string) =>
  results.memory?.find((row) => row.contender === contender)?.privateBytes.median;
const growthOf = ({ growth }: Results, contender: string, keys: KeyKind) => {
  const at = (size: number) =>
    growth?.find((row) => row.contender === contender && row.keys === keys && row.size === size)?.median;
  return over(at(10_000_000), at(1_000_000));
};

const MiB = 2 ** 20;
const ratio = { unit: 'x' };
const most = { atMost: true };

export const requirements: readonly Requirement[] = [
  {
    ...{ work: oneField, comparedWith: 'lmdb, binary', required: 1.8, goal: 2.5, ...ratio },
    valueOf: faster(oneText, lmdb),
  },
  {
    ...{ work: oneField, comparedWith: '`Map`', required: 1, goal: 1, ...ratio },
    valueOf: faster(oneText, 'map'),
  },
  {
    ...{ work: 'uint32 key, one number', comparedWith: 'lmdb, binary', required: 2.2, goal: 4, ...ratio },
    valueOf: faster(oneNumber, lmdb),
  },
  {
    ...{ work: 'uint32 key, one number', comparedWith: '`Map`', required: 0, goal: 1, ...ratio },
    valueOf: faster(oneNumber, 'map'),
  },
  {
    work: 'two numbers and a string, by string key',
    ...{ comparedWith: 'lmdb, binary', required: 1.8, goal: 2.5, ...ratio },
    valueOf: faster(lookups('string', 'three-fields'), lmdb),
  },
  {
    ...{ work: 'absent string key', comparedWith: 'lmdb, binary', required: 2.5, goal: 4, ...ratio },
    valueOf: faster(lookups('string', 'absent'), lmdb),
  },
  {
    ...{ work: many, comparedWith: "lmdb's `getMany`, binary", required: 5, goal: 8, ...ratio },
    valueOf: faster(batches, lmdb, { own: [': getMany()'], other: [': getMany()'] }),
  },
  {
    ...{ work: many, comparedWith: 'own `get` in a loop', required: 1.5, goal: 2.5, ...ratio },
    valueOf: (results, contender) =>
      over(
        fastest(batches(results), contender, [': get() in a loop']),
        fastest(batches(results), contender, [': getMany()']),
      ),
  },
  ...flatbuffersForms.map(([id, comparedWith]) => ({
    work: 'scan that sums one number, `cursor()`',
    ...{ comparedWith, required: 4, goal: 8, ...ratio },
    valueOf: faster(scans, id, { own: cursorWays }),
  })),
  {
    ...{
      work: '`column()`, summed',
      comparedWith: 'the same gathered and summed in Zig',
      required: 1.5,
      goal: 1.1,
      ...ratio,
      ...most,
    },
    valueOf: (results, contender) =>
      over(
        fastest(scans(results), contender, columnWays),
        results.limits?.find(({ keys }) => keys === 'string')?.gather.median,
      ),
  },
  {
    ...{ work: '`column()`, summed', comparedWith: "sqlite's `sum()`", required: 1, goal: 10, ...ratio },
    valueOf: faster(scans, 'sqlite', { own: columnWays, other: [': sum() in SQL'] }),
  },
  {
    ...{ work: 'import', comparedWith: 'an empty program', required: 5, goal: 3, unit: ' ms', ...most },
    valueOf: (results, contender) => startOf(results, contender, 'import'),
  },
  {
    ...{
      work: 'import, open and first lookup',
      comparedWith: 'better-sqlite3',
      required: 1.5,
      goal: 2.5,
      ...ratio,
    },
    valueOf: (results, contender) =>
      over(startOf(results, 'sqlite', 'first lookup'), startOf(results, contender, 'first lookup')),
  },
  {
    ...{ work: 'build, string keys', comparedWith: 'flatbuffers', required: 2, goal: 3, ...ratio },
    valueOf: (results, contender) => over(rateOf(results, contender), rateOf(results, 'flatbuffers')),
  },
  {
    ...{ work: 'build, string keys', comparedWith: 'the Python library', required: 8, goal: 12, ...ratio },
    valueOf: (results, contender) => over(rateOf(results, contender), rateOf(results, 'python')),
  },
  {
    work: 'private memory of each of four readers',
    ...{ comparedWith: 'lookups that do nothing', required: 2, goal: 0.5, unit: ' MiB', ...most },
    valueOf: (results, contender) => {
      const own = bytesOf(results, contender);
      const nothing = bytesOf(results);
      return own === undefined || nothing === undefined ? undefined : (own - nothing) / MiB;
    },
  },
  ...(['string', 'uint32'] as const).map((keys) => ({
    work: `ten million records instead of one, ${keys} key`,
    ...{ comparedWith: 'itself', required: 2.5, goal: 2, ...ratio, ...most },
    valueOf: (results: Results, contender: string) => growthOf(results, contender, keys),
  })),
  ...(['string', 'uint32'] as const).map((keys) => ({
    work: `growth from one to ten million, ${keys} key`,
    ...{ comparedWith: "lmdb's growth", required: 1, goal: 1, ...ratio, ...most },
    valueOf: (results: Results, contender: string) =>
      over(growthOf(results, contender, keys), growthOf(results, lmdb, keys)),
  })),
];

/** The figure, and what it reaches. */
export function verdict(requirement: Requirement, results: Results, contender: string): string {
  const value = requirement.valueOf(results, contender);
  if (value === undefined) return '';
  const { atMost = false, required, goal, unit } = requirement;
  const reaches = (bound: number) => (atMost ? value <= bound : value >= bound);
  const mark = reaches(goal) ? '✓✓' : reaches(required) ? '✓' : '✗';
  return `${unit === 'x' ? times(value) : digits(value) + unit} ${mark}`;
}

export function bound({ atMost = false, unit }: Requirement, value: number): string {
  return value === 0 ? '' : `${atMost ? '≤' : '≥'} ${value}${unit}`;
}
