/**
 * Tagged JSON: values with their stored types spelled out where JSON alone would lose them. A JSON number is an
 * integer exactly when it has no fraction; integral floats, bytes, tuples, … are objects with one `$` key.
 */
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';

export type Tagged = null | boolean | number | string | Tagged[] | { [key: string]: Tagged };
export type TaggedObject = { [key: string]: Tagged };

export function taggedInt(value: number | bigint): Tagged {
  const small = Number(value);
  if (Number.isSafeInteger(small)) return small + 0;
  if (typeof value === 'number') throw new OutOfRangeError(`${describe(value)} is no safe integer`);
  return { $int: String(value) };
}

export function taggedFloat(value: number): Tagged {
  return Number.isFinite(value) && !Number.isInteger(value) ? value : { $float: pythonRepr(value) };
}

export function taggedBytes(value: Uint8Array): Tagged {
  return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64') };
}

/** The value under the one key of `{"$tag": value}`; undefined for everything else. */
export function untag(tagged: Tagged, tag: string): Tagged | undefined {
  if (!isTaggedObject(tagged) || !Object.hasOwn(tagged, tag)) return undefined;
  return Object.keys(tagged).length === 1 ? tagged[tag] : undefined;
}

export function isTaggedObject(tagged: Tagged): tagged is TaggedObject {
  return typeof tagged === 'object' && tagged !== null && !Array.isArray(tagged);
}

/** How a tagged value looks in a message. */
export function describeTagged(tagged: Tagged): string {
  if (typeof tagged === 'string' || Array.isArray(tagged)) return describe(tagged);
  if (!isTaggedObject(tagged)) return String(tagged);
  const parts = Object.entries(tagged).map(([key, value]) => {
    return `${JSON.stringify(key)}: ${typeof value === 'string' ? describe(value) : '…'}`;
  });
  return parts.length > 3 ? `{${parts.slice(0, 3).join(', ')}, …}` : `{${parts.join(', ')}}`;
}

/** An integer: a number where that is exact, else a bigint. */
export function fromTaggedInt(tagged: Tagged): number | bigint {
  if (typeof tagged === 'number' && Number.isSafeInteger(tagged)) return tagged + 0;
  const digits = untag(tagged, '$int');
  if (typeof digits === 'string' && /^-?\d{1,4300}$/.test(digits)) {
    const small = Number(digits);
    return Number.isSafeInteger(small) ? small + 0 : BigInt(digits);
  }
  const unsafe = typeof tagged === 'number' && Number.isInteger(tagged);
  const hint = unsafe ? '; beyond 2^53 write {"$int": "…"}' : '';
  throw new InvalidTypeError(`an integer is expected, not ${describeTagged(tagged)}${hint}`);
}

/** Whether a tagged value is an integer, as opposed to a float. */
export function isTaggedInt(tagged: Tagged): boolean {
  return typeof tagged === 'number' ? Number.isInteger(tagged) : untag(tagged, '$int') !== undefined;
}

const floatWords: ReadonlyMap<string, number> = new Map([
  ['inf', Infinity],
  ['-inf', -Infinity],
  ['nan', NaN],
]);

/** A float; an integer is taken too, for places where nothing but a float can be meant. */
export function fromTaggedFloat(tagged: Tagged): number {
  if (typeof tagged === 'number' && Number.isFinite(tagged)) return tagged;
  const text = untag(tagged, '$float');
  if (typeof text === 'string') {
    const word = floatWords.get(text);
    if (word !== undefined) return word;
    if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) return Number(text);
  }
  throw new InvalidTypeError(`a float is expected, not ${describeTagged(tagged)}`);
}

export function fromTaggedBytes(tagged: Tagged): Uint8Array {
  const text = untag(tagged, '$bytes');
  if (typeof text !== 'string') {
    throw new InvalidTypeError(`bytes are expected, {"$bytes": "…"}, not ${describeTagged(tagged)}`);
  }
  const data = text.replace(/={1,2}$/, '');
  if (text.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(data)) {
    throw new InvalidTypeError(`${describe(text)} is no base64`);
  }
  // a copy of its own: small Buffers are windows into a pool
  return new Uint8Array(Buffer.from(data, 'base64'));
}

/** A line of tagged JSON. */
export function parseTagged(text: string): Tagged {
  try {
    return JSON.parse(text) as Tagged;
  } catch (error) {
    throw new InvalidTypeError(`${describe(text)} is no JSON: ${(error as Error).message.split('\n', 1)[0]}`);
  }
}

/** A number as Python prints a float: `3.0`, `1e+16`, `1e-07`, `-0.0`, `inf`, `nan`. */
export function pythonRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  // both languages print the fewest digits that tell a double from its neighbours; only the notation differs
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < -4 || exponent >= 16) return sign + scientific(digits, exponent);
  return sign + positional(digits, exponent);
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
}

function positional(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** Text is handed on in pieces of about so many characters. */
const pieceSize = 1 << 16;

/**
 * Hands a tagged value on as JSON text, piece by piece, for values too large to be one string. Floats are printed
 * as Python prints them.
 */
export function writeTagged(tagged: Tagged, write: (piece: string) => void): void {
  let pending = '';
  printTagged(tagged, jsonNumber, Object.keys, (text) => {
    pending += text;
    if (pending.length < pieceSize) return;
    write(pending);
    pending = '';
  });
  if (pending) write(pending);
}

/** The JSON text of a tagged value, on one line. */
export function stringifyTagged(tagged: Tagged): string {
  let text = '';
  printTagged(tagged, jsonNumber, Object.keys, (piece) => {
    text += piece;
  });
  return text;
}

export type NumberPrinter = (value: number) => string;
export type KeyLister = (object: TaggedObject) => string[];

/** Prints JSON without spaces, with numbers as `number` and keys as `keys` has them. */
export function printTagged(
  tagged: Tagged,
  number: NumberPrinter,
  keys: KeyLister,
  out: (text: string) => void,
): void {
  if (typeof tagged === 'number') out(number(tagged));
  else if (typeof tagged !== 'object' || tagged === null) out(JSON.stringify(tagged));
  else if (Array.isArray(tagged)) printArray(tagged, number, keys, out);
  else printObject(tagged, number, keys, out);
}

function printArray(
  items: Tagged[],
  number: NumberPrinter,
  keys: KeyLister,
  out: (text: string) => void,
): void {
  out('[');
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out(',');
    printTagged(items[i] as Tagged, number, keys, out);
  }
  out(']');
}

function printObject(
  object: TaggedObject,
  number: NumberPrinter,
  keys: KeyLister,
  out: (text: string) => void,
): void {
  out('{');
  let separator = '';
  for (const key of keys(object)) {
    out(`${separator}${JSON.stringify(key)}:`);
    printTagged(object[key] as Tagged, number, keys, out);
    separator = ',';
  }
  out('}');
}

function jsonNumber(value: number): string {
  // a bare -0 is the integer 0
  if (Number.isInteger(value)) return String(value + 0);
  if (Number.isFinite(value)) return pythonRepr(value);
  throw new InvalidTypeError(`${pythonRepr(value)} must be tagged, {"$float": "${pythonRepr(value)}"}`);
}
