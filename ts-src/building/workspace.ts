/** Where a build puts its bytes until it is complete. */
import { constants } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { InvalidTypeError } from '../errors.js';
import {
  changeMode,
  closeFile,
  realPath,
  rename,
  stat,
  statIfThere,
  syncFile,
  syncFolder,
} from './file-steps.js';
import type { OutputFile } from './output-file.js';
import { type FileSpool, MemorySpool, type Spool } from './spool.js';
import { done, type Steps } from './steps.js';
import { type SpoolName, TemporaryFiles } from './temporary-files.js';

export interface Workspace {
  /** What becomes the result. */
  readonly output: Spool;
  /** A place to wait in. To be asked for once for each name. */
  spool(name: SpoolName): Steps<Spool>;
}

export class MemoryWorkspace implements Workspace {
  readonly output = new MemorySpool();
  readonly #waiting: MemorySpool[] = [];

  spool(): Steps<Spool> {
    const spool = new MemorySpool();
    this.#waiting.push(spool);
    return done<Spool>(spool);
  }

  /** Gives back what is left in memory, of a build that succeeded or failed. */
  discard(): void {
    this.output.free();
    for (const spool of this.#waiting) spool.free();
  }
}

/** Temporary files beside the target, which is not touched before the output is complete. */
export class FileWorkspace implements Workspace {
  readonly #target: Target;
  readonly #tempFolder: string;
  readonly #sync: boolean;
  readonly #groups: TemporaryFiles[];
  readonly #open = new Set<FileSpool>();
  readonly output: OutputFile;

  /** Not for others: `openWorkspace` makes one. */
  constructor(target: Target, tempFolder: string, sync: boolean, group: TemporaryFiles, output: OutputFile) {
    this.#target = target;
    this.#tempFolder = tempFolder;
    this.#sync = sync;
    this.#groups = [group];
    this.output = output;
    this.#open.add(output);
  }

  *spool(name: SpoolName): Steps<Spool> {
    const elsewhere = this.#tempFolder !== this.#target.folder;
    if (elsewhere && this.#groups.length === 1) {
      this.#groups.push(yield* TemporaryFiles.claim(this.#tempFolder, this.#target.name));
    }
    const group = this.#groups.at(-1) as TemporaryFiles;
    const spool = yield* group.create(name);
    this.#open.add(spool);
    return spool;
  }

  /** Makes the output durable, unless that is not wanted. */
  *complete(): Steps<void> {
    const { mode } = this.#target;
    yield* this.output.flush();
    if (mode !== undefined) yield* changeMode(this.output.file, mode);
    if (this.#sync) yield* syncFile(this.output.file);
    yield* this.#closeAll();
  }

  /** Gives the complete output its name. The target is as it was until this moment. */
  *publish(): Steps<void> {
    try {
      yield* rename(this.output.path, this.#target.path);
    } catch (error) {
      throw withAdvice(error);
    }
    yield* this.#removeGroups();
    if (this.#sync) yield* syncFolder(this.#target.folder);
  }

  /** Leaves nothing behind, as far as that can be had: why the build failed matters more. */
  *discard(): Steps<void> {
    try {
      yield* this.#closeAll();
    } finally {
      yield* this.#removeGroups();
    }
  }

  *#closeAll(): Steps<void> {
    for (const spool of this.#open) {
      this.#open.delete(spool);
      yield* closeFile(spool.file);
    }
  }

  *#removeGroups(): Steps<void> {
    for (let group = this.#groups.pop(); group !== undefined; group = this.#groups.pop()) {
      yield* group.remove();
    }
  }
}

/**
 * Claims the place; what can be wrong with it is found here, before any input is consumed.
 * @param sync whether the result is to be on the disk when the build ends
 * @throws system errors: `ENOENT`, `EISDIR`, `EACCES`, …
 */
export function* openWorkspace(path: string, tempDir: string | undefined, sync = true): Steps<FileWorkspace> {
  const target = yield* findTarget(path);
  const tempFolder = tempDir === undefined ? target.folder : yield* realFolder(tempDir);
  const group = yield* TemporaryFiles.claim(target.folder, target.name);
  try {
    return new FileWorkspace(target, tempFolder, sync, group, yield* group.createOutput());
  } catch (error) {
    yield* group.remove();
    throw error;
  }
}

/** On Windows a refusal says what is refused, and not why. */
function withAdvice(error: unknown): unknown {
  const refusals = ['EPERM', 'EACCES', 'EBUSY'];
  const isRefusal = error instanceof Error && refusals.includes((error as NodeJS.ErrnoException).code ?? '');
  if (process.platform === 'win32' && isRefusal) {
    error.message +=
      ': Windows does not replace a file that somebody has mapped or open; close it, or give each version a name of its own';
  }
  return error;
}

interface Target {
  readonly path: string;
  readonly folder: string;
  readonly name: string;
  /** Permissions of the file that is there, which its successor takes over. */
  readonly mode: number | undefined;
}

function* findTarget(path: string): Steps<Target> {
  const present = yield* statIfThere(path);
  if (present === undefined) {
    const folder = yield* realFolder(dirname(resolve(path)));
    const name = basename(resolve(path));
    return { path: join(folder, name), folder, name, mode: undefined };
  }
  if (present.isDirectory()) throw isDirectory(path);
  if (!present.isFile()) {
    throw new InvalidTypeError(`${path} is not a regular file; a build would replace it by one`);
  }
  // What a symbolic link points to is replaced, not the link.
  const real = yield* realPath(path);
  return { path: real, folder: dirname(real), name: basename(real), mode: present.mode & 0o777 };
}

function* realFolder(path: string): Steps<string> {
  const stats = yield* stat(path);
  if (!stats.isDirectory()) throw systemError('ENOTDIR', 'not a directory', 'open', path);
  return yield* realPath(path);
}

function isDirectory(path: string): Error {
  return systemError('EISDIR', 'illegal operation on a directory', 'open', path);
}

/** An error as Node makes them, for what would be found too late. */
function systemError(code: 'EISDIR' | 'ENOTDIR', message: string, syscall: string, path: string): Error {
  const error = new Error(`${code}: ${message}, ${syscall} '${path}'`);
  return Object.assign(error, { errno: -constants.errno[code], code, syscall, path });
}
