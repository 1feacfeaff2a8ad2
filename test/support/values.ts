/** Single values of one slot type, packed and read on their own. */
import assert from 'node:assert/strict';
import { SharedBuffersError } from 'sharedbuffers';
import { Packer } from '#src/building/packer.js';
import type { Tagged } from '#src/exact/tagged.js';
import { Region } from '#src/region.js';
import type { Findings, PointerType } from '#src/types/slot-type.js';

export function packValue<Read, Write>(type: PointerType<Read, Write>, value: Write): Uint8Array {
  const packer = new Packer();
  assert.equal(type.write(packer, value), 0);
  return new Uint8Array(packer.bytes.slice(0, packer.length));
}

export function readValue<Read, Write>(
  type: PointerType<Read, Write>,
  bytes: Uint8Array,
  position = 0,
): Read {
  return type.read(Region.fromBytes(bytes), position, 0);
}

export function exactValue<Read, Write>(
  type: PointerType<Read, Write>,
  bytes: Uint8Array,
  position = 0,
): Tagged {
  return type.readExact(Region.fromBytes(bytes), position, 0);
}

export function roundTrip<Read, Write>(type: PointerType<Read, Write>, value: Write): Read {
  return readValue(type, packValue(type, value));
}

/** What `verify` says of a value. */
export function findingsOf<Read, Write>(
  type: PointerType<Read, Write>,
  bytes: Uint8Array,
  position = 0,
): string[] {
  const messages: string[] = [];
  const findings: Findings = { add: (_offset, message) => messages.push(message), firstVisit: () => true };
  type.verify(Region.fromBytes(bytes), position, 0, findings);
  return messages;
}

/** Cuts the bytes off at every length, and damages every byte: reads answer something, or one of our errors. */
export function assertSurvivesDamage<Read, Write>(type: PointerType<Read, Write>, bytes: Uint8Array): void {
  for (let length = 0; length < bytes.length; length++) readOrFail(type, bytes.slice(0, length));
  for (let offset = 0; offset < bytes.length; offset++) {
    for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
      const damaged = bytes.slice();
      damaged[offset] = value;
      readOrFail(type, damaged);
    }
  }
}

function readOrFail<Read, Write>(type: PointerType<Read, Write>, bytes: Uint8Array): void {
  for (const read of [readValue, exactValue, findingsOf]) {
    try {
      read(type, bytes);
    } catch (error) {
      if (!(error instanceof SharedBuffersError)) throw error;
    }
  }
}
