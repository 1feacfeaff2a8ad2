/** What takes part in the comparison: one file for each, all with this face. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Entry, Key, KeyKind } from '../support/cities.js';

/** Something that stores records under keys in files and finds them again. */
export interface Contender {
  readonly id: string;
  /** As tables name it. */
  readonly title: string;
  /** Its npm package, where that is not this one. */
  readonly packageName?: string;
  /** Those with the same group have the same files, which the first of them builds. */
  readonly group?: string;
  /** Writes all entries at a path, a file or a folder, without waiting for the disk. */
  build(path: string, keys: KeyKind, entries: Iterable<Entry>): Promise<void> | void;
  open(path: string, keys: KeyKind): Promise<Reader> | Reader;
}

/**
 * An open contender. The loops over keys are its own, in code that no other contender runs, so that each is compiled
 * for what it does. All answer the same sums.
 */
export interface Reader {
  /** The sum of the populations. */
  sumOneField(keys: readonly Key[]): number;
  /** The sum of the populations, the latitudes and the lengths of the names. */
  sumThreeFields(keys: readonly Key[]): number;
  /** How many keys are absent. */
  countAbsent(keys: readonly Key[]): number;
  /** Ways to get many at a time: the sum of the populations over batches of keys. */
  readonly batches?: Readonly<Record<string, (batches: readonly Key[][]) => Promise<number> | number>>;
  /** Ways to scan all records: the sum of all populations. */
  readonly scans?: Readonly<Record<string, () => Promise<number> | number>>;
  close(): Promise<void> | void;
}

const peers = new URL('../../../bench/peers/', import.meta.url);
const requirePeer = createRequire(new URL('package.json', peers));

/** Loads a package of bench/peers, whose types nobody has who has not run the benchmarks: the caller tells them. */
export function loadPeer<T>(name: string): T {
  return requirePeer(name) as T;
}

/** Whether what a contender needs is there. */
export function isInstalled({ packageName }: Contender): boolean {
  if (packageName === undefined) return true;
  if (!existsSync(new URL(`node_modules/${packageName}/package.json`, peers))) return false;
  // Its binary, too, may be missing.
  try {
    if (packageName === 'better-sqlite3') {
      const Database = loadPeer<new (path: string) => { close(): void }>(packageName);
      new Database(':memory:').close();
    }
    return true;
  } catch {
    return false;
  }
}

export function versionOf(packageName: string): string {
  return loadPeer<{ version: string }>(
    fileURLToPath(new URL(`node_modules/${packageName}/package.json`, peers)),
  ).version;
}
