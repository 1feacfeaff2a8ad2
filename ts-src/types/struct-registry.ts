/**
 * Structs where the place does not say of which schema they are (`t.any`, members of collections): a typecode for
 * each schema, known to the whole process, and which schema an object belongs to.
 */
import { describe, InvalidTypeError } from '../errors.js';
import type { RecordReader } from '../proxies/reader.js';
import { RecordProxy, readerOf } from '../proxies/record.js';
import type { Region } from '../region.js';
import type { StructSchema } from './struct.js';
import { builtinCodes, showCode } from './typecodes.js';

const schemasByCode = new Map<number, StructSchema>();
const codesBySchema = new WeakMap<StructSchema, number>();
const schemasByObject = new WeakMap<object, StructSchema>();

/**
 * Gives a schema its typecode.
 * @param code an ASCII letter that has no meaning of its own, or a number from 0x80 to 0xff (as a character or number)
 * @throws InvalidTypeError where the code cannot be used or is taken, or the schema has another one
 */
export function registerStruct(schema: StructSchema, code: string | number): void {
  const number = checkCode(schema, code);
  const known = codesBySchema.get(schema);
  if (known !== undefined && known !== number) {
    throw new InvalidTypeError(`${schema.name}.register: it has the typecode ${showCode(known)} already`);
  }
  const other = schemasByCode.get(number);
  if (other !== undefined && other !== schema) {
    throw new InvalidTypeError(
      `${schema.name}.register: the typecode ${showCode(number)} belongs to ${other.name}`,
    );
  }
  schemasByCode.set(number, schema);
  codesBySchema.set(schema, number);
}

function checkCode(schema: StructSchema, code: string | number): number {
  const number = typeof code === 'string' && code.length === 1 ? code.charCodeAt(0) : code;
  const isFree = typeof number === 'number' && (isLetter(number) || (number >= 0x80 && number <= 0xff));
  if (isFree && Number.isInteger(number) && !builtinCodes.has(number)) return number;
  throw new InvalidTypeError(
    `${schema.name}.register: expected an ASCII letter that is no typecode of the format's own, or a code from ` +
      `0x80 to 0xff; found ${describe(code)}`,
  );
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Takes a typecode back; for tests, which describe many worlds in one process. */
export function unregisterStruct(schema: StructSchema): void {
  const code = codesBySchema.get(schema);
  if (code === undefined) return;
  codesBySchema.delete(schema);
  schemasByCode.delete(code);
}

export function structByCode(code: number): StructSchema | undefined {
  return schemasByCode.get(code);
}

/** @throws InvalidTypeError where the schema has none */
export function codeOfStruct(schema: StructSchema): number {
  const code = codesBySchema.get(schema);
  if (code !== undefined) return code;
  throw new InvalidTypeError(
    `${schema.name} has no typecode, which its records need where their type is stored with them ` +
      `(t.any, members of collections): call ${schema.name}.register('…') first`,
  );
}

/** The typecode of a schema; `undefined` where it has none. */
export function knownCodeOfStruct(schema: StructSchema): number | undefined {
  return codesBySchema.get(schema);
}

type ReaderOfCode = (code: number) => RecordReader | undefined;
const readersByRegion = new WeakMap<Region, ReaderOfCode>();

/** Says what the typecodes in a region mean, where its file says that itself or `open` was told. */
export function setRegionStructs(region: Region, readerOfCode: ReaderOfCode): void {
  readersByRegion.set(region, readerOfCode);
}

/** What reads the records with a typecode in a region; `undefined` where nobody knows it. */
export function structReaderOf(region: Region, code: number): RecordReader | undefined {
  const readerOfCode = readersByRegion.get(region);
  return readerOfCode === undefined ? schemasByCode.get(code)?.reader : readerOfCode(code);
}

/** The registered schemas that are called so. */
export function structByName(name: string): StructSchema | undefined {
  for (const schema of schemasByCode.values()) if (schema.name === name) return schema;
  return undefined;
}

/** Says that an object is a record of a schema; answers the object. */
export function markStruct<T extends object>(schema: StructSchema, value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidTypeError(`${schema.name}.of: expected an object, found ${describe(value)}`);
  }
  schemasByObject.set(value, schema);
  return value;
}

/** The schema that an object is known to belong to: a record that was read, or one that `Schema.of` was told of. */
export function structOf(value: object): StructSchema | undefined {
  const marked = schemasByObject.get(value);
  if (marked !== undefined) return marked;
  return RecordProxy.is(value) ? (readerOf(value).schema as StructSchema) : undefined;
}
