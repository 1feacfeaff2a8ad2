/** Building into a file that is being written, from where it ends now: what bundles do with their members. */
import type { RegionHandle } from '../native/index.js';
import type { Region } from '../region.js';
import type { FileSpool, Spool } from './spool.js';
import type { Steps } from './steps.js';
import type { SpoolName } from './temporary-files.js';
import type { Workspace } from './workspace.js';

export class PartWorkspace implements Workspace {
  readonly output: Spool;

  /**
   * @param file what the part is appended to
   * @param waiting places to wait in, made when first asked for, and used by one part after the other
   */
  constructor(
    file: FileSpool,
    private readonly waiting: (name: SpoolName) => Steps<FileSpool>,
  ) {
    this.output = new PartSpool(file);
  }

  *spool(name: SpoolName): Steps<Spool> {
    const spool = yield* this.waiting(name);
    spool.size = 0;
    return spool;
  }
}

/** What is appended to a file from now on. */
class PartSpool implements Spool {
  readonly inMemory = false;
  readonly #file: FileSpool;
  readonly #start: number;

  constructor(file: FileSpool) {
    this.#file = file;
    this.#start = file.size;
  }

  get size(): number {
    return this.#file.size - this.#start;
  }

  append(bytes: Uint8Array): Steps<void> {
    return this.#file.append(bytes);
  }

  replace(position: number, bytes: Uint8Array): Steps<void> {
    return this.#file.replace(this.#start + position, bytes);
  }

  read(target: Uint8Array, position: number): Steps<void> {
    return this.#file.read(target, this.#start + position);
  }

  *moveTo(): Steps<void> {
    throw new Error('the output of a build stays where it is');
  }

  openRegion(): Region {
    return this.#file.openRegion(this.#start);
  }

  openHandle(): RegionHandle {
    return this.#file.openHandle(this.#start);
  }
}
