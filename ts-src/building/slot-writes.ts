/** How the slots of a schema are written, worked out once for all its records. */
import type { Layout, SlotPlace } from '../schema/layout.js';
import { float64, int8, int16, int32, pythonFloat, uint8, uint16, uint32 } from '../types/numbers.js';
import type { AnySlotType } from '../types/slot-type.js';
import { text } from '../types/text.js';

/** Values that are written without a call of their type, if they are what the type takes; see `writeFixedFields`. */
export const direct = {
  none: 0,
  uint8: 1,
  int8: 2,
  uint16: 3,
  int16: 4,
  uint32: 5,
  int32: 6,
  float64: 7,
  text: 8,
} as const;

const directForms = new Map<AnySlotType, number>([
  [uint8, direct.uint8],
  [int8, direct.int8],
  [uint16, direct.uint16],
  [int16, direct.int16],
  [uint32, direct.uint32],
  [int32, direct.int32],
  [float64, direct.float64],
  [pythonFloat, direct.float64],
  [text, direct.text],
]);

/** All of them have the same properties in the same order, so that looking at one is fast. */
export interface SlotWrite {
  readonly name: string;
  readonly type: AnySlotType;
  readonly size: number;
  readonly inline: boolean;
  /** One of `direct`. */
  readonly direct: number;
  readonly required: boolean;
  /** The slot's bit in the bitmaps: of slots 0 to 31, or of 32 to 63. */
  readonly lowBit: number;
  readonly highBit: number;
}

/** In storage order. */
export function slotWrites(layout: Layout, required: ReadonlySet<string>): readonly SlotWrite[] {
  return layout.slots.map(({ name, type, index }: SlotPlace) => ({
    name,
    type,
    size: type.size,
    inline: type.inline,
    direct: directForms.get(type) ?? direct.none,
    required: required.has(name),
    lowBit: index < 32 ? 1 << index : 0,
    highBit: index < 32 ? 0 : 1 << (index - 32),
  }));
}
