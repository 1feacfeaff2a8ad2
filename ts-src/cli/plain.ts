/** Plain JSON: what `JSON.stringify` gives of what is read, and back. */
import { Buffer } from 'node:buffer';
import { describe, InvalidTypeError } from '../errors.js';
import { toJsonValue } from '../proxies/values.js';
import { DateTime } from '../types/date-time.js';
import type { AnySlotType } from '../types/slot-type.js';
import { type StructSchema, StructType } from '../types/struct.js';

/** The JSON text of anything that was read: a record, a key, a number. */
export function plainText(value: unknown): string {
  return JSON.stringify(toJsonValue(value, 0)) ?? 'null';
}

type Json = { readonly [key: string]: unknown };

/** Takes records from plain JSON, and remembers which fields it left out because the schema does not name them. */
export class PlainRecords {
  readonly #schema: StructSchema;

  constructor(
    schema: StructSchema,
    readonly leftOut = new Set<string>(),
  ) {
    this.#schema = schema;
  }

  /** The record of a JSON object, as packing accepts it. */
  record(json: unknown): Record<string, unknown> {
    return this.#record(this.#schema, json, '');
  }

  #record(schema: StructSchema, json: unknown, path: string): Record<string, unknown> {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      const where = path === '' ? '' : `${path.slice(1)}: `;
      throw new InvalidTypeError(`${where}expected an object (${schema.name}), found ${describe(json)}`);
    }
    const slots = new Map(schema.slots.map((slot) => [slot.name, slot.type]));
    const record: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(json as Json)) {
      const type = slots.get(name);
      if (type === undefined) this.leftOut.add(`${path}.${name}`.slice(1));
      else record[name] = this.#slot(type, value, `${path}.${name}`);
    }
    return record;
  }

  #slot(type: AnySlotType, value: unknown, path: string): unknown {
    if (value === null) return null;
    if (type instanceof StructType) return this.#record(type.schema(), value, path);
    try {
      return fromPlain(type, value);
    } catch (error) {
      if (error instanceof Error) error.message = `${path.slice(1)}: ${error.message}`;
      throw error;
    }
  }
}

/**
 * The value of a slot from plain JSON, which has no bytes, no sets, no dates and no integers beyond 2^53. What fits is
 * for packing to say.
 */
export function fromPlain(type: AnySlotType, value: unknown): unknown {
  const isWide = ['int', 'int64', 'uint64'].includes(type.name);
  if (isWide) return wideInteger(value);
  if (type.inline) return value;
  const stored = type.storedType();
  if (typeof stored !== 'string') return value;
  if (/_frozenset$/.test(stored)) return Array.isArray(value) ? new Set(value) : value;
  if (typeof value !== 'string') return value;
  if (stored === 'mapped_bytes' || stored === 'proxied_buffer') return fromBase64(value);
  return stored.startsWith('mapped_datetime') ? DateTime.from(value) : value;
}

export function wideInteger(value: unknown): unknown {
  if (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new InvalidTypeError(
      `${value} is beyond what a JSON number holds exactly (2^53); write it as a string`,
    );
  }
  return value;
}

function fromBase64(text: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  const withoutPadding = text.replace(/={1,2}$/, '');
  if (Buffer.from(bytes).toString('base64').replace(/=+$/, '') === withoutPadding) return bytes;
  throw new InvalidTypeError(`expected bytes as base64, found ${describe(text)}`);
}
