/** What all parts of the suite share: where they work, how much, and the files that the contenders built. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type MappedFile, mapFile } from 'sharedbuffers';
import type { Contender } from '../contenders/contender.js';
import { contenders } from '../contenders/index.js';
import { runWork } from '../support/child-work.js';
import type { KeyKind } from '../support/cities.js';
import type { BuildParameters, BuildResult } from '../works/build.js';

/** How much is measured. */
export interface Effort {
  /** Lookups in a round. */
  readonly operations: number;
  readonly rounds: number;
  /** By string keys; by others, which differ little, once. */
  readonly buildRounds: number;
  readonly startupRuns: number;
  /** Lookups of each reader whose memory is measured. */
  readonly readerLookups: number;
  /** How often four readers are started. */
  readonly readerSets: number;
  /** Of so many contenders. */
  readonly readersOf: number;
}

export const wholeEffort: Effort = {
  operations: 200_000,
  rounds: 5,
  buildRounds: 3,
  startupRuns: 21,
  readerLookups: 1_000_000,
  readerSets: 2,
  readersOf: Number.POSITIVE_INFINITY,
};

/** For correctness alone. */
export const smokeEffort: Effort = {
  operations: 2000,
  rounds: 2,
  buildRounds: 1,
  startupRuns: 1,
  readerLookups: 10_000,
  readerSets: 1,
  readersOf: 1,
};

/** Processes may hold a `Map` of ten million records. */
export const largeHeap = ['--max-old-space-size=14000'];

export interface Context {
  readonly size: number;
  readonly effort: Effort;
  readonly files: Files;
  readonly python: string | undefined;
  say(text: string): void;
}

/**
 * What contenders built, each once. It stays mapped here until it is released: what is measured is memory, and systems drop
 * pages of files that nobody has mapped, to read them in other sizes later.
 */
export class Files {
  readonly #folder: string;
  readonly #kept = new Map<string, MappedFile[]>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  pathOf({ id, group = id }: Contender, keys: KeyKind, size: number): string {
    return join(this.#folder, `${group}-${keys}-${size}`);
  }

  /** A path for something else. */
  other(name: string): string {
    return join(this.#folder, name);
  }

  /** Has a contender build its file in a process of its own, unless it is there. */
  async ensure(contender: Contender, keys: KeyKind, size: number): Promise<string> {
    const path = this.pathOf(contender, keys, size);
    if (!existsSync(path)) {
      const parameters = { contender: contender.id, path, keys, size, rounds: 0 };
      await runWork<BuildParameters, BuildResult>('build', parameters, largeHeap);
    }
    this.keep(path);
    return path;
  }

  /** Keeps a file, or those of a folder, in memory as they were written. */
  keep(path: string): void {
    if (this.#kept.has(path)) return;
    const paths = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
    const filled = paths.filter((each) => statSync(each).size > 0);
    this.#kept.set(
      path,
      filled.map((each) => mapFile(each, { preload: true })),
    );
  }

  /** Lets go of everything, so that readers alone have it mapped. */
  release(): void {
    for (const path of this.#kept.keys()) this.#letGo(path);
  }

  #letGo(path: string): void {
    for (const file of this.#kept.get(path) ?? []) file.close();
    this.#kept.delete(path);
  }

  /** The files of several contenders, as works take them. */
  async ensureAll(of: readonly Contender[], keys: KeyKind, size: number) {
    const opened: { id: string; title: string; path: string }[] = [];
    for (const contender of of) {
      const path = await this.ensure(contender, keys, size);
      opened.push({ id: contender.id, title: contender.title, path });
    }
    return opened;
  }

  /** Removes those of one size. */
  remove(keys: KeyKind, size: number): void {
    for (const contender of contenders) {
      const path = this.pathOf(contender, keys, size);
      this.#letGo(path);
      for (const each of [path, `${path}-lock`]) rmSync(each, { recursive: true, force: true });
    }
  }
}
