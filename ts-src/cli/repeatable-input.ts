/** An input that is read more than once: files as they are, anything else from a copy beside the output. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { Input } from './input.js';
import { inputName, openInput } from './lines.js';

export class RepeatableInput {
  private constructor(
    readonly path: string | undefined,
    readonly signal: AbortSignal,
    readonly size: number,
    readonly copy: FileHandle | undefined,
  ) {}

  /** @param out beside which a copy may stand, since there is room for data */
  static async open(path: string | undefined, out: string, signal: AbortSignal): Promise<RepeatableInput> {
    const isFile = path !== undefined && path !== '-' && statSync(path).isFile();
    if (isFile) return new RepeatableInput(path, signal, statSync(path).size, undefined);
    const copy = await temporaryFile(out);
    try {
      let size = 0;
      for await (const piece of openInput(path, signal) as AsyncIterable<Buffer>) {
        await copy.appendFile(piece);
        size += piece.length;
      }
      return new RepeatableInput(path, signal, size, copy);
    } catch (error) {
      await copy.close();
      throw error;
    }
  }

  /** All of it, from its start. */
  read(): Input {
    if (this.copy === undefined) return Input.open(this.path, this.signal);
    const stream = Readable.from(piecesOf(this.copy), { objectMode: false });
    return new Input(addAbortSignal(this.signal, stream), inputName(this.path));
  }

  async close(): Promise<void> {
    await this.copy?.close();
  }
}

const pieceBytes = 2 ** 18;

/** By position, and without a stream of the handle's own, which would close it. */
async function* piecesOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** A file without a name, which is gone when its handle is closed, or the process is. */
async function temporaryFile(out: string): Promise<FileHandle> {
  const path = join(dirname(out), `.${basename(out).slice(0, 100)}.input-${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(path, 'wx+', 0o600);
    await unlink(path);
    return handle;
  } catch (error) {
    // The output is what the caller knows of.
    throw Object.assign(error as Error, { path: out });
  }
}
