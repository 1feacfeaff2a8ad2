/** Which file a name meant, and in which state: by this is known that it means another one, or that it was written to. */
import type { RegionInfo } from './native/index.js';

/** What is used of `fs.BigIntStats`; named here so that the declarations need no types of Node. */
interface FileStats {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly birthtimeNs: bigint;
}

export interface FileState {
  /** Device and inode, as `fs.statSync` gives them, in decimal digits. */
  readonly device: string;
  readonly inode: string;
  /** Bytes in the whole file. */
  readonly fileSize: number;
  /** When the content was last modified, in nanoseconds since 1970. */
  readonly modifiedNs: string;
  /**
   * When the file was made, in nanoseconds since 1970. Needed only of a file that nobody holds: its inode may be given
   * to the next one, as that of a mapped file cannot.
   */
  readonly bornNs?: string;
}

export function stateOfStats({ dev, ino, size, mtimeNs }: FileStats): FileState {
  return { device: `${dev}`, inode: `${ino}`, fileSize: Number(size), modifiedNs: `${mtimeNs}` };
}

/** The state of a file that nobody holds. */
export function stateOfUnheld(stats: FileStats): FileState {
  return { ...stateOfStats(stats), bornNs: `${stats.birthtimeNs}` };
}

/** The state of the file that a region shows. */
export function stateOfInfo({ identity, fileSize, modifiedNs }: RegionInfo): FileState {
  const [device = '', inode = ''] = identity.split(':');
  return { device, inode, fileSize, modifiedNs };
}

/** Deno tells times in whole milliseconds, and the native core all of them: what both can tell decides. */
function isSameTime(one: string, other: string): boolean {
  const inMilliseconds = (nanoseconds: string) => nanoseconds.slice(0, -6);
  const isWhole = (nanoseconds: string) => nanoseconds.endsWith('000000');
  return one === other || ((isWhole(one) || isWhole(other)) && inMilliseconds(one) === inMilliseconds(other));
}

/** `in place`: the same file, written to (or only touched: nobody can tell). */
export type FileChange = 'none' | 'in place' | 'replaced';

export function changeBetween(before: FileState, now: FileState): FileChange {
  const isSameFile =
    before.device === now.device &&
    before.inode === now.inode &&
    (before.bornNs === undefined || now.bornNs === undefined || before.bornNs === now.bornNs);
  if (!isSameFile) return 'replaced';
  return before.fileSize === now.fileSize && isSameTime(before.modifiedNs, now.modifiedNs)
    ? 'none'
    : 'in place';
}
