/**
 * The temporary files of builds: `.NAME.sharedbuffers-<pid>-<random>.<suffix>` for a target called NAME. Those of one
 * build are a group with a `.lock` file, which its builder holds locked; so a group whose lock can be had belongs to
 * nobody who lives, and the next build of the same target removes it.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LockHandle, native } from '../native/index.js';
import { createFile, listFolder, remove } from './file-steps.js';
import { OutputFile } from './output-file.js';
import { FileSpool } from './spool.js';
import type { Steps } from './steps.js';

const suffixes = ['out', 'records', 'rows', 'index'] as const;
/** What waits until it is known what comes before it, or is to be sorted. */
export type SpoolName = Exclude<(typeof suffixes)[number], 'out'>;

const suffixPattern = new RegExp(`^(\\d+)-[0-9a-f]{12}(?=\\.(?:lock|${suffixes.join('|')})$)`);

/** A builder that has created its lock file will have locked it within this time. */
const lockingTakes = 2000;
/** File names have at most 255 bytes, of which a group needs some for itself. */
const longestName = 150;

/** The temporary files of one build in one folder. */
export class TemporaryFiles {
  private constructor(
    readonly folder: string,
    readonly group: string,
    private readonly lock: LockHandle,
  ) {}

  /** Makes a group for a target of that name, and removes what dead builders of such a target left in the folder. */
  static *claim(folder: string, targetName: string): Steps<TemporaryFiles> {
    const prefix = prefixFor(targetName);
    yield* removeLeftovers(folder, prefix);
    for (;;) {
      const group = `${prefix}${process.pid}-${randomName()}`;
      const lockPath = join(folder, `${group}.lock`);
      const lock = native.lockFile(lockPath);
      if (lock === undefined) continue;
      if (existsSync(lockPath)) return new TemporaryFiles(folder, group, lock);
      // Somebody who was removing leftovers had the lock for a moment, before it was locked.
      native.unlockFile(lock);
    }
  }

  /** The file of what waits. */
  *create(suffix: SpoolName): Steps<FileSpool> {
    const path = this.#pathOf(suffix);
    return new FileSpool(yield* createFile(path), path);
  }

  *createOutput(): Steps<OutputFile> {
    const path = this.#pathOf('out');
    return new OutputFile(yield* createFile(path), path);
  }

  #pathOf(suffix: string): string {
    return join(this.folder, `${this.group}.${suffix}`);
  }

  /** Removes the whole group. */
  *remove(): Steps<void> {
    yield* removeGroup(this.folder, this.group, this.lock);
  }
}

/** What the names of the temporary files for a target begin with. */
function prefixFor(targetName: string): string {
  const bytes = Buffer.from(targetName, 'utf8');
  if (bytes.length <= longestName) return `.${targetName}.sharedbuffers-`;
  // Cut between characters, and told from others that begin alike by the hash.
  const start = bytes
    .subarray(0, longestName - 20)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `.${start}~${native.hash64(bytes).toString(16)}.sharedbuffers-`;
}

/** Failing to tidy up after others is no reason not to build. */
function* removeLeftovers(folder: string, prefix: string): Steps<void> {
  const groups = new Map<string, number>();
  try {
    for (const name of yield* listFolder(folder)) {
      if (!name.startsWith(prefix)) continue;
      const match = suffixPattern.exec(name.slice(prefix.length));
      if (match) groups.set(prefix + match[0], Number(match[1]));
    }
  } catch {
    return;
  }
  for (const [group, pid] of groups) {
    try {
      const lockPath = join(folder, `${group}.lock`);
      if (isStarting(lockPath, pid)) continue;
      const lock = native.lockFile(lockPath);
      if (lock !== undefined) yield* removeGroup(folder, group, lock);
    } catch {
      // Somebody else's files, or somebody else removes them right now.
    }
  }
}

/** Whether a builder may be about to lock its lock file: one that runs on this machine and has just created it. */
function isStarting(lockPath: string, pid: number): boolean {
  const stats = statSync(lockPath, { throwIfNoEntry: false });
  if (stats === undefined || Math.abs(Date.now() - stats.mtimeMs) > lockingTakes) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The lock goes last, so that a group without one is nobody's. */
function* removeGroup(folder: string, group: string, lock: LockHandle): Steps<void> {
  try {
    for (const suffix of suffixes) yield* remove(join(folder, `${group}.${suffix}`));
    // Windows does not remove what is open.
    if (process.platform === 'win32') native.unlockFile(lock);
    yield* remove(join(folder, `${group}.lock`));
  } finally {
    native.unlockFile(lock);
  }
}

/** `node:crypto` takes longer to load than all of this library, so it is loaded where a file is made. */
function randomName(): string {
  return process.getBuiltinModule('node:crypto').randomBytes(6).toString('hex');
}
