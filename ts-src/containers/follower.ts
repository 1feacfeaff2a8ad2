/**
 * Watching what a path means: the directory's events tell at once where they work, and a look now and then where they
 * do not. Nothing here keeps a process alive, and the content of the file is never looked at.
 */
import { type FSWatcher, stat, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, InvalidTypeError, OutOfRangeError, SharedBuffersError } from '../errors.js';
import { stateOfUnheld } from '../file-state.js';

/** How a file is followed. */
export interface FollowOptions {
  /**
   * Milliseconds between two looks at which file the path means, for where the system does not tell. Default 1000.
   */
  intervalMs?: number;
}

/** Who is told. */
export interface FollowTarget {
  /** Whether nobody has use of it any more. */
  isGone(): boolean;
  /** Switches where the path means another file. */
  refresh(): void;
  /** That did not work; told once for each state of the file. */
  failed(error: Error): void;
}

const defaultIntervalMs = 1000;
/** What a timer takes. */
const intervalMax = 2 ** 31 - 1;

export class Follower {
  readonly #path: string;
  readonly #target: FollowTarget;
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #isLooking = false;
  #looksAgain = false;
  /** The state of the file that the target was told of last. */
  #settled = '';
  /** The failure that it was told of last. */
  #reported = '';

  constructor(path: string, options: FollowOptions, target: FollowTarget) {
    const { intervalMs = defaultIntervalMs, ...others } = options;
    for (const name of Object.keys(others)) {
      throw new InvalidTypeError(`follow: unknown option "${name}"; the option is intervalMs`);
    }
    if (!(Number.isFinite(intervalMs) && intervalMs >= 1 && intervalMs <= intervalMax)) {
      throw new OutOfRangeError(
        `follow: expected intervalMs to be milliseconds from 1 to ${intervalMax}, found ${describe(intervalMs)}`,
      );
    }
    this.#path = path;
    this.#target = target;
    this.#timer = setInterval(() => this.#look(), intervalMs);
    this.#timer.unref();
    this.#watch();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watch(): void {
    const name = basename(this.#path);
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_, changed) => {
        if (changed === null || changed === name) this.#look();
      });
      // There may be too many watchers, or the directory is gone: the timer looks all the same.
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      this.#watcher = undefined;
    }
  }

  #look(): void {
    if (this.#target.isGone()) {
      this.stop();
      return;
    }
    // Many events at once are one look, and one more after it.
    this.#looksAgain = this.#isLooking;
    if (this.#isLooking) return;
    this.#isLooking = true;
    stat(this.#path, { bigint: true }, (error, stats) => {
      this.#isLooking = false;
      if (this.#target.isGone()) {
        this.stop();
        return;
      }
      this.#take(error ?? JSON.stringify(stateOfUnheld(stats)));
      if (this.#looksAgain) this.#look();
    });
  }

  #take(found: string | NodeJS.ErrnoException): void {
    const state = typeof found === 'string' ? found : String(found.code);
    if (state === this.#settled) return;
    try {
      if (typeof found !== 'string') throw found;
      this.#target.refresh();
      this.#settled = state;
      this.#reported = '';
    } catch (error) {
      // A bad file stays bad until it changes; what the system refused may work the next time.
      this.#settled = error instanceof SharedBuffersError ? state : '';
      const report = `${state} ${(error as { code?: unknown }).code}`;
      if (report === this.#reported) return;
      this.#reported = report;
      this.#target.failed(error as Error);
    }
  }
}
