/** The file system calls of a build, in both their forms. Errors are Node's own. */
import * as fs from 'node:fs';
import * as fsSoon from 'node:fs/promises';
import { promisify } from 'node:util';
import { native } from '../native/index.js';
import { perform, type Steps } from './steps.js';

const openSoon = promisify(fs.open);
const closeSoon = promisify(fs.close);
const setSizeSoon = promisify(fs.ftruncate);
const syncSoon = promisify(fs.fsync);
const changeModeSoon = promisify(fs.fchmod);

/** What is known of a file; `undefined` where there is none. */
export function statIfThere(path: string): Steps<fs.Stats | undefined> {
  return perform({
    now: () => fs.statSync(path, { throwIfNoEntry: false }),
    soon: () =>
      fsSoon.stat(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }),
  });
}

export function stat(path: string): Steps<fs.Stats> {
  return perform({ now: () => fs.statSync(path), soon: () => fsSoon.stat(path) });
}

/** The path without symbolic links. */
export function realPath(path: string): Steps<string> {
  return perform({ now: () => fs.realpathSync(path), soon: () => fsSoon.realpath(path) });
}

export function listFolder(path: string): Steps<string[]> {
  return perform({ now: () => fs.readdirSync(path), soon: () => fsSoon.readdir(path) });
}

/** Creates a file that is not there yet, for writing and reading. */
export function createFile(path: string): Steps<number> {
  return perform({ now: () => fs.openSync(path, 'wx+'), soon: () => openSoon(path, 'wx+', 0o666) });
}

export function changeMode(file: number, mode: number): Steps<void> {
  return perform({ now: () => fs.fchmodSync(file, mode), soon: () => changeModeSoon(file, mode) });
}

export function setSize(file: number, size: number): Steps<void> {
  return perform({ now: () => fs.ftruncateSync(file, size), soon: () => setSizeSoon(file, size) });
}

export function syncFile(file: number): Steps<void> {
  return perform({ now: () => fs.fsyncSync(file), soon: () => syncSoon(file) });
}

export function closeFile(file: number): Steps<void> {
  return perform({ now: () => fs.closeSync(file), soon: () => closeSoon(file) });
}

export function rename(from: string, to: string): Steps<void> {
  return perform({ now: () => fs.renameSync(from, to), soon: () => fsSoon.rename(from, to) });
}

/** Removes a file if it is there. */
export function remove(path: string): Steps<void> {
  return perform({
    now: () => fs.rmSync(path, { force: true }),
    soon: () => fsSoon.rm(path, { force: true }),
  });
}

/** Makes what was renamed within a folder durable; there is no such thing on Windows. */
export function syncFolder(path: string): Steps<void> {
  return perform({ now: () => native.syncDirectory(path), soon: () => syncFolderSoon(path) });
}

async function syncFolderSoon(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await fsSoon.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
