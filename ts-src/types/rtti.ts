/**
 * Dynamic values: a typecode, then the value. Numbers follow their code at once, everything else starts 8 bytes after
 * it. The types of values larger than numbers enter themselves here, each from its own file. See docs/format.md,
 * "Dynamic values".
 */
import type { Packer } from '../building/packer.js';
import { type WritableSchema, writeRecord } from '../building/record-writer.js';
import {
  CorruptDataError,
  describe,
  InvalidTypeError,
  OutOfRangeError,
  SharedBuffersError,
  UnsupportedError,
} from '../errors.js';
import { type Tagged, taggedBytes, taggedFloat, taggedInt } from '../exact/tagged.js';
import type { Region } from '../region.js';
import type { Budget } from './budget.js';
import { Float } from './float.js';
import { writeSafeInteger } from './numbers.js';
import type { ValueType } from './pointer.js';
import { type IntegerMode, numberOfCode, typecodeSize, writeTypecode } from './sequence-format.js';
import type { Findings, PointerType } from './slot-type.js';
import type { StructSchema } from './struct.js';
import { codeOfStruct, structByCode, structOf } from './struct-registry.js';
import { writeBytes, writeText } from './text.js';
import { rtti, showCode } from './typecodes.js';

/** A type whose values hold dynamic values; reads pay from the budget of the value that they lie within. */
export interface NestingType<Read, Write> extends PointerType<Read, Write> {
  readIn(region: Region, position: number, depth: number, budget: Budget): Read;
  exactIn(region: Region, position: number, depth: number, budget: Budget): Tagged;
  /** Appends what the value holds, then a typecode (none for 0) and the value; answers the position to point to. */
  store(packer: Packer, value: Write, typecode: number): number;
}

export interface RttiEntry {
  /** The typecode, one character. */
  readonly code: string;
  // biome-ignore lint/suspicious/noExplicitAny: a table of types of all kinds of values
  readonly type: ValueType<any, any> | NestingType<any, any>;
  /** Whether a value of unknown type is stored as this one. Asked in the order of registration. */
  accepts(value: object): boolean;
  /** Whether the value is to start at a multiple of 8, for reading in place. */
  readonly aligned?: boolean;
}

const entriesByCode: (RttiEntry | undefined)[] = [];
const codesByStoredName = new Map<string, number>();
const entries: RttiEntry[] = [];

/** Enters a type into the table of dynamic values. Each code is entered once, by the file of its type. */
export function registerRtti(entry: RttiEntry): void {
  const code = entry.code.charCodeAt(0);
  entriesByCode[code] = entry;
  codesByStoredName.set(String(entry.type.storedType()), code);
  entries.push(entry);
}

/** The typecode of values of a type, by the type's stored name; `undefined` where there is none. */
export function codeOfStoredName(name: string): number | undefined {
  return codesByStoredName.get(name);
}

/** The type of values with a typecode, as far as it is in the table. */
export function typeOfCode(code: number): RttiEntry['type'] | undefined {
  return entriesByCode[code]?.type;
}

function isNesting(type: RttiEntry['type']): type is NestingType<unknown, unknown> {
  return 'store' in type;
}

/** Bytes after the code of a number, or 0 for what is none. */
const numberSizes = new Uint8Array(256);
for (const code of [rtti.uint8, rtti.int8]) numberSizes[code] = 1;
for (const code of [rtti.uint16, rtti.int16]) numberSizes[code] = 2;
for (const code of [rtti.uint32, rtti.int32, rtti.float32]) numberSizes[code] = 4;
for (const code of [rtti.uint64, rtti.int64, rtti.float64]) numberSizes[code] = 8;

/** The typecode at a position. */
export function typecodeAt(region: Region, position: number): number {
  region.requireRange(position, 2, 'a dynamic value');
  const { view, start } = region.windowAt(position);
  return view.getUint8(position - start);
}

function numberIn(region: Region, position: number, code: number, mode: IntegerMode): number | bigint {
  region.requireRange(position, 1 + (numberSizes[code] as number), 'a dynamic number');
  const { view, start } = region.windowAt(position);
  return numberOfCode(view, position - start + 1, code, mode);
}

function boolIn(region: Region, position: number): boolean {
  const { view, start } = region.windowAt(position);
  return view.getUint8(position - start + 1) !== 0;
}

/** Reads the dynamic value at a position. */
export function readRtti(
  region: Region,
  position: number,
  depth: number,
  budget: Budget,
  mode: IntegerMode = 'either',
): unknown {
  const code = typecodeAt(region, position);
  if (numberSizes[code] !== 0) return numberIn(region, position, code, mode);
  const value = position + typecodeSize;
  switch (code) {
    case rtti.bool:
      return boolIn(region, position);
    case rtti.text:
      return readText(region, value, budget);
    case rtti.bytes:
      return readBytes(region, value, budget);
  }
  const type = typeOfCode(code);
  if (type !== undefined) {
    return isNesting(type) ? type.readIn(region, value, depth, budget) : type.read(region, value, depth);
  }
  return schemaOfCode(code, position).reader.proxyAt(region, value);
}

export function readText(region: Region, position: number, budget: Budget): string {
  const value = region.readText(position);
  budget.takeUnits(value.length);
  return value;
}

export function readBytes(region: Region, position: number, budget: Budget): Uint8Array {
  const value = region.readBytes(position);
  budget.takeUnits(value.length);
  return value;
}

function schemaOfCode(code: number, position: number): StructSchema {
  const schema = structByCode(code);
  if (schema !== undefined) return schema;
  throw new UnsupportedError(
    `the value at offset ${position} has the typecode ${showCode(code)}, which no schema is registered for ` +
      `(Schema.register)`,
  );
}

/** Reads the dynamic value at a position as tagged JSON. */
export function exactRtti(region: Region, position: number, depth: number, budget: Budget): Tagged {
  const code = typecodeAt(region, position);
  if (numberSizes[code] !== 0) return taggedNumber(numberIn(region, position, code, 'either'), code);
  const value = position + typecodeSize;
  switch (code) {
    case rtti.bool:
      return boolIn(region, position);
    case rtti.text:
      return readText(region, value, budget);
    case rtti.bytes:
      return taggedBytes(readBytes(region, value, budget));
  }
  const type = typeOfCode(code);
  if (type !== undefined) {
    return isNesting(type)
      ? type.exactIn(region, value, depth, budget)
      : type.readExact(region, value, depth);
  }
  return schemaOfCode(code, position).reader.exactAt(region, value, depth);
}

/** A number that was stored with a code, as tagged JSON. */
export function taggedNumber(value: number | bigint, code: number): Tagged {
  return code === rtti.float64 || code === rtti.float32 ? taggedFloat(Number(value)) : taggedInt(value);
}

/** What `verify` has looked at, so that shared values are looked at once. */
const dynamicValues = {};

/** Checks the dynamic value at a position and everything that it holds. */
export function verifyRtti(region: Region, position: number, depth: number, findings: Findings): void {
  if (!findings.firstVisit(dynamicValues, position)) return;
  try {
    const code = typecodeAt(region, position);
    const value = position + typecodeSize;
    if (numberSizes[code] !== 0) numberIn(region, position, code, 'either');
    else if (code === rtti.text) region.readText(value);
    else if (code === rtti.bytes) region.readBytes(value);
    else if (code !== rtti.bool) {
      const type = typeOfCode(code);
      if (type !== undefined) type.verify(region, value, depth, findings);
      else schemaOfCode(code, position).reader.verifyAt(region, value, depth, findings);
    }
  } catch (error) {
    reportFinding(error, position, findings);
  }
}

/** Turns what a read threw into a finding. */
export function reportFinding(error: unknown, position: number, findings: Findings): void {
  if (!(error instanceof SharedBuffersError)) throw error;
  const offset = error instanceof CorruptDataError ? error.offset : undefined;
  findings.add(offset ?? position, error.message);
}

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
  let wrapped = wrappedSchemas.get(schema);
  if (wrapped === undefined) {
    wrapped = { name: schema.name, layout: schema.layout, required: schema.required };
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
  const padding = (alignment - ((packer.position + typecodeSize - packer.origin) % alignment)) % alignment;
  packer.reserve(padding);
  packer.bytes.fill(0, packer.length, packer.length + padding);
  packer.length += padding;
}

/** Whether an object can be stored as a dict, having no class of its own. */
export function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
