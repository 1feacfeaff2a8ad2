/** One of several readers: makes its lookups, then waits until all have, and tells the memory that it has for itself. */
import { once } from 'node:events';
import { contenderOf } from '../contenders/index.js';
import { idOf, type Key, type KeyKind, textKeyOf } from '../support/cities.js';
import { privateDirty, proportionalSize } from '../support/process-memory.js';

export interface ReaderParameters {
  /** `undefined` for lookups that do nothing. */
  readonly contender?: { readonly id: string; readonly path: string };
  readonly keys: KeyKind;
  readonly size: number;
  readonly lookups: number;
}

export interface ReaderResult {
  readonly privateBytes: number;
  readonly proportionalBytes: number;
}

const batchSize = 10_000;

export async function work({ contender, keys, size, lookups }: ReaderParameters): Promise<ReaderResult> {
  const open = contender && (await contenderOf(contender.id).open(contender.path, keys));
  const lookUp = open ? (batch: Key[]) => open.sumOneField(batch) : (batch: Key[]) => batch.length;
  const keyOf = keys === 'string' ? textKeyOf : idOf;
  let sum = 0;
  for (let done = 0; done < lookups; done += batchSize) {
    sum += lookUp(Array.from({ length: batchSize }, (_, turn) => keyOf(((done + turn) * 7919) % size)));
  }
  if (Number.isNaN(sum)) throw new Error(`${contender?.id} did not find all keys`);
  // All are alive when each is measured: what they share is then divided among them.
  process.send?.({ lookedUp: true });
  await once(process, 'message');
  return { privateBytes: privateDirty() ?? 0, proportionalBytes: proportionalSize() ?? 0 };
}
