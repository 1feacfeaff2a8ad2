/** Collections, packed and read on their own. Their members come first, so they do not start at 0. */
import { Packer } from '#src/building/packer.js';
import type { Tagged } from '#src/exact/tagged.js';
import { type OpenOptions, Region } from '#src/region.js';
import type { Findings, PointerType } from '#src/types/slot-type.js';

export interface Packed {
  bytes: Uint8Array;
  position: number;
}

export function pack<Read, Write>(type: PointerType<Read, Write>, value: Write): Packed {
  const packer = new Packer();
  const position = type.write(packer, value);
  return { bytes: new Uint8Array(packer.bytes.subarray(0, packer.length)), position };
}

export function read<Read, Write>(
  type: PointerType<Read, Write>,
  { bytes, position }: Packed,
  limits: OpenOptions = {},
): Read {
  return type.read(Region.fromBytes(bytes, limits), position, 0);
}

export function exact<Read, Write>(type: PointerType<Read, Write>, { bytes, position }: Packed): Tagged {
  return type.readExact(Region.fromBytes(bytes), position, 0);
}

/** What `verify` says of a value. */
export function findings<Read, Write>(type: PointerType<Read, Write>, { bytes, position }: Packed): string[] {
  const messages: string[] = [];
  const visits = new Map<object, Set<number>>();
  const list: Findings = {
    add: (_offset, message) => messages.push(message),
    firstVisit(visited, at) {
      const positions = visits.get(visited) ?? new Set();
      visits.set(visited, positions);
      const isFirst = !positions.has(at);
      positions.add(at);
      return isFirst;
    },
  };
  type.verify(Region.fromBytes(bytes), position, 0, list);
  return messages;
}

export function again<Read, Write>(type: PointerType<Read, Write>, value: Write): Read {
  return read(type, pack(type, value));
}

/** Bytes from hexadecimal digits, spaces between them. */
export function fromHex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
}
