/**
 * Byte ranges that records are read from: a mapped file, or an ordinary buffer. A position is absolute in its
 * region; a region larger than one `ArrayBuffer` may be is seen through several overlapping windows, and every
 * pointer hop asks for its window anew.
 */
import { constants } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type AdviceOptions, advise } from './advice.js';
import {
  ClosedError,
  CorruptDataError,
  describe,
  OutOfRangeError,
  SharedBuffersError,
  TooLargeError,
} from './errors.js';
import { changeBetween, type FileState, stateOfInfo, stateOfUnheld } from './file-state.js';
import { native, type RegionHandle, type RegionInfo } from './native/index.js';
import { longestShortText, shortText } from './short-text.js';

/** Bytes of the length before a text that is no longer than 32 KiB. */
const textHeaderBytes = 2;

/** A part of a region that one `DataView` can see. */
export interface Window {
  readonly region: Region;
  /** Position in the region of the window's first byte. */
  readonly start: number;
  readonly view: DataView;
}

/** Limits on what one read may cost, whatever a file says. */
export interface ReadLimits {
  /** How deep values may nest inside each other. */
  readonly maxDepth: number;
  /** How many values one copied collection may hold, nested ones included. */
  readonly maxValues: number;
  /** How many values one comparison, search or check may look at, none of which stays in memory. */
  readonly maxVisits: number;
  /** How many values all steps of one walk through a view may read. */
  readonly maxWalk: number;
}

/** What a container takes of the machine's memory, and how it has its data. */
export interface ContainerStats {
  /** `mapped`: pages of a file, shared by all processes; `private`: a copy of a file; `bytes`: the caller's buffer. */
  readonly storage: 'mapped' | 'private' | 'bytes';
  /** The file, if there is one. */
  readonly path: string | undefined;
  /** Bytes of the container, whatever they are in. */
  readonly size: number;
  /** Bytes of the file that are mapped: the address space that they take, which is not memory yet. */
  readonly mappedBytes: number;
  /**
   * What of that is in memory at present, where it counts once for all processes that map the file. `undefined` where
   * the system does not say.
   */
  readonly residentBytes: number | undefined;
  /**
   * What this process has for itself: a private copy as a whole; of a mapping the pages that somebody wrote to, and those
   * in place of lost ones. `undefined` where the system does not say.
   */
  readonly privateBytes: number | undefined;
  /** Whether the two are estimates from samples, as they are for more than 65 536 pages (256 MiB, mostly). */
  readonly estimated: boolean;
  /**
   * Whether the file was cut short while it was mapped, or could not be read, where somebody has read since: then
   * nothing that is read means anything, and it has to be opened again.
   */
  readonly lost: boolean;
}

export interface OpenOptions extends AdviceOptions {
  /** Where the container starts in the file, in bytes. Default 0. */
  offset?: number;
  /** How many bytes of the file belong to it. Default: up to the end of the file. */
  size?: number;
  /**
   * `true` reads the file into private memory instead of mapping it: what happens by itself where the runtime
   * forbids buffers over memory that it does not own. Costs the file's size in every process.
   */
  copy?: boolean;
  /** How deep values may nest when read. Default 256. */
  maxDepth?: number;
  /**
   * How many values one copied collection may hold, and one search or comparison may look at. Default: as many as the
   * bytes that are there can account for, and no more than 16 million in a copy. To be raised for small files in which
   * many collections share what they hold.
   */
  maxValues?: number;
}

const defaultDepth = 256;
const mostValues = 16_000_000;
/** What reading may cost however small the file is: values in it may be shared. */
const freeValues = 2 ** 16;
/** No byte of a file stands for more values: those of a bitmap are one for each bit. */
const valuesPerByte = 8;

/** Windows begin 2 GiB apart and are 3 GiB long, so that whatever is shorter than 1 GiB lies within one. */
const windowStride = 2 ** 31;
const windowLength = 3 * 2 ** 30;

/**
 * The engine counts the length of a window as memory for which it should collect garbage, and does so at once where a
 * window is large. So files that are larger than this are opened through small windows on their headers, and seen as
 * a whole only when somebody reads in them outside of native code, and not just a few records: programs that look one up
 * and end would pay for a collection that gains them nothing.
 */
const smallRegion = 8 * 2 ** 20;
const smallWindowBytes = 2 ** 16;
/** How many reads find their window among the small ones, which takes longer. */
const mostGlances = 32;
/** Windows begin at multiples of this, for what is aligned in the file. */
const pageBytes = 4096;

/** Regions over ordinary buffers, so that unpacking a hundred records of one buffer makes one region. */
const byteRegions = new WeakMap<Uint8Array, Region>();

export class Region {
  /** Number of bytes. */
  readonly size: number;
  readonly limits: ReadLimits;
  /** `mapped`: pages of a file, shared by all processes; `private`: a copy of a file; `bytes`: the caller's buffer. */
  readonly storage: 'mapped' | 'private' | 'bytes';
  /** The file it came from, if any. */
  readonly path: string | undefined;
  /** Which file that was, and in which state. */
  readonly file: FileState | undefined;

  readonly #stride: number;
  readonly #windows: (Window | undefined)[] = [];
  /** Small windows, of a region that has not been seen as a whole. */
  readonly #smallWindows: Window[] = [];
  /** Reads of a few bytes that found no larger window. */
  #glances = 0;
  #bytes: Uint8Array | undefined;
  #handle: RegionHandle | undefined;
  #readText: ((position: number) => string) | undefined;
  #readBytes: ((position: number) => Uint8Array) | undefined;
  #closed = false;

  private constructor(source: RegionSource, options: OpenOptions) {
    this.size = source.size;
    this.storage = source.storage;
    this.path = source.path;
    this.file = source.file;
    this.limits = limitsOf(options, source.size);
    this.#bytes = source.bytes;
    this.#handle = source.handle;
    this.#stride = source.size <= constants.MAX_LENGTH ? Number.POSITIVE_INFINITY : windowStride;
  }

  /**
   * Maps a file, or the part of it that `offset` and `size` name.
   * @throws system errors as Node's own (`ENOENT`, …); `OutOfRangeError` where the part is not within the file
   */
  static openFile(path: string, options: OpenOptions = {}): Region {
    const { offset = 0, size = -1, copy = false } = options;
    requireByteCount('offset', offset);
    if (options.size !== undefined) requireByteCount('size', size);
    if (copy) return new Region(readPart(path, offset, size), options);
    const handle = native.openRegion(path, offset, size);
    const info = native.regionInfo(handle);
    const region = new Region(
      { storage: 'mapped', handle, size: info.size, path, file: stateOfInfo(info) },
      options,
    );
    try {
      region.#smallWindowAt(0, 0);
      advise(handle, options);
      return region;
    } catch (error) {
      region.close();
      if (!isExternalRefusal(error)) throw error;
      return new Region(readPart(path, offset, size), options);
    }
  }

  /** A region over the caller's own bytes; nothing is copied, so they must not change while it is read. */
  static fromBytes(bytes: Uint8Array, options: OpenOptions = {}): Region {
    if (options.maxDepth !== undefined || options.maxValues !== undefined) {
      return new Region({ storage: 'bytes', bytes, size: bytes.byteLength }, options);
    }
    let region = byteRegions.get(bytes);
    if (region === undefined || region.closed || region.size !== bytes.byteLength) {
      region = new Region({ storage: 'bytes', bytes, size: bytes.byteLength }, {});
      byteRegions.set(bytes, region);
    }
    return region;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What the operating system says of the mapped file; `undefined` for anything but a mapping. */
  get info(): RegionInfo | undefined {
    return this.storage === 'mapped' && this.#handle !== undefined
      ? native.regionInfo(this.#handle)
      : undefined;
  }

  /**
   * Whether the mapped file was cut short, or could not be read, where somebody has read since: then nothing that is
   * read means anything.
   */
  get lost(): boolean {
    return !this.#closed && (this.info?.lost ?? false);
  }

  /** Throws where `lost`. */
  requireIntact(): void {
    if (this.lost) throw this.#fileChanged();
  }

  stats(): ContainerStats {
    const { storage, path, size } = this;
    if (storage === 'mapped') {
      const { resident, private: own, estimated, lost } = native.regionMemory(this.handle);
      return {
        storage,
        path,
        size,
        mappedBytes: size,
        residentBytes: resident,
        privateBytes: own,
        estimated,
        lost,
      };
    }
    const own = storage === 'private' ? size : 0;
    return {
      storage,
      path,
      size,
      mappedBytes: 0,
      residentBytes: own,
      privateBytes: own,
      estimated: false,
      lost: false,
    };
  }

  /** The native handle, for search functions; made on first use where the bytes are the caller's. */
  get handle(): RegionHandle {
    if (this.#closed) throw new ClosedError();
    this.#handle ??= native.regionFromBytes(this.#bytes as Uint8Array);
    return this.#handle;
  }

  /**
   * The window in which to read what starts at `position`.
   * @param length how many bytes of it will be looked at, at most, where that is known and they are few
   * @throws CorruptDataError where the position is outside of the region, as only a corrupt pointer can be
   */
  windowAt(position: number, length = Number.POSITIVE_INFINITY): Window {
    if (!(position >= 0 && position <= this.size)) throw this.outside(position);
    const number = this.#windowNumber(position);
    return this.#windows[number] ?? this.#firstWindowAt(position, length, number);
  }

  #firstWindowAt(position: number, length: number, number: number): Window {
    if (length > smallWindowBytes || this.#glances === mostGlances) return this.#makeWindow(number);
    this.#glances++;
    return this.#smallWindowAt(position, Math.min(length, this.size - position));
  }

  #windowNumber(position: number): number {
    return this.#stride === Number.POSITIVE_INFINITY ? 0 : Math.floor(position / this.#stride);
  }

  /** A window in which to read a few bytes that are known to be within the region. */
  #smallWindowAt(position: number, length: number): Window {
    const number = this.#windowNumber(position);
    const whole = this.#windows[number];
    if (whole !== undefined) return whole;
    if (this.storage !== 'mapped' || this.size <= smallRegion) return this.#makeWindow(number);
    const known = this.#smallWindows.find(
      ({ start, view }) => position >= start && position + length <= start + view.byteLength,
    );
    if (known !== undefined) return known;
    const start = Math.floor(Math.min(position, this.size - smallWindowBytes) / pageBytes) * pageBytes;
    const end = Math.min(this.size, Math.max(start + smallWindowBytes, position + length));
    const window = this.#viewOf(start, end - start);
    this.#smallWindows.push(window);
    return window;
  }

  /** Reads the length-prefixed UTF-8 string at `position`. */
  readText(position: number): string {
    const { view, start } = this.windowAt(position, textHeaderBytes + longestShortText);
    const at = position - start + textHeaderBytes;
    // Text at the very end of a window is for native code, which says what is wrong with it, if anything is.
    if (at + longestShortText <= view.byteLength) {
      const length = view.getUint16(at - textHeaderBytes, true);
      const text = length > longestShortText ? undefined : shortText(view, at, length);
      if (text !== undefined) return text;
    }
    this.#readText ??= native.createTextReader(this.handle);
    return this.#readText(position);
  }

  /** Reads the length-prefixed bytes at `position`, as a copy. */
  readBytes(position: number): Uint8Array {
    this.#readBytes ??= native.createBytesReader(this.handle);
    return this.#readBytes(position);
  }

  /** An unsigned 64-bit number of a header or an index. Beyond 2^53 nothing can be meant by it: an error. */
  readSize(position: number, what: string): number {
    this.requireRange(position, 8, what);
    const { view, start } = this.#smallWindowAt(position, 8);
    const value =
      view.getUint32(position - start, true) + view.getUint32(position - start + 4, true) * 2 ** 32;
    if (value > Number.MAX_SAFE_INTEGER) {
      throw this.corrupt(
        `${what} is ${value}, more than any file can hold: the file is truncated, corrupt, or of another kind`,
        position,
      );
    }
    return value;
  }

  /** Whether `[position, position + length)` lies within the region; an error that says what was expected there. */
  requireRange(position: number, length: number, what: string): void {
    if (!(position >= 0 && length >= 0 && position + length <= this.size)) {
      throw this.corrupt(
        `${what} of ${length} bytes at ${position} does not fit into the ${this.size} bytes that are there`,
        position,
      );
    }
  }

  /** The bytes `[position, position + length)`, in place. */
  bytesAt(position: number, length: number, what: string): Uint8Array {
    this.requireRange(position, length, what);
    const { view, start } = this.windowAt(position);
    if (position - start + length > view.byteLength) {
      throw new TooLargeError(`${what} has ${length} bytes, more than this runtime can see at once`);
    }
    return new Uint8Array(view.buffer, view.byteOffset + position - start, length);
  }

  /** The same of something small that is looked at on opening. */
  headerBytes(position: number, length: number, what: string): Uint8Array {
    this.requireRange(position, length, what);
    const { view, start } = this.#smallWindowAt(position, length);
    return new Uint8Array(view.buffer, view.byteOffset + position - start, length);
  }

  outside(position: number): Error {
    return this.corrupt(`a pointer to ${position} leaves the ${this.size} bytes that are there`, position);
  }

  /** The error for bytes that contradict themselves, or for their having been zeros in place of lost pages. */
  corrupt(message: string, position: number): Error {
    return this.lost ? this.#fileChanged() : new CorruptDataError(message, position);
  }

  /**
   * What a getter throws instead of what the runtime threw: reads of a detached view are `ClosedError`s, reads out
   * of bounds are corrupt data; and whatever it is, the zeros in place of lost pages are the reason if there are any.
   */
  errorOf(error: unknown, window: Window, position: number): unknown {
    if (this.lost) return this.#fileChanged();
    if (error instanceof SharedBuffersError) return error;
    if (this.closed || (this.size > 0 && window.view.buffer.byteLength === 0)) return new ClosedError();
    if (error instanceof RangeError) {
      return new CorruptDataError(`the record leaves the ${this.size} bytes that are there`, position);
    }
    return error;
  }

  #fileChanged(): SharedBuffersError {
    return new SharedBuffersError(
      'ERR_SHAREDBUFFERS_FILE_CHANGED',
      `${this.path} was cut short, or could not be read, while it was mapped: it has to be opened again`,
    );
  }

  /** Detaches every buffer that was handed out, then gives the mapping back. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#windows.length = 0;
    this.#smallWindows.length = 0;
    if (this.#handle !== undefined) native.closeRegion(this.#handle);
    // A private copy is nobody else's, so it is detached as a mapping is; the caller's own bytes stay.
    if (this.storage === 'private' && this.#bytes !== undefined) detach(this.#bytes.buffer as ArrayBuffer);
    this.#bytes = undefined;
  }

  #makeWindow(number: number): Window {
    const start = number === 0 ? 0 : number * this.#stride;
    const length = this.#stride === Number.POSITIVE_INFINITY ? this.size : windowLength;
    const window = this.#viewOf(start, Math.min(this.size - start, length));
    this.#windows[number] = window;
    return window;
  }

  #viewOf(start: number, length: number): Window {
    if (this.#closed) throw new ClosedError();
    const view = this.#bytes
      ? new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start, length)
      : new DataView(native.regionWindow(this.handle, start, length));
    return { region: this, start, view };
  }
}

interface RegionSource {
  storage: Region['storage'];
  size: number;
  handle?: RegionHandle;
  bytes?: Uint8Array;
  path?: string;
  file?: FileState;
}

/** What a getter throws instead of what the runtime threw; see `Region.errorOf`. */
export function readError(error: unknown, window: Window, position: number): unknown {
  return window.region.errorOf(error, window, position);
}

function limitsOf({ maxDepth = defaultDepth, maxValues }: OpenOptions, size: number): ReadLimits {
  requireLimit('maxDepth', maxDepth);
  if (maxValues !== undefined) requireLimit('maxValues', maxValues);
  const accountable = freeValues + size * valuesPerByte;
  return {
    maxDepth,
    maxValues: maxValues ?? Math.min(accountable, mostValues),
    maxVisits: maxValues ?? accountable,
    maxWalk: accountable + (maxValues ?? mostValues),
  };
}

function requireLimit(name: string, value: number): void {
  if (typeof value === 'number' && value >= 0) return;
  throw new OutOfRangeError(`option ${name}: expected a number, 0 or more, found ${describe(value)}`);
}

function requireByteCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new OutOfRangeError(`${name}: expected a number of bytes, 0 or more, found ${describe(value)}`);
  }
}

/** Moves the memory of a buffer into one that nobody has. */
function detach(buffer: ArrayBuffer): void {
  structuredClone(buffer, { transfer: [buffer] });
}

function isExternalRefusal(error: unknown): boolean {
  return error instanceof SharedBuffersError && error.code === 'ERR_SHAREDBUFFERS_NO_EXTERNAL_BUFFERS';
}

/** The private copy of a part of a file, for runtimes that forbid external buffers. */
function readPart(path: string, offset: number, requested: number): RegionSource {
  const file = openSync(path, 'r');
  try {
    const state = stateOfUnheld(fstatSync(file, { bigint: true }));
    const { fileSize } = state;
    const size = requested < 0 ? fileSize - offset : requested;
    if (size < 0 || offset + size > fileSize) {
      throw new OutOfRangeError(
        `${path}: expected ${requested < 0 ? 'at least' : `${size} bytes from`} ${offset}, the file has ${fileSize}`,
      );
    }
    if (size > constants.MAX_LENGTH) {
      throw new TooLargeError(
        `${path}: a private copy of ${size} bytes is needed, this runtime allows ${constants.MAX_LENGTH}`,
      );
    }
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size; ) {
      const count = readSync(file, bytes, done, Math.min(size - done, 2 ** 30), offset + done);
      if (count === 0) throw new CorruptDataError(`${path} became shorter while it was read`, offset + done);
      done += count;
    }
    if (changeBetween(state, stateOfUnheld(fstatSync(file, { bigint: true }))) !== 'none') {
      throw new SharedBuffersError(
        'ERR_SHAREDBUFFERS_FILE_CHANGED',
        `${path} was written to while it was read`,
      );
    }
    return { storage: 'private', bytes, size, path, file: state };
  } finally {
    closeSync(file);
  }
}
