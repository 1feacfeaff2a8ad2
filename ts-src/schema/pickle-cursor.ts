import { CorruptDataError, TooLargeError } from '../errors.js';
import { Float } from '../types/float.js';

/** Longer integers are refused: nothing needs them, and their decimal form takes time to make. */
const maxIntegerBytes = 8192;
const maxIntegerDigits = 4300;

// `ignoreBOM` keeps a leading U+FEFF, which is text like any other
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** Reads the arguments of opcodes; every read is checked against the end. */
export class PickleCursor {
  position = 0;
  readonly #view: DataView;

  /** @param base position of the pickle in its file, for messages */
  constructor(
    readonly bytes: Uint8Array,
    readonly base: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  corrupt(what: string, position = this.position): CorruptDataError {
    return new CorruptDataError(`the pickled schema ${what}`, this.base + position);
  }

  /** Moves over so many bytes and answers where they start. */
  skip(size: number): number {
    const start = this.position;
    if (size > this.bytes.length - start) throw this.corrupt('ends too early');
    this.position = start + size;
    return start;
  }

  u8(): number {
    return this.#view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  /** A 64-bit length; what does not fit into the pickle is refused by whoever uses it. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.skip(8), true));
  }

  f64(): Float {
    return new Float(this.#view.getFloat64(this.skip(8), false));
  }

  take(size: number): Uint8Array {
    const start = this.skip(size);
    return this.bytes.subarray(start, start + size);
  }

  text(size: number): string {
    const start = this.position;
    return this.#decode(this.take(size), start);
  }

  /** Python 2's `str`: text where it is ASCII, as Python 3 takes it, and bytes otherwise. */
  oldString(size: number): string | Uint8Array {
    const bytes = this.take(size);
    return bytes.every((byte) => byte < 0x80) ? latin1(bytes) : bytes.slice();
  }

  /** A line without its end. */
  line(): string {
    const start = this.position;
    return this.#decode(this.#lineBytes(), start);
  }

  /** A line of protocol 0's text: Latin-1 with \u escapes. */
  escapedLine(): string {
    const start = this.position;
    const text = latin1(this.#lineBytes()).replace(
      /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g,
      (_, short, long) => {
        const code = Number.parseInt(short ?? long, 16);
        // what is no code point becomes a lone surrogate, and so is refused with those
        return String.fromCodePoint(code > 0x10ffff ? 0xd800 : code);
      },
    );
    if (!text.isWellFormed()) throw this.#notText('Unicode', start);
    return text;
  }

  /** A decimal integer; protocol 0 and 1 write booleans as `00` and `01`. */
  decimalInteger(): number | bigint | boolean {
    const start = this.position;
    const line = this.line().replace(/L$/, '');
    if (line === '00') return false;
    if (line === '01') return true;
    if (!/^[+-]?\d+$/.test(line)) throw this.corrupt('holds an integer that is none', start);
    if (line.length > maxIntegerDigits)
      throw new TooLargeError('the pickled schema holds an absurdly long integer');
    return shrink(BigInt(line.replace(/^\+/, '')));
  }

  /** An index in decimal. */
  decimalIndex(): number {
    const start = this.position;
    const value = this.decimalInteger();
    if (typeof value === 'number' && value >= 0) return value;
    // `01` is a fine index, though not as an integer
    if (typeof value === 'boolean') return Number(value);
    throw this.corrupt('holds an index that is none', start);
  }

  decimalFloat(): Float {
    const start = this.position;
    const line = this.line().trim();
    const special = {
      inf: Infinity,
      '+inf': Infinity,
      '-inf': -Infinity,
      nan: NaN,
      '+nan': NaN,
      '-nan': NaN,
    }[line];
    if (special === undefined && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(line)) {
      throw this.corrupt('holds a float that is none', start);
    }
    return new Float(special ?? Number(line));
  }

  /** A two's complement integer of so many bytes, least significant first. */
  integer(size: number): number | bigint {
    if (size > maxIntegerBytes) throw new TooLargeError('the pickled schema holds an absurdly long integer');
    const bytes = this.take(size);
    if (size === 0) return 0;
    const hex = Buffer.from(bytes).reverse().toString('hex');
    return shrink(BigInt.asIntN(size * 8, BigInt(`0x${hex}`)));
  }

  #lineBytes(): Uint8Array {
    const end = this.bytes.indexOf(10, this.position);
    if (end < 0) throw this.corrupt('ends within a line');
    const line = this.bytes.subarray(this.position, end);
    this.position = end + 1;
    return line;
  }

  #decode(bytes: Uint8Array, start: number): string {
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.#notText('UTF-8', start);
    }
  }

  #notText(encoding: string, start: number): CorruptDataError {
    const message = `the pickled schema holds text that is not ${encoding}`;
    return new CorruptDataError(message, this.base + start, 'ERR_SHAREDBUFFERS_ENCODING');
  }
}

function shrink(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}
