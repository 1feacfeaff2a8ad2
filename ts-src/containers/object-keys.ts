/**
 * Keys of object id tables: any hashable value, stored with its typecode. See docs/format.md, "Id tables" and "Values
 * with their type".
 */
import type { Packer } from '../building/packer.js';
import type { Tagged } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { Budget, budgetFor } from '../types/budget.js';
import { exactRtti, readRtti } from '../types/rtti.js';
import { writeRtti } from '../types/rtti-writing.js';
import { stableHash } from '../types/stable-hash.js';
import { StoredKey } from './stored-key.js';

/** The key pointer that stands for None: no key can be in the header. */
export const noneKey = 1;

export interface WrittenKey {
  readonly hash: bigint;
  /** Where the key was stored; `undefined` for None, which is not. */
  readonly position: number | undefined;
}

/**
 * Appends a key. One that cannot be stored leaves no trace.
 * @throws InvalidTypeError for what is not hashable, as Python has it
 */
export function writeObjectKey(packer: Packer, key: unknown): WrittenKey {
  if (key instanceof StoredKey) return copyKey(packer, key);
  const hash = stableHash(key);
  if (key === null) return { hash, position: undefined };
  const { position, length } = packer;
  packer.origin = position;
  try {
    return { hash, position: writeRtti(packer, key) };
  } catch (error) {
    packer.rollback(length);
    throw error;
  } finally {
    // What one key holds is not looked for in the next: it may be on disk by then.
    packer.shared.clear();
  }
}

function copyKey(packer: Packer, key: StoredKey): WrittenKey {
  const { position } = packer;
  key.writeTo(packer);
  return { hash: key.hash as bigint, position };
}

/** Reads the key at a position. */
export function readObjectKey(region: Region, position: number, budget = budgetFor(region)): unknown {
  return readRtti(region, position, 1, budget);
}

/** The key at a position as tagged JSON. */
export function exactObjectKey(region: Region, position: number): Tagged {
  return exactRtti(region, position, 1, new Budget(region));
}
