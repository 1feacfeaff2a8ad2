/** Any file as bytes in memory: `mapFile`. */
import { pathOf } from './containers/container.js';
import { TooLargeError } from './errors.js';
import { type OpenOptions, Region } from './region.js';

/** The bytes of a mapped file. `close()` gives the mapping back and leaves the array empty. */
export interface MappedFile extends Uint8Array<ArrayBuffer> {
  /** `private`: a copy of the file, as with `copy: true` and where the runtime forbids buffers over mapped memory. */
  readonly storage: 'mapped' | 'private';
  /** Gives the mapping back. Idempotent. */
  close(): void;
  /** Closes it, at the end of a block with `using`. */
  [Symbol.dispose](): void;
}

/**
 * Maps a file as a `Uint8Array`: shared with every process that maps it, read from disk where it is touched. It is
 * read-only by contract: writes into it reach neither the file nor other processes.
 * @throws system errors as Node's own; `TooLargeError` where the runtime has no buffers of that size
 */
export function mapFile(
  path: string | URL,
  options: Pick<OpenOptions, 'offset' | 'size' | 'copy' | 'preload' | 'advise'> = {},
): MappedFile {
  const region = Region.openFile(pathOf(path), options);
  const { view } = region.windowAt(0);
  if (view.byteLength !== region.size) {
    region.close();
    throw new TooLargeError(
      `${pathOf(path)}: ${region.size} bytes are more than one buffer of this runtime can hold`,
    );
  }
  const bytes = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
  const close = () => region.close();
  return Object.defineProperties(bytes, {
    storage: { value: region.storage },
    close: { value: close },
    [Symbol.dispose]: { value: close },
  }) as MappedFile;
}
