/** Numbers and tables as Markdown. */
import type { Spread } from '../support/spread.js';

/** The first column is text, the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** Three digits, or all that are before the point. */
export function digits(value: number): string {
  const size = Math.abs(value);
  const places = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return size >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(places);
}

/** The median, with the least and the greatest in small. */
export const spread = ({ median, min, max }: Spread): string =>
  `${digits(median)} <sub>${digits(min)}–${digits(max)}</sub>`;

export const times = (ratio: number): string => `${digits(ratio)}x`;

/** A spread in another unit. */
export const scaled = ({ median, min, max }: Spread, factor: number): Spread => ({
  median: median * factor,
  min: min * factor,
  max: max * factor,
});
