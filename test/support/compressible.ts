/** Bytes of many kinds and sizes, for compressing. */
import { readdirSync, readFileSync } from 'node:fs';
import { randomNumbers } from './random.js';

const root = new URL('../../../', import.meta.url);

/** What people write: this project's own documentation, over and over up to 5 MB. */
export function realText(length = 5_000_000): string {
  const docs = readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md'));
  const files = ['README.md', 'LICENSE', ...docs.sort().map((name) => `docs/${name}`)];
  const text = files.map((name) => readFileSync(new URL(name, root), 'utf8')).join('\n');
  let all = '';
  // numbered, so that no part is an exact copy of another one
  for (let copy = 0; all.length < length; copy++) all += text.replaceAll('the', `the ${copy}`);
  return all.slice(0, length);
}

export function noise(length: number, seed = 1): Uint8Array {
  const random = randomNumbers(seed);
  return Uint8Array.from({ length }, () => random(256));
}

/** Every size that a header or a rule of the format knows of, and some between. */
export function sizes(random: (below: number) => number): number[] {
  const around = [0, 512, 513, 0x7ffe, 0x7fff, 0x8000, 0xffff, 70_000].flatMap((size) =>
    [-2, -1, 0, 1, 2].map((more) => size + more),
  );
  const small = Array.from({ length: 40 }, (_, size) => size);
  const others = Array.from({ length: 40 }, () => random(70_001));
  return [...new Set([...around, ...small, ...others])].filter((size) => size >= 0 && size <= 70_000);
}

/** Bytes of one size: real text, noise, one byte, a short period, text with noise in it. */
export function variants(size: number, text: Uint8Array): Uint8Array[] {
  const start = (size * 7919) % Math.max(1, text.length - size);
  const prose = text.subarray(start, start + size);
  const random = noise(size, size + 1);
  return [
    prose,
    random,
    new Uint8Array(size),
    Uint8Array.from({ length: size }, (_, index) => (index % 5) * 31),
    Uint8Array.from(
      { length: size },
      (_, index) => ((index >>> 6) % 3 === 0 ? random : prose)[index] as number,
    ),
  ];
}
