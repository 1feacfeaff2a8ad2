/** Fields of CSV: what their text means by the type of their slot, and how values become such text. */
import { describe, InvalidTypeError } from '../errors.js';
import { toJsonValue } from '../proxies/values.js';
import type { AnySlotType } from '../types/slot-type.js';
import { StructType } from '../types/struct.js';
import type { KeyForm } from './keys.js';

export interface Field {
  /** Whether an empty text is a value. Where it is none, it stands for no value, quoted or not. */
  readonly canBeEmpty: boolean;
  /**
   * What a line of JSON would have in the place of the text.
   * @throws InvalidTypeError
   */
  read(text: string): unknown;
  /** The text of a value that was read; `undefined` where there is none. */
  print(value: unknown): string | undefined;
}

/** How the key is called beside the slots: by a name that none of them has. */
export function keyColumn(slots: readonly string[]): string {
  let name = 'key';
  while (slots.includes(name)) name = `_${name}`;
  return name;
}

const integerNames = new Set([
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'int',
]);
const floatNames = new Set(['float32', 'float64', 'float']);
/** Stored types whose values are texts in JSON too; base64 and dates are for whoever takes JSON to decode. */
const textNames = /^mapped_(unicode|bytes|decimal|date|datetime\w*)$|^proxied_buffer$/;

export function fieldOf(type: AnySlotType): Field {
  if (type instanceof StructType) return jsonField(type);
  if (integerNames.has(type.name)) return integerField(type.name);
  if (floatNames.has(type.name)) return floatField(type.name);
  if (type.name === 'bool') return boolField;
  const stored = type.storedType();
  if (typeof stored !== 'string' || !textNames.test(stored)) return jsonField(type);
  return { ...textField, canBeEmpty: /unicode|bytes|buffer/.test(stored) };
}

export function keyField(form: KeyForm): Field {
  return form === 'index' || form === 'numeric' ? integerField('key') : textField;
}

function print(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return printNumber(value);
  const text = printJson(value);
  // Dates and decimals are texts in JSON.
  return text?.startsWith('"') ? (JSON.parse(text) as string) : text;
}

function printJson(value: unknown): string | undefined {
  const json = toJsonValue(value, 0) ?? undefined;
  return json === undefined ? undefined : JSON.stringify(json);
}

/** JSON has neither infinities nor a negative zero. */
function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** For what is not known by its type. */
export const textField: Field = { canBeEmpty: true, read: (text) => text, print };

export function integerField(name: string): Field {
  return {
    canBeEmpty: false,
    read(text) {
      if (!/^[+-]?\d{1,40}$/.test(text)) throw unexpected('an integer', name, text);
      const number = Number(text);
      return Number.isSafeInteger(number) ? number + 0 : BigInt(text.replace(/^\+/, ''));
    },
    print,
  };
}

const floatWords: ReadonlyMap<string, number> = new Map([
  ['nan', NaN],
  ['inf', Infinity],
  ['infinity', Infinity],
]);

function floatField(name: string): Field {
  return {
    canBeEmpty: false,
    read(text) {
      const word = floatWords.get(text.replace(/^[+-]/, '').toLowerCase());
      if (word !== undefined) return text.startsWith('-') ? -word : word;
      const isDecimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text);
      const number = isDecimal ? Number(text) : NaN;
      if (Number.isFinite(number)) return number;
      throw unexpected('a number', name, text);
    },
    print,
  };
}

const boolField: Field = {
  canBeEmpty: false,
  read(text) {
    const word = text.toLowerCase();
    if (word === 'true' || word === '1') return true;
    if (word === 'false' || word === '0') return false;
    throw unexpected('true, false, 1 or 0', 'bool', text);
  },
  print,
};

/** Records, collections and whatever a slot of any type holds: texts are JSON too, so that they are told from numbers. */
function jsonField(type: AnySlotType): Field {
  return {
    canBeEmpty: false,
    read(text) {
      try {
        return JSON.parse(text);
      } catch {
        throw unexpected('JSON', type.name, text);
      }
    },
    print: printJson,
  };
}

function unexpected(what: string, name: string, text: string): Error {
  return new InvalidTypeError(`expected ${what} (${name}), found ${describe(text)}`);
}
