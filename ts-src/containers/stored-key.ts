/** Keys as they are stored, for copying from one id table to another without decoding them. */
import type { Packer } from '../building/packer.js';
import type { Region } from '../region.js';

/** The bytes of a key in another id table: a length-prefixed string, or a value with its typecode. */
export class StoredKey {
  /** @param hash where it needs not be computed anew */
  constructor(
    readonly region: Region,
    readonly position: number,
    readonly size: number,
    readonly hash: bigint | undefined,
  ) {}

  /** Appends the bytes. */
  writeTo(packer: Packer): void {
    const { position, size } = this;
    const bytes = this.region.bytesAt(position, size, 'a key');
    packer.reserve(size);
    packer.bytes.set(bytes, packer.length);
    packer.length += size;
  }
}

const longLength = 0x7fff;
const compressedFlag = 0x8000;

/** Bytes of the string at a position, with its header. */
export function storedStringSize(region: Region, position: number): number {
  const short = stringHeaderAt(region, position) & longLength;
  return short < longLength ? 2 + short : 10 + region.readSize(position + 2, 'the length of a key');
}

export function isStoredCompressed(region: Region, position: number): boolean {
  return (stringHeaderAt(region, position) & compressedFlag) !== 0;
}

function stringHeaderAt(region: Region, position: number): number {
  region.requireRange(position, 2, 'a key');
  const { view, start } = region.windowAt(position);
  return view.getUint16(position - start, true);
}
