import { describe, InvalidTypeError, TooLargeError } from '../errors.js';
import { op } from './pickle-opcodes.js';

const utf8 = new TextEncoder();

/** The opcodes that make up a pickle of protocol 2, one after the other. */
export class PickleOutput {
  #bytes = Buffer.alloc(1024);
  #size = 0;

  constructor(readonly limit: number) {}

  finish(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#size));
  }

  op(code: number): void {
    const at = this.#room(1);
    this.#bytes[at] = code;
  }

  opU8(code: number, value: number): void {
    this.op(code);
    this.op(value);
  }

  opU16(code: number, value: number): void {
    this.op(code);
    const at = this.#room(2);
    this.#bytes.writeUInt16LE(value, at);
  }

  opU32(code: number, value: number): void {
    this.op(code);
    const at = this.#room(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  opI32(code: number, value: number): void {
    this.op(code);
    const at = this.#room(4);
    this.#bytes.writeInt32LE(value, at);
  }

  global(module: string, name: string): void {
    const line = `${module}\n${name}\n`;
    if (line.split('\n').length !== 3)
      throw new InvalidTypeError(`${describe(`${module}.${name}`)} is no Python name`);
    this.op(op.GLOBAL);
    this.#append(encode(line));
  }

  text(text: string): void {
    const bytes = encode(text);
    this.opU32(op.BINUNICODE, bytes.length);
    this.#append(bytes);
  }

  float(value: number): void {
    this.op(op.BINFLOAT);
    const at = this.#room(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  integer(value: number | bigint): void {
    if (value >= 0 && value <= 0xff) this.opU8(op.BININT1, Number(value));
    else if (value >= 0 && value <= 0xffff) this.opU16(op.BININT2, Number(value));
    else if (value >= -0x80000000 && value <= 0x7fffffff) this.opI32(op.BININT, Number(value));
    else this.#long(BigInt(value));
  }

  /** Two's complement, least significant byte first, in the fewest bytes that keep the sign. */
  #long(value: bigint): void {
    const magnitude = value < 0n ? -value - 1n : value;
    const size = Math.floor(magnitude.toString(16).length / 2) + 1;
    const hex = BigInt.asUintN(size * 8, value)
      .toString(16)
      .padStart(size * 2, '0');
    let bytes = Buffer.from(hex, 'hex').reverse();
    const last = bytes.at(-1);
    const next = bytes.at(-2) ?? 0;
    const spare = (last === 0 && next < 0x80) || (last === 0xff && next >= 0x80);
    if (spare) bytes = bytes.subarray(0, -1);
    if (bytes.length <= 0xff) this.opU8(op.LONG1, bytes.length);
    else this.opU32(op.LONG4, bytes.length);
    this.#append(bytes);
  }

  #append(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Makes room for so many more bytes and answers where they start; may replace the buffer. */
  #room(size: number): number {
    const start = this.#size;
    const end = start + size;
    if (end > this.limit) {
      throw new TooLargeError(`the schema with its user data takes over ${this.limit} bytes when pickled`);
    }
    if (end > this.#bytes.length) {
      const bytes = Buffer.alloc(Math.max(end, this.#bytes.length * 2));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    this.#size = end;
    return start;
  }
}

function encode(text: string): Uint8Array {
  if (!text.isWellFormed())
    throw new InvalidTypeError(`${describe(text)} has a lone surrogate, and so no UTF-8 form`);
  return utf8.encode(text);
}
