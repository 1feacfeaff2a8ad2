/** An input of entries, and how far it has been read: what is wrong with an entry is said with its place. */
import type { Readable } from 'node:stream';
import { SharedBuffersError } from '../errors.js';
import { CommandError } from './failures.js';
import { inputName, openInput } from './lines.js';

export class Input {
  /** The line that the latest entry starts on. */
  line = 0;
  /** Whether somebody has taken the latest entry and not asked for another: what fails then, fails for that entry. */
  isTaken = false;

  constructor(
    readonly stream: Readable,
    readonly name: string,
    /** `undefined` where it is no file. */
    readonly path?: string,
  ) {}

  /** A file, or standard input where there is no path or `-`. */
  static open(path: string | undefined, signal: AbortSignal): Input {
    return new Input(openInput(path, signal), inputName(path), path);
  }

  /** The error, with the place of the latest entry where it is one about data. */
  at(error: unknown): unknown {
    if (!(error instanceof SharedBuffersError)) return error;
    return new CommandError(`${this.name}:${this.line}: ${error.message}`);
  }
}
