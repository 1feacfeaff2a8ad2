/** Arrays of numpy: shape, type of the items, and a buffer of them. See docs/format.md, "Arrays of numpy". */
import type { Packer } from '../building/packer.js';
import { CorruptDataError, describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { describeTagged, isTaggedObject, type Tagged, untag } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { readBuffer, writeBuffer } from './buffer.js';
import { intListAt, writeIntList } from './int-list.js';
import { NdArray, type NdArrayOptions, type NdData, ndArrayOver, typeOfData } from './nd-array.js';
import { type DType, maxNesting, readDType, writeDType } from './ndarray-dtype.js';
import { itemCodec } from './ndarray-items.js';
import { writeSafeInteger } from './numbers.js';
import { type ValueType, valueType } from './pointer.js';
import { registerRtti } from './rtti.js';

/** Two offsets, relative to themselves: of the item type and of the data. A shape follows where there is one. */
const headerSize = 16;
/** The data of our files start at a multiple of this where the record does, so that they can be read in place. */
const dataAlignment = 8;
const maxShapeLength = 64;

function read(region: Region, position: number): NdArray {
  const dtypeOffset = region.readSize(position, 'the header of an array');
  const dataOffset = region.readSize(position + 8, 'the header of an array');
  const options: NdArrayOptions = { dtype: readDType(region, position + dtypeOffset) };
  // the one sign of a shape is that the item type does not follow the header
  if (dtypeOffset !== headerSize) options.shape = readShape(region, position + headerSize);
  const data = readBuffer(region, position + dataOffset);
  try {
    return ndArrayOver(data, options);
  } catch (error) {
    if (!(error instanceof OutOfRangeError)) throw error;
    throw new CorruptDataError(`an array does not fit its data: ${error.message}`, position);
  }
}

function readShape(region: Region, position: number): number[] {
  const list = intListAt(region, position, 'the shape of an array');
  if (list.length > maxShapeLength)
    throw new CorruptDataError(`an array has ${list.length} dimensions`, position);
  return Array.from({ length: list.length }, (_, index) => list.at(index));
}

function append(packer: Packer, value: NdArray | NdData | Uint8ClampedArray): void {
  const array = toNdArray(value);
  const { data, shape, dtype } = array;
  const start = packer.length;
  packer.reserve(headerSize);
  packer.length += headerSize;
  if (shape.length !== 1) {
    writeIntList(packer, shape);
    packer.align(dataAlignment);
  }
  const dtypeOffset = packer.length - start;
  writeDType(packer, dtype);
  packer.align(dataAlignment);
  const dataOffset = packer.length - start;
  writeBuffer(packer, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  writeSafeInteger(packer.view, start, dtypeOffset);
  writeSafeInteger(packer.view, start + 8, dataOffset);
}

function toNdArray(value: unknown): NdArray {
  if (value instanceof NdArray) return value;
  if (typeOfData(value) !== undefined) return new NdArray(value as NdData);
  const advice = Array.isArray(value) ? '; Float64Array.from(array) makes one of numbers' : '';
  throw new InvalidTypeError(
    `expected an NdArray or a typed array (ndarray), found ${describe(value)}${advice}`,
  );
}

function readExact(region: Region, position: number): Tagged {
  const array = read(region, position);
  const codec = itemCodec(array.dtype);
  const data = Array.from(array.values(), (item) => codec.toTagged(item));
  return { $ndarray: { dtype: array.dtype as Tagged, shape: [...array.shape], data } };
}

function fromExact(tagged: Tagged): NdArray {
  const array = untag(tagged, '$ndarray');
  if (
    array === undefined ||
    !isTaggedObject(array) ||
    !Array.isArray(array.data) ||
    !Array.isArray(array.shape)
  ) {
    throw new InvalidTypeError(
      `an array is expected, {"$ndarray": {"dtype", "shape", "data"}}, not ${describeTagged(tagged)}`,
    );
  }
  const dtype = fromTaggedDType(array.dtype ?? null, 0);
  const codec = itemCodec(dtype);
  const items = array.data.map((item) => codec.fromTagged(item));
  return NdArray.from(items, dtype, array.shape as number[]);
}

function fromTaggedDType(tagged: Tagged, depth: number): DType {
  if (typeof tagged === 'string') return tagged;
  if (!Array.isArray(tagged) || depth > maxNesting) throw wrongDType(tagged);
  return tagged.map((field) => {
    if (!Array.isArray(field) || field.length !== 2 || typeof field[0] !== 'string') throw wrongDType(field);
    return [field[0], fromTaggedDType(field[1] as Tagged, depth + 1)] as const;
  });
}

function wrongDType(tagged: Tagged): Error {
  return new InvalidTypeError(`an item type as numpy writes it is expected, not ${describeTagged(tagged)}`);
}

/** Reads an array and, where not every pattern of bytes is an item, its items. */
function check(region: Region, position: number): NdArray {
  const array = read(region, position);
  if (!JSON.stringify(array.dtype).includes('U')) return array;
  for (const _item of array.values()) {
    // reading it is what checks it
  }
  return array;
}

/** An array as numpy has them; a typed array is stored as one of one dimension. Read in place where that is possible. */
export const ndarray: ValueType<NdArray, NdArray | NdData | Uint8ClampedArray> = valueType({
  name: 'ndarray',
  stored: 'proxied_ndarray',
  read,
  append,
  readExact,
  fromExact,
  check,
  isLarge: true,
});

registerRtti({
  code: 'n',
  type: ndarray,
  accepts: (value) => value instanceof NdArray || typeOfData(value) !== undefined,
  aligned: true,
});
