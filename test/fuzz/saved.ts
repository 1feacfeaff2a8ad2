/** Inputs that something was wrong with, as files: a specimen and the changes to it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeInput } from './inputs.js';
import type { Edit } from './mutate.js';

/** JSON. */
export interface SavedInput {
  readonly seed: number;
  readonly number: number;
  readonly specimen: string;
  /** Decides on what is done with the input. */
  readonly useSeed: number;
  readonly edits: readonly { readonly at: number; readonly remove: number; readonly insert: string }[];
  readonly sealed: boolean;
  readonly maxValues: number | null;
  readonly mapped: boolean;
  readonly maxSeconds: number;
  readonly maxMegabytes: number;
  readonly what: string;
}

export function savedInput(
  seed: number,
  number: number,
  limits: Pick<SavedInput, 'maxSeconds' | 'maxMegabytes'>,
  what: string,
): SavedInput {
  const { specimen, circumstances, mutated, seed: useSeed } = makeInput(seed, number);
  return {
    seed,
    number,
    specimen: specimen.name,
    useSeed,
    edits: mutated.edits.map(toJson),
    sealed: mutated.sealed,
    maxValues: circumstances.maxValues ?? null,
    mapped: circumstances.mapped,
    ...limits,
    what,
  };
}

function toJson({ at, remove, insert }: Edit): SavedInput['edits'][number] {
  return { at, remove, insert: Buffer.from(insert).toString('base64') };
}

/** @returns the path */
export function save(folder: string, input: SavedInput): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${input.seed}-${input.number}.json`);
  writeFileSync(path, `${JSON.stringify(input, undefined, 1)}\n`);
  return path;
}
