/** `sharedbuffers serve` as a process, and its answers. */
import type { ChildProcess } from 'node:child_process';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { startCli } from './cli.js';

export interface Served {
  readonly url: URL;
  readonly child: ChildProcess;
}

/** Starts it and waits for its address. */
export async function startServing(args: readonly string[]): Promise<Served> {
  const child = startCli(['serve', ...args]);
  let errors = '';
  child.stderr?.on('data', (piece: Buffer) => {
    errors += piece.toString();
  });
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    return { url: new URL(line), child };
  }
  throw new Error(`it did not start: ${errors}`);
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** By `http`, which lets headers be what a browser would not let a page say. */
export function fetchRaw(url: URL, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}
