/** Choosing how the items of a sequence are stored, and writing them so. */
import type { Packer } from '../building/packer.js';
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { atMember } from './collection.js';
import { Float } from './float.js';
import type { Member } from './members.js';
import { isPlainInteger } from './rtti-writing.js';
import { codeOfTypedArray, isFloatCode, noneItem, type TypedArray } from './sequence-format.js';
import {
  appendFloats,
  appendIntegers,
  appendPointers,
  appendTypedArray,
  codeOfRange,
} from './sequence-output.js';
import { item } from './typecodes.js';

/** The kinds of values that a scan tells apart, as bits. */
const integers = 1;
const bigints = 2;
const fractions = 4;
const wrappedFloats = 8;
const others = 16;

/** The range of the integers that the last scan met, 0 included. */
let scannedMin: number | bigint = 0;
let scannedMax: number | bigint = 0;

/** Which kinds of values there are; stops at the first that only a pointer can lead to. */
function scan(values: ArrayLike<unknown>): number {
  let kinds = 0;
  let min = 0;
  let max = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'number') {
      if (isPlainInteger(value)) {
        kinds |= integers;
        if (value < min) min = value;
        else if (value > max) max = value;
      } else {
        kinds |= fractions;
      }
    } else if (typeof value === 'bigint') {
      kinds |= bigints;
    } else if (value instanceof Float) {
      kinds |= wrappedFloats;
    } else {
      return others;
    }
  }
  scannedMin = min;
  scannedMax = max;
  if ((kinds & bigints) !== 0) widenScan(values);
  return kinds;
}

function widenScan(values: ArrayLike<unknown>): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value !== 'bigint') continue;
    if (value < scannedMin) scannedMin = value;
    else if (value > scannedMax) scannedMax = value;
  }
}

/** A scan for what most lists of numbers hold, integers of 32 bits; not all kinds of them: -0 is a fraction. */
function areNarrow(values: ArrayLike<unknown>, range: readonly [min: number, max: number]): boolean {
  let min = 0;
  let max = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value !== 'number' || (value | 0) !== value || Object.is(value, -0)) return false;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  scannedMin = min;
  scannedMax = max;
  return min >= range[0] && max <= range[1];
}

/** Whether a scan met integers alone (nothing at all counts as that). */
function areIntegers(kinds: number): boolean {
  return (kinds & ~(integers | bigints)) === 0;
}

/**
 * Whether a scan met floats: what says that it is one, or plain numbers of which one has a fraction. An integer
 * beside floats that are wrapped stays an integer.
 */
function areFloats(kinds: number): boolean {
  if ((kinds & (bigints | others)) !== 0) return false;
  return (kinds & fractions) !== 0 || kinds === wrappedFloats;
}

/** What the items of a sequence are, when they are of one type. */
export type ItemForm = 'integers' | 'floats' | 'values';

/** Decides how values are stored, and checks those that are not checked one by one when they are written. */
export function formOf(values: ArrayLike<unknown>, member: Member): ItemForm {
  switch (member.kind) {
    case 'any': {
      const kinds = scan(values);
      if (areIntegers(kinds))
        return codeOfRange(scannedMin, scannedMax) === undefined ? 'values' : 'integers';
      return areFloats(kinds) ? 'floats' : 'values';
    }
    case 'integer':
      return integerForm(values, member);
    case 'float':
      return floatForm(values, member);
    default:
      return 'values';
  }
}

function integerForm(values: ArrayLike<unknown>, member: Member): ItemForm {
  const kinds = scan(values);
  const [min, max] = member.range;
  if (areIntegers(kinds) && scannedMin >= min && scannedMax <= max) return 'integers';
  if (member.isNullable && hasNull(values)) return 'values';
  checkEach(values, (value) => member.checkInteger(value));
  return 'values';
}

function floatForm(values: ArrayLike<unknown>, member: Member): ItemForm {
  if (member.isNullable && hasNull(values)) return 'values';
  if (member.isSingle || !areNumbers(values)) checkEach(values, (value) => member.checkFloat(value));
  return 'floats';
}

function areNumbers(values: ArrayLike<unknown>): boolean {
  for (let index = 0; index < values.length; index++) if (typeof values[index] !== 'number') return false;
  return true;
}

function checkEach(values: ArrayLike<unknown>, check: (value: unknown) => unknown): void {
  for (let index = 0; index < values.length; index++) {
    try {
      check(values[index]);
    } catch (error) {
      throw atMember(error, `item ${index}`);
    }
  }
}

function hasNull(values: ArrayLike<unknown>): boolean {
  for (let index = 0; index < values.length; index++) if (values[index] === null) return true;
  return false;
}

/** The places of a sequence: one type for all, or one for each. */
export interface Places {
  /** The type of all items, where it is one. */
  readonly uniform: Member | undefined;
  at(index: number): Member;
}

/**
 * Appends a sequence: members where they are values, a typecode, the sequence; answers the position to point to.
 * @param isView whether it is read in place, by types that take the very long form
 */
export function appendSequence(
  packer: Packer,
  values: ArrayLike<unknown>,
  places: Places,
  typecode: number,
  isView: boolean,
): number {
  const { uniform } = places;
  const narrow = uniform?.narrowRange;
  if (narrow !== undefined && areNarrow(values, narrow)) {
    return appendScannedIntegers(packer, typecode, values as never, isView);
  }
  const form = uniform === undefined ? mixedForm(values, places) : formOf(values, uniform);
  if (form === 'integers') return appendScannedIntegers(packer, typecode, values as never, isView);
  if (form === 'floats') {
    const code = uniform?.isSingle ? item.float32 : item.float64;
    return appendFloats(packer, typecode, values as ArrayLike<number | Float>, code);
  }
  return appendPointers(packer, typecode, writeMembers(packer, values, places));
}

/** Tuples with a type for each place are stored as Python would: by what the items are. */
function mixedForm(values: ArrayLike<unknown>, places: Places): ItemForm {
  let areAllIntegers = true;
  let areAllFloats = true;
  for (let index = 0; index < values.length; index++) {
    const { kind } = places.at(index);
    areAllIntegers &&= kind === 'integer';
    areAllFloats &&= kind === 'float' && !places.at(index).isSingle;
  }
  if (!areAllIntegers && !areAllFloats) return 'values';
  if (hasNull(values)) return 'values';
  for (let index = 0; index < values.length; index++) {
    const place = places.at(index);
    checkEach([values[index]], (value) =>
      areAllFloats ? place.checkFloat(value) : place.checkInteger(value),
    );
  }
  if (areAllFloats) return 'floats';
  scan(values);
  return codeOfRange(scannedMin, scannedMax) === undefined ? 'values' : 'integers';
}

/** Integers of the last scan. */
export function appendScannedIntegers(
  packer: Packer,
  typecode: number,
  values: ArrayLike<number | bigint>,
  isView: boolean,
): number {
  const code = codeOfRange(scannedMin, scannedMax) as number;
  return appendIntegers(packer, typecode, values, code, isView);
}

/** The range of the integers that `formOf` met last. */
export function scannedRange(): readonly [min: number | bigint, max: number | bigint] {
  return [scannedMin, scannedMax];
}

/** Writes the members that are to be pointed to; answers their positions. */
export function writeMembers(packer: Packer, values: ArrayLike<unknown>, places: Places): number[] {
  const positions: number[] = [];
  let index = 0;
  try {
    for (; index < values.length; index++) {
      const value = values[index];
      const member = places.uniform ?? places.at(index);
      positions.push(value === null && member.isNullable ? noneItem : member.write(packer, value));
    }
  } catch (error) {
    throw atMember(error, `item ${index}`);
  }
  return positions;
}

/**
 * The code that keeps a typed array's width, where the members may be what it holds.
 * @throws InvalidTypeError, OutOfRangeError that name the first item that may not
 */
export function codeForTypedArray(array: TypedArray, member: Member): number {
  const code = codeOfTypedArray(array);
  if (code === undefined) throw new InvalidTypeError(`expected numbers, found ${describe(array)}`);
  if (member.kind === 'any') return code;
  if (isFloatCode(code) ? member.kind !== 'float' : member.kind !== 'integer') {
    throw new InvalidTypeError(`expected members of the type ${member.name}, found ${describe(array)}`);
  }
  if (member.kind === 'integer') checkTypedIntegers(array, member);
  else if (member.isSingle && code === item.float64) {
    throw new OutOfRangeError(`expected members of the type float32, found ${describe(array)}`);
  }
  return code;
}

function checkTypedIntegers(array: TypedArray, member: Member): void {
  const [min, max] = member.range;
  for (let index = 0; index < array.length; index++) {
    const value = array[index] as number | bigint;
    if (value < min || value > max) checkEach([value], (each) => member.checkInteger(each));
  }
}

export function appendTyped(packer: Packer, typecode: number, array: TypedArray, member: Member): number {
  return appendTypedArray(packer, typecode, array, codeForTypedArray(array, member));
}
