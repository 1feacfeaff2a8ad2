/** Reading what goes into a build, in both forms. Errors are Node's own. */
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { closeFile } from './file-steps.js';
import { FileSpool } from './spool.js';
import { perform, type Steps } from './steps.js';

const openSoon = promisify(fs.open);
const statSoon = promisify(fs.fstat);
const pieceBytes = 2 ** 20;

/** Hands out a whole file piece by piece; each may be used until the next one comes. */
export function* readFile(path: string, take: (piece: Uint8Array) => Steps<void>): Steps<void> {
  const file = yield* perform({ now: () => fs.openSync(path, 'r'), soon: () => openSoon(path, 'r') });
  try {
    const stats = yield* perform({ now: () => fs.fstatSync(file), soon: () => statSoon(file) });
    yield* readPieces(new FileSpool(file, path), 0, stats.size, take);
  } finally {
    yield* closeFile(file);
  }
}

/** The same for the bytes of an open file from `start` up to `end`. */
export function* readPieces(
  file: FileSpool,
  start: number,
  end: number,
  take: (piece: Uint8Array) => Steps<void>,
): Steps<void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end - start));
  for (let position = start; position < end; position += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, end - position));
    yield* file.read(piece, position);
    yield* take(piece);
  }
}
