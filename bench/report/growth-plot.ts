/** The cost of a lookup as the number of records grows, as an SVG of two panels with logarithmic axes. */
import type { GrowthRow } from '../parts/growth.js';
import type { KeyKind } from '../support/cities.js';
import { digits } from './markdown.js';

const width = 1020;
const height = 430;
const panel = { top: 70, bottom: 50, left: 64, width: 230, gap: 274 };
const plotHeight = height - panel.top - panel.bottom;

/** Readable on white and on near-black alike. */
const colors: Readonly<Record<string, string>> = {
  sharedbuffers: '#2f81f7',
  'sharedbuffers-radix': '#1a9c5b',
  map: '#bf8700',
  'lmdb-binary': '#d1497a',
};

const style = `
    text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .axis { fill: #59636e; }
    .paper { fill: #ffffff; }
    .grid { stroke: #d8dee4; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .axis { fill: #9198a1; }
      .paper { fill: #0d1117; }
      .grid { stroke: #30363d; }
    }`;

interface Scale {
  readonly low: number;
  readonly high: number;
}

const powers = ({ low, high }: Scale) =>
  Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
const share = ({ low, high }: Scale, value: number) => (Math.log10(value) - low) / (high - low);

const fixed = (value: number) => value.toFixed(1);
const escaped = (text: string) => text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const countLabels = [
  '1',
  '10',
  '100',
  '1 thousand',
  '10,000',
  '100,000',
  '1 million',
  '10 million',
  '100 million',
];

/** The values 1, 2 and 5 times a power of ten that lie in the range. */
function ticksOf(least: number, greatest: number): number[] {
  const all = powers({ low: 0, high: 7 }).flatMap((power) => [power, 2 * power, 5 * power]);
  const first = all.findLastIndex((tick) => tick <= least);
  const last = all.findIndex((tick) => tick >= greatest);
  return all.slice(Math.max(0, first), last + 1);
}

/** Moves labels apart that would cover one another, keeping their order. */
function spreadOut(places: readonly number[], distance: number): number[] {
  const order = places.map((_, index) => index).sort((a, b) => (places[a] as number) - (places[b] as number));
  const moved = [...places];
  for (let turn = 1; turn < order.length; turn++) {
    const [above, below] = [order[turn - 1] as number, order[turn] as number];
    moved[below] = Math.max(moved[below] as number, (moved[above] as number) + distance);
  }
  return moved;
}

export function plotGrowth(growth: readonly GrowthRow[]): string {
  const sizes = [...new Set(growth.map(({ size }) => size))];
  const ticks = ticksOf(
    Math.min(...growth.map(({ median }) => median)),
    Math.max(...growth.map(({ median }) => median)),
  );
  const panels = (['string', 'uint32'] as const).map((keys, index) =>
    drawPanel(growth, keys, panel.left + index * (panel.width + panel.gap), sizes, ticks),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Nanoseconds of a lookup as the number of records grows">
  <style>${style}
  </style>
  <rect class="paper" width="${width}" height="${height}" rx="8"/>
${panels.join('\n')}
</svg>
`;
}

function drawPanel(
  growth: readonly GrowthRow[],
  keys: KeyKind,
  left: number,
  sizes: readonly number[],
  ticks: readonly number[],
): string {
  const across: Scale = {
    low: Math.log10(Math.min(...sizes)),
    high: Math.max(Math.log10(Math.max(...sizes)), Math.log10(Math.min(...sizes)) + 1),
  };
  const up: Scale = { low: Math.log10(ticks[0] as number), high: Math.log10(ticks.at(-1) as number) };
  const x = (size: number) => left + panel.width * share(across, size);
  const y = (time: number) => panel.top + plotHeight * (1 - share(up, time));
  const right = left + panel.width;
  const parts = [
    `<text class="title" x="${left}" y="32">${keys} keys</text>`,
    `<text class="axis" x="${left}" y="52">ns for a lookup with one number read</text>`,
    ...ticks.flatMap((tick) => [
      `<line class="grid" x1="${left}" x2="${right}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/>`,
      `<text class="axis" text-anchor="end" x="${left - 8}" y="${fixed(y(tick) + 4)}">${tick.toLocaleString('en')}</text>`,
    ]),
    ...sizes.map(
      (size) =>
        `<text class="axis" text-anchor="middle" x="${fixed(x(size))}" y="${height - panel.bottom + 24}">${countLabels[Math.round(Math.log10(size))]}</text>`,
    ),
  ];
  const names = [...new Set(growth.filter((row) => row.keys === keys).map(({ contender }) => contender))];
  const lines = names.map((contender) =>
    growth.filter((row) => row.keys === keys && row.contender === contender),
  );
  const labels = spreadOut(
    lines.map((rows) => y(rows.at(-1)?.median ?? 1)),
    17,
  );
  lines.forEach((rows, index) => {
    const last = rows.at(-1) as GrowthRow;
    const color = colors[last.contender] ?? '#8b949e';
    const points = rows.map(({ size, median }) => `${fixed(x(size))},${fixed(y(median))}`);
    const label = `${escaped(last.name)} ${digits(last.median)}`;
    parts.push(
      `<polyline fill="none" stroke="${color}" stroke-width="2.5" stroke-linejoin="round" points="${points.join(' ')}"/>`,
      ...points.map((point) => {
        const [cx, cy] = point.split(',');
        return `<circle fill="${color}" r="3.5" cx="${cx}" cy="${cy}"/>`;
      }),
      `<text x="${right + 12}" y="${fixed((labels[index] as number) + 4)}" style="fill: ${color}">${label}</text>`,
    );
  });
  return parts.map((part) => `  ${part}`).join('\n');
}
