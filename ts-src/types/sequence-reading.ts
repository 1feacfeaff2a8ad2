/** Reading the items of sequences: as JavaScript values, as tagged JSON, and to check them. */
import type { Tagged } from '../exact/tagged.js';
import type { Region } from '../region.js';
import type { Budget } from './budget.js';
import { takeAllowance } from './collection.js';
import { exactRtti, taggedNumber, verifyRtti } from './rtti.js';
import {
  isPointerCode,
  noneItem,
  numberAt,
  pointerAt,
  readNumbers,
  type StoredSequence,
  sequenceAt,
} from './sequence-format.js';
import type { Places } from './sequence-writing.js';
import type { Findings } from './slot-type.js';

/** One item; values nest one deeper than the sequence, which is `depth` deep. */
export function itemAt(
  region: Region,
  sequence: StoredSequence,
  index: number,
  places: Places,
  depth: number,
  budget: Budget,
): unknown {
  const member = places.uniform ?? places.at(index);
  if (!isPointerCode(sequence.code)) return numberAt(region, sequence, index, member.mode);
  const target = pointerAt(region, sequence, index);
  return target === noneItem ? null : member.read(region, target, depth + 1, budget);
}

/** Appends the items `[from, to)` to an array; the budget has been asked for their number. */
export function readItems(
  region: Region,
  sequence: StoredSequence,
  places: Places,
  depth: number,
  budget: Budget,
  out: unknown[],
  from = 0,
  to = sequence.length,
): void {
  const { uniform } = places;
  if (uniform !== undefined && !isPointerCode(sequence.code)) {
    readNumbers(region, sequence, uniform.mode, out, from, to);
  } else {
    for (let index = from; index < to; index++)
      out.push(itemAt(region, sequence, index, places, depth, budget));
  }
}

/** The items as tagged JSON. */
export function exactItems(
  region: Region,
  sequence: StoredSequence,
  depth: number,
  budget: Budget,
): Tagged[] {
  budget.take(sequence.length);
  const items: Tagged[] = [];
  for (let index = 0; index < sequence.length; index++) {
    if (isPointerCode(sequence.code)) {
      const target = pointerAt(region, sequence, index);
      items.push(target === noneItem ? null : exactRtti(region, target, depth + 1, budget));
    } else {
      items.push(taggedNumber(numberAt(region, sequence, index, 'either'), sequence.code));
    }
  }
  return items;
}

/** Checks a sequence and all that it points to. */
export function verifySequence(
  region: Region,
  position: number,
  depth: number,
  findings: Findings,
): StoredSequence {
  const sequence = sequenceAt(region, position);
  if (!isPointerCode(sequence.code)) return sequence;
  takeAllowance(region, findings, sequence.length);
  for (let index = 0; index < sequence.length; index++) {
    const target = pointerAt(region, sequence, index);
    if (target !== noneItem) verifyRtti(region, target, depth + 1, findings);
  }
  return sequence;
}
