/** Opening changed files in the ways that they can be opened. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'sharedbuffers';
import type { Attempts } from './attempt.js';
import { useContainer } from './use-containers.js';

/** How an input is read: with which limits, and whether through a file. */
export interface Circumstances {
  /** A small limit makes for many inputs; `undefined` is what users have. */
  readonly maxValues: number | undefined;
  readonly mapped: boolean;
}

export interface Specimen {
  readonly name: string;
  /** For the summary. */
  readonly kind: string;
  readonly bytes: Uint8Array;
  use(bytes: Uint8Array, attempts: Attempts, circumstances: Circumstances): void;
}

interface OpeningOptions {
  offset?: number;
  size?: number;
  maxValues?: number;
}

type Opener = (source: string | Uint8Array, options: OpeningOptions) => object;
type Openable = {
  open(path: string, options: object): object;
  from(bytes: Uint8Array, options: object): object;
};

/** Opens bytes as what a class is for. */
export function openerOf(type: unknown): Opener {
  const { open: openFile, from } = type as Openable;
  return (source, options) =>
    typeof source === 'string' ? openFile.call(type, source, options) : from.call(type, source, options);
}

let folder: string | undefined;

/** A file with the bytes; gone with the process. */
function fileOf(bytes: Uint8Array): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'sharedbuffers-fuzz-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  const path = join(folder, 'input');
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
  return path;
}

/** Opens a container in all the ways that it can be, and uses what comes of it. */
export function useOpeners(
  openers: readonly Opener[],
  place: Pick<OpeningOptions, 'offset' | 'size'>,
): Specimen['use'] {
  return (bytes, attempts, { maxValues, mapped }) => {
    const options = { ...place, ...(maxValues !== undefined && { maxValues }) };
    const source = mapped ? fileOf(bytes) : bytes;
    for (const opener of attempts.random.oneIn(4) ? openers : [attempts.random.pick(openers)]) {
      const container = attempts.try('open', () => openInPlace(opener, source, bytes.length, options));
      if (container === undefined) continue;
      useContainer(container, attempts);
      attempts.try('close', () => (container as { close(): void }).close());
    }
  };
}

/** What a mutation has made of the size may leave a part of a file outside: that is not the file's mistake. */
function openInPlace(
  opener: Opener,
  source: string | Uint8Array,
  length: number,
  options: OpeningOptions,
): object {
  const { offset = 0, size } = options;
  const start = Math.min(offset, length);
  return opener(source, {
    ...options,
    offset: start,
    ...(size !== undefined && { size: Math.min(size, length - start) }),
  });
}

export const limitsOf = ({ maxValues }: Circumstances) => (maxValues === undefined ? {} : { maxValues });

/** Opens whatever says what it is. */
export const openAny: Opener = (source, options) => open(source, options);
