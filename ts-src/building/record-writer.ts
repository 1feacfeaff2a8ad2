/** Writing of one record: header, fixed fields, then what the pointers point to. See docs/format.md, "Records". */
import { atSlot, describe, InvalidTypeError, TooLargeError } from '../errors.js';
import { identityOf } from '../proxies/identity.js';
import type { Layout, SlotPlace } from '../schema/layout.js';
import { writeSafeInteger } from '../types/numbers.js';
import type { Packer } from './packer.js';

/** Records that nest deeper cannot be read back under the default limits. */
const maxDepth = 256;

/** What writing needs to know of a schema. */
export interface WritableSchema {
  readonly name: string;
  readonly layout: Layout;
  /** Names of the slots that every record must have, in no order. */
  readonly required: ReadonlySet<string>;
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
    const place = pending[index + 1] as SlotPlace;
    const target = writePointed(packer, schema, place, pending[index]);
    writeSafeInteger(packer.view, pending[index + 2] as number, target - position);
    packer.align(layout.alignment);
  }
  const equal = packer.equal?.findRecord(packer, schema, start, size, firstPending);
  packer.pendingCount = firstPending;
  return equal;
}

function writePointed(
  packer: Packer,
  schema: WritableSchema,
  { name, type }: SlotPlace,
  value: unknown,
): number {
  if (type.inline) throw new TypeError('a pointer slot was expected');
  try {
    // Records see to that themselves.
    if (packer.equal === undefined || 'schema' in type) return type.write(packer, value);
    return packer.equal.write(packer, type, value);
  } catch (error) {
    throw atSlot(error, schema.name, name);
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
  const { slots, headerBytes } = schema.layout;
  const { view, pending } = packer;
  let size = headerBytes;
  // Bits of slots 0 to 31, and of 32 to 63.
  const set: [number, number] = [0, 0];
  const none: [number, number] = [0, 0];
  for (const place of slots) {
    const { name, type, index } = place;
    const slotValue = value[name];
    if (slotValue === undefined || slotValue === null) {
      if (schema.required.has(name)) throw missingSlot(schema, name, slotValue);
      if (slotValue === undefined) continue;
      none[index >>> 5] = (none[index >>> 5] as number) | (1 << (index & 31));
    } else if (type.inline) {
      try {
        type.write(view, start + size, slotValue);
      } catch (error) {
        throw atSlot(error, schema.name, name);
      }
      size += type.size;
    } else {
      const last = packer.pendingCount;
      pending[last] = slotValue;
      pending[last + 1] = place;
      pending[last + 2] = start + size;
      packer.pendingCount = last + 3;
      size += type.size;
    }
    set[index >>> 5] = (set[index >>> 5] as number) | (1 << (index & 31));
  }
  writeBitmap(view, start, schema.layout.bitmapBytes, set);
  writeBitmap(view, start + schema.layout.bitmapBytes, schema.layout.bitmapBytes, none);
  return size;
}

function writeBitmap(
  view: DataView,
  offset: number,
  width: 1 | 2 | 4 | 8,
  [low, high]: [number, number],
): void {
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
