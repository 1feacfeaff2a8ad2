/** Writing of one record: header, fixed fields, then what the pointers point to. See docs/format.md, "Records". */
import { atSlot, describe, InvalidTypeError, TooLargeError } from '../errors.js';
import { identityOf } from '../proxies/identity.js';
import type { Layout } from '../schema/layout.js';
import { writeSafeInteger } from '../types/numbers.js';
import { writeSharedText } from '../types/text.js';
import type { Packer } from './packer.js';
import { direct, type SlotWrite } from './slot-writes.js';

/** Records that nest deeper cannot be read back under the default limits. */
const maxDepth = 256;

/** What writing needs to know of a schema. */
export interface WritableSchema {
  readonly name: string;
  readonly layout: Layout;
  /** Its slots in storage order. */
  readonly writes: readonly SlotWrite[];
}

/**
 * Appends a record and everything it holds; answers its position. The same object within one outermost record is
 * stored once, so cyclic objects are fine.
 * @throws InvalidTypeError, OutOfRangeError that name slot and value
 */
export function writeRecord(packer: Packer, schema: WritableSchema, value: unknown): number {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidTypeError(`expected an object (${schema.name}), found ${describe(value)}`);
  }
  const identity = identityOf(value);
  const before = packer.shared.find(schema, identity);
  if (before !== undefined) return before;
  if (packer.depth >= maxDepth) throw new TooLargeError(`records nest deeper than ${maxDepth}`);
  packer.depth++;
  const { layout } = schema;
  const { length } = packer;
  packer.align(layout.alignment);
  packer.reserve(layout.fullBytes);
  const { position, shared } = packer;
  const { count } = shared;
  shared.add(schema, identity, position);
  const equal = writeFields(packer, schema, value as Record<string, unknown>);
  packer.depth--;
  if (equal === undefined) return position;
  packer.length = length;
  shared.move(count, position, equal - position);
  return equal;
}

/** Writes all of a record; answers the position of an equal one, where there is one and it is looked for. */
function writeFields(
  packer: Packer,
  schema: WritableSchema,
  value: Record<string, unknown>,
): number | undefined {
  const { layout } = schema;
  const { pending } = packer;
  const start = packer.length;
  const position = packer.position;
  const firstPending = packer.pendingCount;
  const size = writeFixedFields(packer, schema, value, start);
  packer.length = start + size;
  packer.align(layout.alignment);
  const lastPending = packer.pendingCount;
  for (let index = firstPending; index < lastPending; index += 3) {
    const target = writePointed(packer, schema, pending[index + 1] as SlotWrite, pending[index]);
    writeSafeInteger(packer.view, pending[index + 2] as number, target - position);
    packer.align(layout.alignment);
  }
  const equal = packer.equal?.findRecord(packer, schema, start, size, firstPending);
  packer.pendingCount = firstPending;
  return equal;
}

function writePointed(packer: Packer, schema: WritableSchema, slot: SlotWrite, value: unknown): number {
  const { type } = slot;
  try {
    if (packer.equal === undefined && slot.direct === direct.text) return writeSharedText(packer, value);
    if (type.inline) throw new TypeError('a pointer slot was expected');
    // Records see to that themselves.
    if (packer.equal === undefined || 'schema' in type) return type.write(packer, value);
    return packer.equal.write(packer, type, value);
  } catch (error) {
    throw atSlot(error, schema.name, slot.name);
  }
}

/**
 * Writes header and fields, and puts the values of pointers aside with their slot and field offset; answers the size.
 * The packer has room for a full record.
 */
function writeFixedFields(
  packer: Packer,
  schema: WritableSchema,
  value: Record<string, unknown>,
  start: number,
): number {
  const { writes, layout } = schema;
  const { view, pending } = packer;
  let at = start + layout.headerBytes;
  let setLow = 0;
  let setHigh = 0;
  let noneLow = 0;
  let noneHigh = 0;
  for (let index = 0; index < writes.length; index++) {
    const slot = writes[index] as SlotWrite;
    const slotValue = value[slot.name];
    if (slotValue === undefined || slotValue === null) {
      if (slot.required) throw missingSlot(schema, slot.name, slotValue);
      if (slotValue === undefined) continue;
      noneLow |= slot.lowBit;
      noneHigh |= slot.highBit;
    } else if (slot.inline) {
      if (!writeDirectly(view, at, slot.direct, slotValue)) writeInline(view, at, schema, slot, slotValue);
      at += slot.size;
    } else {
      const last = packer.pendingCount;
      pending[last] = slotValue;
      pending[last + 1] = slot;
      pending[last + 2] = at;
      packer.pendingCount = last + 3;
      at += slot.size;
    }
    setLow |= slot.lowBit;
    setHigh |= slot.highBit;
  }
  const { bitmapBytes } = layout;
  writeBitmap(view, start, bitmapBytes, setLow, setHigh);
  writeBitmap(view, start + bitmapBytes, bitmapBytes, noneLow, noneHigh);
  return at - start;
}

/** Writes a number that is within the range of its slot; answers false, and writes nothing, where the type must look. */
function writeDirectly(view: DataView, at: number, form: number, value: unknown): boolean {
  if (typeof value !== 'number') return false;
  switch (form) {
    case direct.uint8:
      if ((value & 0xff) !== value) return false;
      view.setUint8(at, value);
      return true;
    case direct.int8:
      if ((value << 24) >> 24 !== value) return false;
      view.setInt8(at, value);
      return true;
    case direct.uint16:
      if ((value & 0xffff) !== value) return false;
      view.setUint16(at, value, true);
      return true;
    case direct.int16:
      if ((value << 16) >> 16 !== value) return false;
      view.setInt16(at, value, true);
      return true;
    case direct.uint32:
      if (value >>> 0 !== value) return false;
      view.setUint32(at, value, true);
      return true;
    case direct.int32:
      if ((value | 0) !== value) return false;
      view.setInt32(at, value, true);
      return true;
    case direct.float64:
      view.setFloat64(at, value, true);
      return true;
    default:
      return false;
  }
}

function writeInline(
  view: DataView,
  at: number,
  schema: WritableSchema,
  { type, name }: SlotWrite,
  value: unknown,
): void {
  try {
    if (type.inline) type.write(view, at, value);
  } catch (error) {
    throw atSlot(error, schema.name, name);
  }
}

function writeBitmap(view: DataView, offset: number, width: 1 | 2 | 4 | 8, low: number, high: number): void {
  switch (width) {
    case 1:
      view.setUint8(offset, low);
      break;
    case 2:
      view.setUint16(offset, low, true);
      break;
    case 4:
      view.setUint32(offset, low, true);
      break;
    case 8:
      view.setUint32(offset, low, true);
      view.setUint32(offset + 4, high, true);
      break;
  }
}

function missingSlot(schema: WritableSchema, name: string, found: unknown): unknown {
  const advice = 'give it a value, or declare it .optional()';
  return atSlot(
    new InvalidTypeError(`expected a value, as every record must have one; found ${found}; ${advice}`),
    schema.name,
    name,
  );
}
