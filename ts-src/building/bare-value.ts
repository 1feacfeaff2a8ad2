/** A value that is a file of its own: it begins the file, whatever it points to follows. */
import type { PointerType } from '../types/slot-type.js';
import { Packer } from './packer.js';

/** Packs a value so that it is at position 0, as whoever opens it expects. */
export function packFirst(type: PointerType<unknown, unknown>, value: unknown): Uint8Array {
  const packer = new Packer();
  packer.keepFront(0);
  if (type.write(packer, value) === 0) return packer.bytes.slice(0, packer.length);
  // Collections come after their members, whose size is not known before they are written: so all is written again.
  const again = new Packer();
  again.keepFront(packer.frontSize);
  type.write(again, value);
  return again.bytes.slice(0, again.length);
}
