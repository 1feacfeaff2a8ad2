/** The value class of `t.ndarray`: an array of any number of dimensions, as numpy has them. */
import { ClosedError, describe, InvalidTypeError, OutOfRangeError, TooLargeError } from '../errors.js';
import type { DType } from './ndarray-dtype.js';
import { type ItemCodec, itemCodec, type NdItem } from './ndarray-items.js';

/** The typed arrays that hold the items of an array. */
export type NdData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Items in nested arrays, one level for each dimension. */
export type NdNested = Nested<NdItem>;

type Nested<T> = T | Nested<T>[];

/** How the items of an array lie. */
export interface NdArrayOptions {
  /** The type of the items. Default: that of `data`. Where it is given, `data` may also be the bytes of the items. */
  dtype?: DType;
  /** The length along each dimension. Default: one dimension. */
  shape?: readonly number[];
}

type DataConstructor = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NdData;
};

/** Typed arrays by the type of their items. Booleans are bytes here. */
const dataClasses: ReadonlyMap<DType, DataConstructor> = new Map<DType, DataConstructor>([
  ['|b1', Uint8Array],
  ['|i1', Int8Array],
  ['|u1', Uint8Array],
  ['<i2', Int16Array],
  ['<u2', Uint16Array],
  ['<i4', Int32Array],
  ['<u4', Uint32Array],
  ['<i8', BigInt64Array],
  ['<u8', BigUint64Array],
  ['<f4', Float32Array],
  ['<f8', Float64Array],
]);

/** Item types by the name of the typed array; some runtimes have 16-bit floats. */
const typesOfData: ReadonlyMap<string, string> = new Map([
  ['Int8Array', '|i1'],
  ['Uint8Array', '|u1'],
  ['Uint8ClampedArray', '|u1'],
  ['Int16Array', '<i2'],
  ['Uint16Array', '<u2'],
  ['Int32Array', '<i4'],
  ['Uint32Array', '<u4'],
  ['BigInt64Array', '<i8'],
  ['BigUint64Array', '<u8'],
  ['Float16Array', '<f2'],
  ['Float32Array', '<f4'],
  ['Float64Array', '<f8'],
]);

/** As numpy. */
const maxDimensions = 64;
/** Nested arrays without a single item are made up to this number: a shape such as [2 ** 50, 0] takes no data. */
const maxEmptyArrays = 1_000_000;

let markView: (array: NdArray) => NdArray;

/**
 * An array of one type of items, in any number of dimensions, the last one varying fastest. Where JavaScript has a typed array
 * for the items (and they lie at a multiple of their size), `data` is one over the file itself: nothing is copied. Other types
 * (16-bit floats, complex numbers, big-endian ones, text, bytes, structured ones) have their bytes in `data`; `get`, `values`
 * and `toArray` read all of them.
 *
 * `data` over a file stops working (its length becomes 0) when the container is closed.
 */
export class NdArray {
  /** The type of the items, as numpy writes it. */
  readonly dtype: DType;
  /** The length along each dimension; empty for a single item. */
  readonly shape: readonly number[];
  /** For each dimension how far apart neighbours are, in elements of `data`. */
  readonly strides: readonly number[];
  /** The items one after another, or their bytes where there is no typed array for them. */
  readonly data: NdData;
  /** Number of items. */
  readonly size: number;

  readonly #codec: ItemCodec;
  #view: DataView | undefined;
  #isView = false;

  static {
    markView = (array) => {
      array.#isView = true;
      return array;
    };
  }

  /**
   * @param data a typed array; it is used, not copied, unless it must be for its alignment
   * @throws InvalidTypeError, OutOfRangeError, and UnsupportedError for item types such as objects or `datetime64`
   */
  constructor(data: NdData | Uint8ClampedArray, options: NdArrayOptions = {}) {
    const ownType = typeOfData(data);
    if (ownType === undefined)
      throw new InvalidTypeError(`expected a typed array (ndarray), found ${describe(data)}`);
    this.#codec = itemCodec(options.dtype ?? ownType);
    this.dtype = this.#codec.dtype;
    if (this.dtype !== ownType && ownType !== '|u1') {
      throw new InvalidTypeError(`expected the bytes of ${describe(this.dtype)}, found ${describe(data)}`);
    }
    this.size = data.byteLength / this.#codec.size;
    this.shape = Object.freeze(shapeFor(this.size, this.#codec.size, options.shape));
    this.data = dataFor(this.dtype, data);
    this.strides = Object.freeze(stridesOf(this.shape, this.#codec.size / this.data.BYTES_PER_ELEMENT));
  }

  /**
   * An array of any type from its items, the last dimension varying fastest.
   * @throws InvalidTypeError, OutOfRangeError where an item does not fit the type
   */
  static from(items: Iterable<NdItem>, dtype: DType, shape?: readonly number[]): NdArray {
    const list = Array.isArray(items) ? (items as NdItem[]) : Array.from(items);
    const codec = itemCodec(dtype);
    const bytes = new Uint8Array(list.length * codec.size);
    const view = new DataView(bytes.buffer);
    list.forEach((item, index) => {
      codec.write(view, index * codec.size, item);
    });
    return new NdArray(bytes, shape === undefined ? { dtype } : { dtype, shape });
  }

  /** Whether `data` lies in the file; else it is a copy, or the caller's. */
  get isView(): boolean {
    return this.#isView;
  }

  /** Bytes of one item. */
  get itemSize(): number {
    return this.#codec.size;
  }

  /**
   * The item at these indexes, one for each dimension.
   * @throws OutOfRangeError where there is no such item
   */
  get(...indexes: number[]): NdItem {
    const { shape } = this;
    if (indexes.length !== shape.length) {
      throw new OutOfRangeError(`expected ${shape.length} indexes, found ${indexes.length}`);
    }
    let item = 0;
    for (const [dimension, length] of shape.entries()) {
      const index = indexes[dimension] as number;
      if (!(Number.isInteger(index) && index >= 0 && index < length)) {
        throw new OutOfRangeError(`expected an index from 0 to ${length - 1}, found ${describe(index)}`);
      }
      item = item * length + index;
    }
    return this.#itemAt(item);
  }

  /** All items, the last dimension varying fastest. */
  *values(): Generator<NdItem, void, undefined> {
    for (let item = 0; item < this.size; item++) yield this.#itemAt(item);
  }

  /** The items in nested arrays; the item alone where there are no dimensions. */
  toArray(): NdNested {
    return this.#nestedItems((item) => item);
  }

  /** {@link toArray} with what JSON can say: integers beyond 2^53 as strings, bytes as base64. */
  toJSON(): unknown {
    return this.#nestedItems(jsonItem);
  }

  #nestedItems<T>(convert: (item: NdItem) => T): Nested<T> {
    const { shape, strides, itemSize } = this;
    if (this.size === 0 && shape.reduce((count, length) => count * (length || 1), 1) > maxEmptyArrays) {
      throw new TooLargeError(`nested arrays of the shape ${shape.join(' x ')} are too many`);
    }
    const steps = strides.map((stride) => (stride * this.data.BYTES_PER_ELEMENT) / itemSize);
    const nest = (dimension: number, first: number): Nested<T> => {
      const length = shape[dimension];
      const step = steps[dimension];
      if (length === undefined || step === undefined) return convert(this.#itemAt(first));
      return Array.from({ length }, (_, index) => nest(dimension + 1, first + index * step));
    };
    return nest(0, 0);
  }

  #itemAt(item: number): NdItem {
    const { data } = this;
    if (data.byteLength === 0) throw new ClosedError();
    this.#view ??= new DataView(data.buffer, data.byteOffset, data.byteLength);
    return this.#codec.read(this.#view, item * this.#codec.size);
  }
}

function jsonItem(item: NdItem): unknown {
  if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
  if (typeof item !== 'object') return item;
  if (item instanceof Uint8Array) return Buffer.from(item).toString('base64');
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, jsonItem(value as NdItem)]));
}

/** The type of a typed array's items; `undefined` for everything else. */
export function typeOfData(data: unknown): string | undefined {
  if (!ArrayBuffer.isView(data)) return undefined;
  return typesOfData.get((data as NdData)[Symbol.toStringTag]);
}

/** An array over bytes of a file. */
export function ndArrayOver(bytes: Uint8Array, options: NdArrayOptions): NdArray {
  const array = new NdArray(bytes, options);
  return array.data.buffer === bytes.buffer ? markView(array) : array;
}

/** The items as a typed array where there is one for them, in place where they are aligned; else their bytes. */
function dataFor(dtype: DType, data: NdData | Uint8ClampedArray): NdData {
  const Data = dataClasses.get(dtype) ?? Uint8Array;
  if (data instanceof Data) return data;
  const { buffer, byteOffset, byteLength } = data;
  const size = Data.BYTES_PER_ELEMENT;
  if (byteOffset % size === 0) return new Data(buffer, byteOffset, byteLength / size);
  const copy = new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
  return new Data(copy.buffer, 0, byteLength / size);
}

function shapeFor(size: number, itemSize: number, shape: readonly number[] = [size]): number[] {
  if (!Number.isInteger(size)) {
    throw new OutOfRangeError(`expected items of ${itemSize} bytes, found ${size * itemSize} bytes in all`);
  }
  if (!Array.isArray(shape) || shape.length > maxDimensions || !shape.every(isLength)) {
    throw new OutOfRangeError(
      `expected a shape of up to ${maxDimensions} lengths, found ${describeShape(shape)}`,
    );
  }
  if (shape.reduce((count, length) => count * length, 1) !== size) {
    throw new OutOfRangeError(`expected a shape for ${size} items, found ${describeShape(shape)}`);
  }
  return [...shape];
}

function isLength(length: unknown): boolean {
  return Number.isSafeInteger(length) && (length as number) >= 0;
}

function describeShape(shape: unknown): string {
  return Array.isArray(shape) && shape.length <= maxDimensions
    ? `[${shape.map(describe).join(', ')}]`
    : describe(shape);
}

/** @param unit what one item takes */
function stridesOf(shape: readonly number[], unit: number): number[] {
  const strides = new Array<number>(shape.length);
  let stride = unit;
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    strides[dimension] = stride;
    stride *= shape[dimension] as number;
  }
  return strides;
}
