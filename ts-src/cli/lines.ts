/** Lines of a file or of standard input, as they come. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { CommandError } from './failures.js';

const newline = 0x0a;
const carriageReturn = 0x0d;
/** Longer ones would be longer than any string. */
const longestLine = 2 ** 29 - 64;

/** Whether an input is standard input: where there is no path or `-`. */
export function isStandardInput(path: string | undefined): path is undefined | '-' {
  return path === undefined || path === '-';
}

/** A file, or standard input where there is no path or `-`; ends with an error when the signal aborts. */
export function openInput(path: string | undefined, signal: AbortSignal): Readable {
  const stream = isStandardInput(path) ? process.stdin : createReadStream(path, { highWaterMark: 2 ** 18 });
  return addAbortSignal(signal, stream);
}

/** How messages call an input. */
export function inputName(path: string | undefined): string {
  return isStandardInput(path) ? 'standard input' : path;
}

/**
 * The lines that came together, in one array at a time. Lines end with LF or CRLF, and nowhere else.
 * @param name of the input, for messages
 */
export async function* readLineBatches(stream: Readable, name: string): AsyncGenerator<string[]> {
  // A byte order mark is taken for one at the start of the input only.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let number = 0;
  const decode = (bytes: Buffer): string => {
    number++;
    try {
      const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
      const text = decoder.decode(bytes.subarray(0, end));
      return number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
    } catch {
      throw new CommandError(`${name}:${number}: the line is not UTF-8 text`);
    }
  };
  const rest: Buffer[] = [];
  let restLength = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const piece = chunk.subarray(start, end);
      lines.push(decode(rest.length > 0 ? Buffer.concat([...rest, piece]) : piece));
      rest.length = restLength = 0;
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
    restLength += chunk.length - start;
    if (restLength > longestLine) throw new CommandError(`${name}:${number + 1}: the line is too long`);
    if (lines.length > 0) yield lines;
  }
  if (restLength > 0) yield [decode(Buffer.concat(rest))];
}

/** A line with its number, for messages. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** The lines that are not empty, one by one. */
export async function* readLines(stream: Readable, name: string): AsyncGenerator<Line> {
  let number = 0;
  for await (const batch of readLineBatches(stream, name)) {
    for (const text of batch) {
      number++;
      if (text.trim() !== '') yield { text, number };
    }
  }
}

/**
 * The bytes of an input in pieces that end where lines do.
 * @throws CommandError that names the line which is not UTF-8, or is too long
 */
export async function* readUtf8(stream: Readable, name: string): AsyncGenerator<Buffer> {
  let number = 1;
  let rest: Buffer[] = [];
  const take = (last: Buffer): Buffer => {
    const piece = rest.length > 0 ? Buffer.concat([...rest, last]) : last;
    rest = [];
    if (!isUtf8(piece))
      throw new CommandError(`${name}:${number + wrongLine(piece)}: the line is not UTF-8 text`);
    number += newlinesIn(piece);
    return piece;
  };
  let restLength = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      yield take(chunk.subarray(0, end));
      restLength = 0;
    }
    if (end < chunk.length) rest.push(chunk.subarray(end));
    restLength += chunk.length - end;
    if (restLength > longestLine) throw new CommandError(`${name}:${number}: the line is too long`);
  }
  if (restLength > 0) yield take(Buffer.alloc(0));
}

function newlinesIn(piece: Buffer): number {
  let count = 0;
  for (let at = piece.indexOf(newline); at >= 0; at = piece.indexOf(newline, at + 1)) count++;
  return count;
}

/** How many lines come before the first one that is not UTF-8. */
function wrongLine(piece: Buffer): number {
  let count = 0;
  let start = 0;
  for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
    if (!isUtf8(piece.subarray(start, end))) break;
    count++;
    start = end + 1;
  }
  return count;
}
