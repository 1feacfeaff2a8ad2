/**
 * The values stored lately, by their bytes: a table of fixed size, and the bytes themselves in a ring, so that what is
 * found is equal and not just of the same hash. What was not met for long is overwritten.
 */
import { native } from '../native/index.js';

/** Places in which a value of some hash may be. */
const ways = 4;
/** Bytes of the ring for each place in the table. */
const bytesPerPlace = 64;
/** Of the memory, what the ring gets; the rest is for the table. */
const ringShare = 2 / 3;
const smallestRing = 32 * 1024;
/** Longer values, as a part of the ring, are not remembered. */
const largestPart = 1 / 16;
/** Up to here a loop is faster than a call of the runtime. */
const loopedLength = 48;

export class RecentBytes {
  readonly #ring: Buffer;
  /** How many bytes were ever put into the ring. */
  #end = 0;
  readonly #buckets: number;
  readonly #hashes: Uint32Array;
  readonly #kinds: Uint32Array;
  readonly #details: Float64Array;
  readonly #lengths: Uint32Array;
  /** Where the bytes are, counted as `#end` is; -Infinity for an empty place. */
  readonly #starts: Float64Array;
  readonly #positions: Float64Array;
  /** Places filled since the last commit. */
  readonly #added: number[] = [];

  constructor(memory: number) {
    const size = 2 ** Math.floor(Math.log2(Math.max(memory * ringShare, smallestRing)));
    this.#ring = Buffer.allocUnsafeSlow(size);
    const places = size / bytesPerPlace;
    this.#buckets = places / ways;
    this.#hashes = new Uint32Array(places);
    this.#kinds = new Uint32Array(places);
    this.#details = new Float64Array(places);
    this.#lengths = new Uint32Array(places);
    this.#starts = new Float64Array(places).fill(Number.NEGATIVE_INFINITY);
    this.#positions = new Float64Array(places);
  }

  /**
   * The position of a value that is equal to the bytes in `[start, end)`, or `undefined` and these are remembered with
   * their own.
   * @param kind, detail what must agree besides the bytes
   */
  findOrAdd(
    kind: number,
    detail: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
  ): number | undefined {
    const length = end - start;
    if (length > this.#ring.length * largestPart) return undefined;
    const hash = hashOf(bytes, start, end, kind);
    const first = (hash % this.#buckets) * ways;
    let oldest = first;
    for (let place = first; place < first + ways; place++) {
      if (
        this.#hashes[place] === hash &&
        this.#kinds[place] === kind &&
        this.#details[place] === detail &&
        this.#isEqual(place, bytes, start, end)
      ) {
        this.#refresh(place, bytes, start, end);
        return this.#positions[place];
      }
      if ((this.#starts[place] as number) < (this.#starts[oldest] as number)) oldest = place;
    }
    this.#hashes[oldest] = hash;
    this.#kinds[oldest] = kind;
    this.#details[oldest] = detail;
    this.#lengths[oldest] = length;
    this.#positions[oldest] = position;
    this.#starts[oldest] = this.#put(bytes, start, end);
    this.#added.push(oldest);
    return undefined;
  }

  commit(): void {
    this.#added.length = 0;
  }

  /** Forgets what was added since the last commit. */
  rollback(): void {
    for (const place of this.#added) this.#starts[place] = Number.NEGATIVE_INFINITY;
    this.#added.length = 0;
  }

  #isEqual(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const stored = this.#starts[place] as number;
    const length = end - start;
    if (this.#lengths[place] !== length || this.#end - stored > this.#ring.length) return false;
    const ring = this.#ring;
    const at = stored % ring.length;
    if (length > loopedLength) return ring.compare(bytes, start, end, at, at + length) === 0;
    for (let offset = 0; offset < length; offset++) {
      if (ring[at + offset] !== bytes[start + offset]) return false;
    }
    return true;
  }

  /** What is met again stays, before new bytes overwrite it. */
  #refresh(place: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#end - (this.#starts[place] as number) > this.#ring.length / 2) {
      this.#starts[place] = this.#put(bytes, start, end);
    }
  }

  /** Copies bytes into the ring, in one piece; answers where they are. */
  #put(bytes: Uint8Array, start: number, end: number): number {
    const ring = this.#ring;
    const length = end - start;
    const left = ring.length - (this.#end % ring.length);
    if (left < length) this.#end += left;
    const stored = this.#end;
    const at = stored % ring.length;
    if (length > loopedLength) ring.set(bytes.subarray(start, end), at);
    else for (let offset = 0; offset < length; offset++) ring[at + offset] = bytes[start + offset] as number;
    this.#end += length;
    return stored;
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number, kind: number): number {
  let hash = Math.imul(kind, 0x9e3779b1);
  if (end - start > loopedLength) {
    hash ^= native.hash32(bytes.subarray(start, end));
  } else {
    for (let index = start; index < end; index++) {
      hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
