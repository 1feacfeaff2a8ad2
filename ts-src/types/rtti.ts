/**
 * Dynamic values: a typecode, then the value. Numbers follow their code at once, everything else starts 8 bytes after
 * it. The types of values larger than numbers enter themselves here, each from its own file. See docs/format.md,
 * "Dynamic values".
 */
import type { Packer } from '../building/packer.js';
import { UnsupportedError } from '../errors.js';
import { type Tagged, taggedBytes, taggedFloat, taggedInt } from '../exact/tagged.js';
import type { RecordReader } from '../proxies/reader.js';
import type { Region } from '../region.js';
import { type Budget, budgetOfCheck } from './budget.js';
import type { ValueType } from './pointer.js';
import { type IntegerMode, numberOfCode, typecodeSize } from './sequence-format.js';
import { type Findings, type PointerType, reportFinding } from './slot-type.js';
import { structReaderOf } from './struct-registry.js';
import { rtti, showCode } from './typecodes.js';
import { paid, paidExact } from './weight.js';

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

export const entriesByCode: (RttiEntry | undefined)[] = [];
const codesByStoredName = new Map<string, number>();
export const entries: RttiEntry[] = [];

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

export function isNesting(type: RttiEntry['type']): type is NestingType<unknown, unknown> {
  return 'store' in type;
}

/** Bytes after the code of a number, or 0 for what is none. */
export const numberSizes = new Uint8Array(256);
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
    if (isNesting(type)) return type.readIn(region, value, depth, budget);
    return paid(budget, type.read(region, value, depth));
  }
  return readerOfCode(region, code, position).proxyAt(region, value);
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

function readerOfCode(region: Region, code: number, position: number): RecordReader {
  const reader = structReaderOf(region, code);
  if (reader !== undefined) return reader;
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
      : paidExact(budget, type.readExact(region, value, depth));
  }
  return readerOfCode(region, code, position).exactAt(region, value, depth);
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
    else if (code === rtti.text) readText(region, value, budgetOfCheck(region, findings));
    else if (code === rtti.bytes) readBytes(region, value, budgetOfCheck(region, findings));
    else if (code !== rtti.bool) {
      const type = typeOfCode(code);
      if (type !== undefined) type.verify(region, value, depth, findings);
      else readerOfCode(region, code, position).verifyAt(region, value, depth, findings);
    }
  } catch (error) {
    reportFinding(error, position, findings);
  }
}

/** Whether an object can be stored as a dict, having no class of its own. */
export function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
