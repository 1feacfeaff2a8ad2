/**
 * Where the slots of a record lie: two bitmaps (which slots are set, which of them are None), then the fields that
 * are set and not None, in storage order without gaps, padded to the alignment. See docs/format.md, "Records".
 */
import type { AnySlotType } from '../types/slot-type.js';

export interface SlotPlace {
  readonly name: string;
  readonly type: AnySlotType;
  /** Number of the slot in storage order: its bit in both bitmaps. */
  readonly index: number;
  /** Offset of the field in a record that has all slots. */
  readonly fullOffset: number;
}

/** Answers of `offsetOf` for a slot that has no field. */
export const missing = -1;
export const none = -2;

/** How many patterns of present slots are remembered per layout. */
const rememberedPatterns = 1024;

export class Layout {
  readonly slots: readonly SlotPlace[];
  readonly alignment: number;
  readonly version: number;
  /** Width of each of the two bitmaps. */
  readonly bitmapBytes: 1 | 2 | 4 | 8;
  readonly headerBytes: number;
  /** Size of header and fields where all slots are present. */
  readonly fullBytes: number;
  /** Whether a record has all slots, none of them None: the way that reads take first. */
  readonly isFull: (view: DataView, offset: number) => boolean;

  readonly #sizes: readonly number[];
  readonly #offsets = new Map<string | number, Int32Array>();
  #lastPattern: string | number = -1;
  #lastOffsets: Int32Array = new Int32Array(0);

  constructor(slots: readonly { name: string; type: AnySlotType }[], alignment: number, version: number) {
    this.alignment = alignment;
    this.version = version;
    this.bitmapBytes = bitmapWidth(slots.length, alignment, version);
    this.headerBytes = this.bitmapBytes * 2;
    let offset = this.headerBytes;
    this.slots = slots.map(({ name, type }, index) => {
      const place = { name, type, index, fullOffset: offset };
      offset += type.size;
      return place;
    });
    this.fullBytes = offset;
    this.#sizes = this.slots.map((slot) => slot.type.size);
    this.isFull = fullTest(this.bitmapBytes, slots.length);
  }

  /** Offset of a slot's field from the record's start, or `missing`, or `none`. */
  offsetOf(view: DataView, offset: number, index: number): number {
    return this.offsets(view, offset)[index] as number;
  }

  /** The offsets of all slots of the record at `offset`, with `missing` and `none` for those that have no field. */
  offsets(view: DataView, offset: number): Int32Array {
    const pattern = this.#pattern(view, offset);
    if (pattern === this.#lastPattern) return this.#lastOffsets;
    const offsets = this.#offsets.get(pattern) ?? this.#remember(pattern, view, offset);
    this.#lastPattern = pattern;
    this.#lastOffsets = offsets;
    return offsets;
  }

  /** What the bitmaps of the record at `offset` say that no writer says; `undefined` where there is nothing. */
  faultOf(view: DataView, offset: number): string | undefined {
    for (let byte = 0; byte < this.bitmapBytes; byte++) {
      const set = view.getUint8(offset + byte);
      const none = view.getUint8(offset + this.bitmapBytes + byte);
      const slots = Math.min(Math.max(this.slots.length - byte * 8, 0), 8);
      if ((set | none) >>> slots !== 0) return 'its bitmaps speak of slots that the schema does not have';
      if ((none & ~set) !== 0) return 'a slot is None without being set';
    }
    return undefined;
  }

  /** Both bitmaps as one key. */
  #pattern(view: DataView, offset: number): string | number {
    switch (this.bitmapBytes) {
      case 1:
        return view.getUint16(offset, true);
      case 2:
        return view.getUint32(offset, true);
      case 4: {
        const set = view.getUint32(offset, true);
        const unset = view.getUint32(offset + 4, true);
        return unset === 0
          ? set
          : this.slots.length <= 21 && unset < 2 ** 21
            ? set + unset * 2 ** 32
            : `${set}:${unset}`;
      }
      case 8:
        return `${view.getBigUint64(offset, true)}:${view.getBigUint64(offset + 8, true)}`;
    }
  }

  #remember(pattern: string | number, view: DataView, offset: number): Int32Array {
    const offsets = new Int32Array(this.slots.length);
    let next = this.headerBytes;
    for (let index = 0; index < offsets.length; index++) {
      const byte = offset + (index >>> 3);
      const bit = 1 << (index & 7);
      const isSet = (view.getUint8(byte) & bit) !== 0;
      const isNone = (view.getUint8(byte + this.bitmapBytes) & bit) !== 0;
      offsets[index] = isNone ? none : isSet ? next : missing;
      if (isSet && !isNone) next += this.#sizes[index] as number;
    }
    if (this.#offsets.size >= rememberedPatterns) this.#offsets.clear();
    this.#offsets.set(pattern, offsets);
    return offsets;
  }
}

/** Version 2 keeps the header a multiple of the alignment, by widening the bitmaps. */
function bitmapWidth(slotCount: number, alignment: number, version: number): 1 | 2 | 4 | 8 {
  const wideEnough = (width: number) => slotCount <= width * 8 && (version < 2 || alignment <= width * 2);
  if (wideEnough(1)) return 1;
  if (wideEnough(2)) return 2;
  if (wideEnough(4)) return 4;
  return 8;
}

/** One comparison tells a record without missing slots where the bitmaps are narrow; two where they are wide. */
function fullTest(
  bitmapBytes: 1 | 2 | 4 | 8,
  slotCount: number,
): (view: DataView, offset: number) => boolean {
  const all = 2 ** slotCount - 1;
  switch (bitmapBytes) {
    case 1:
      return (view, offset) => view.getUint16(offset, true) === all;
    case 2:
      return (view, offset) => view.getUint32(offset, true) === all;
    case 4: {
      // Both bitmaps as one double: equal doubles other than zeros and NaN have equal bits, and `all` is neither.
      const bits = new DataView(new ArrayBuffer(8));
      bits.setUint32(0, all, true);
      const pattern = bits.getFloat64(0, true);
      if (slotCount === 0) return () => false;
      return (view, offset) => view.getFloat64(offset, true) === pattern;
    }
    case 8: {
      const low = slotCount >= 32 ? 2 ** 32 - 1 : all;
      const high = slotCount > 32 ? 2 ** (slotCount - 32) - 1 : 0;
      return (view, offset) =>
        view.getUint32(offset, true) === low &&
        view.getUint32(offset + 4, true) === high &&
        view.getUint32(offset + 8, true) === 0 &&
        view.getUint32(offset + 12, true) === 0;
    }
  }
}
