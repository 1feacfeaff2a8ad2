/** Writing dynamic values: the code that a value of unknown type gets, then the value. */
import type { Packer } from '../building/packer.js';
import { type WritableSchema, writeRecord } from '../building/record-writer.js';
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { Float } from './float.js';
import { writeSafeInteger } from './numbers.js';
import type { ValueType } from './pointer.js';
import { entries, entriesByCode, isNesting, numberSizes, type RttiEntry } from './rtti.js';
import { typecodeSize } from './sequence-format.js';
import { writeTypecode } from './sequence-output.js';
import type { StructSchema } from './struct.js';
import { codeOfStruct, structOf } from './struct-registry.js';
import { writeBytes, writeText } from './text.js';
import { rtti } from './typecodes.js';

/** How dynamic values are found again that were stored before: by kind, so that 1, 1.0 and true stay apart. */
const shared = {
  integer: 'dynamic integer',
  float: 'dynamic float',
  float32: 'dynamic float32',
  bool: 'dynamic bool',
  text: 'dynamic text',
  bytes: 'dynamic bytes',
} as const;

/** Whether a number is stored as an integer where the place does not say: integral, safe, and not -0. */
export function isPlainInteger(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/**
 * Appends a value of unknown type; answers the position to point to. None is not a value here: it has a pointer of
 * its own.
 */
export function writeRtti(packer: Packer, value: unknown): number {
  switch (typeof value) {
    case 'string':
      return writeRttiText(packer, value);
    case 'number':
      return isPlainInteger(value) ? writeRttiInteger(packer, value) : writeRttiFloat(packer, value, false);
    case 'bigint':
      return writeRttiInteger(packer, value);
    case 'boolean':
      return writeRttiBool(packer, value);
    case 'object':
      if (value !== null) return writeObject(packer, value);
  }
  throw new InvalidTypeError(`expected a value that can be stored, found ${describe(value)}`);
}

function writeObject(packer: Packer, value: object): number {
  if (value instanceof Float) return writeRttiFloat(packer, value.value, false);
  if (value instanceof Uint8Array) return writeRttiBytes(packer, value);
  const schema = structOf(value);
  if (schema !== undefined) return writeRttiStruct(packer, schema, value);
  for (const entry of entries) if (entry.accepts(value)) return writeRttiEntry(packer, entry, value);
  throw new InvalidTypeError(
    `expected a value that can be stored, found ${describe(value)}; records need Schema.of(…), dicts a Map or a ` +
      `plain object`,
  );
}

function writeRttiEntry(packer: Packer, entry: RttiEntry, value: unknown): number {
  const code = entry.code.charCodeAt(0);
  if (isNesting(entry.type)) return entry.type.store(packer, value, code);
  return writeRttiValue(packer, entry, code, value);
}

/** Appends a value of a type that has a typecode; answers the position to point to. */
export function writeRttiOfCode(packer: Packer, code: number, value: unknown): number {
  if (code === rtti.text) return writeRttiText(packer, value as string);
  if (code === rtti.bytes) return writeRttiBytes(packer, value as Uint8Array);
  return writeRttiEntry(packer, entriesByCode[code] as RttiEntry, value);
}

function writeRttiValue(packer: Packer, entry: RttiEntry, code: number, value: unknown): number {
  const before = packer.shared.find(entry, value);
  if (before !== undefined) return before;
  if (entry.aligned) packer.align(8);
  const { position } = packer;
  writeTypecode(packer, code);
  (entry.type as ValueType<unknown, unknown>).append(packer, value);
  // numbers are not found again: 0 and -0 are one key of a Map
  if (typeof value !== 'number') packer.shared.add(entry, value, position);
  return position;
}

function writeRttiText(packer: Packer, value: string): number {
  const before = packer.shared.find(shared.text, value);
  if (before !== undefined) return before;
  const { position } = packer;
  writeTypecode(packer, rtti.text);
  writeText(packer, value);
  packer.shared.add(shared.text, value, position);
  return position;
}

function writeRttiBytes(packer: Packer, value: Uint8Array): number {
  if (!(value instanceof Uint8Array)) {
    throw new InvalidTypeError(`expected a Uint8Array (bytes), found ${describe(value)}`);
  }
  // short ones are found again by content
  const key = value.length <= 64 ? latin1(value) : value;
  const before = packer.shared.find(shared.bytes, key);
  if (before !== undefined) return before;
  const { position } = packer;
  writeTypecode(packer, rtti.bytes);
  writeBytes(packer, value);
  packer.shared.add(shared.bytes, key, position);
  return position;
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

/** The code that Python gives an integer: the first of these that holds it. */
function codeOfInteger(value: number | bigint): number {
  if (value >= -0x80 && value <= 0x7f) return rtti.int8;
  if (value >= 0 && value <= 0xff) return rtti.uint8;
  if (value >= -0x8000 && value <= 0x7fff) return rtti.int16;
  if (value >= 0 && value <= 0xffff) return rtti.uint16;
  if (value >= -(2 ** 31) && value < 2 ** 31) return rtti.int32;
  if (value >= 0 && value < 2 ** 32) return rtti.uint32;
  if (value >= -(2n ** 63n) && value < 2n ** 63n) return rtti.int64;
  if (value >= 0 && value < 2n ** 64n) return rtti.uint64;
  throw new OutOfRangeError(`expected an integer of at most 64 bits, found ${describe(value)}`);
}

export function writeRttiInteger(packer: Packer, value: number | bigint): number {
  const small = Number(value);
  const key = Number.isSafeInteger(small) ? small : value;
  const before = packer.shared.find(shared.integer, key);
  if (before !== undefined) return before;
  const { position } = packer;
  const code = codeOfInteger(key);
  const at = startNumber(packer, code);
  switch (numberSizes[code]) {
    case 1:
      packer.view.setInt8(at, small);
      break;
    case 2:
      packer.view.setInt16(at, small, true);
      break;
    case 4:
      packer.view.setInt32(at, small, true);
      break;
    default:
      if (typeof key === 'number') writeSafeInteger(packer.view, at, key);
      else packer.view.setBigUint64(at, BigInt.asUintN(64, key), true);
  }
  packer.shared.add(shared.integer, key, position);
  return position;
}

export function writeRttiFloat(packer: Packer, value: number, isSingle: boolean): number {
  const storage = isSingle ? shared.float32 : shared.float;
  // 0 and -0 are one key of a Map
  const before = value === 0 ? undefined : packer.shared.find(storage, value);
  if (before !== undefined) return before;
  const { position } = packer;
  const at = startNumber(packer, isSingle ? rtti.float32 : rtti.float64);
  if (isSingle) packer.view.setFloat32(at, value, true);
  else packer.view.setFloat64(at, value, true);
  if (value !== 0) packer.shared.add(storage, value, position);
  return position;
}

export function writeRttiBool(packer: Packer, value: boolean): number {
  const before = packer.shared.find(shared.bool, value);
  if (before !== undefined) return before;
  const { position } = packer;
  const at = startNumber(packer, rtti.bool);
  packer.view.setUint8(at, value ? 1 : 0);
  packer.shared.add(shared.bool, value, position);
  return position;
}

/** Appends a code with zeros for the number to come, 8 or 16 bytes in all; answers the offset of the number. */
function startNumber(packer: Packer, code: number): number {
  packer.reserve(16);
  const { view, length } = packer;
  view.setUint32(length, code, true);
  view.setUint32(length + 4, 0, true);
  packer.length = length + 8;
  if (numberSizes[code] === 8) {
    writeSafeInteger(view, length + 8, 0);
    packer.length = length + 16;
  }
  return length + 1;
}

/** Schemas as they are known behind a typecode, so that records stored without one are not taken for these. */
const wrappedSchemas = new WeakMap<StructSchema, WritableSchema>();

/** Appends a record with its typecode; answers the position to point to. */
export function writeRttiStruct(packer: Packer, schema: StructSchema, value: object): number {
  const code = codeOfStruct(schema);
  packer.structs.add(schema);
  let wrapped = wrappedSchemas.get(schema);
  if (wrapped === undefined) {
    wrapped = { name: schema.name, layout: schema.layout, writes: schema.writes };
    wrappedSchemas.set(schema, wrapped);
  }
  const before = packer.shared.find(wrapped, value);
  if (before !== undefined) return before - typecodeSize;
  alignAfterTypecode(packer, schema.layout.alignment);
  writeTypecode(packer, code);
  return writeRecord(packer, wrapped, value) - typecodeSize;
}

/** Pads so that what follows a typecode lies at a multiple of `alignment`. */
function alignAfterTypecode(packer: Packer, alignment: number): void {
  const padding = packer.paddingTo(alignment, typecodeSize);
  packer.reserve(padding);
  packer.bytes.fill(0, packer.length, packer.length + padding);
  packer.length += padding;
}
