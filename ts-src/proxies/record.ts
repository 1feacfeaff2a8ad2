/**
 * Proxies of records: a window and an offset, nothing else. A slot is decoded when it is read, by a getter that knows
 * where the field lies in a record that has all slots and asks the layout otherwise.
 */
import { describe, InvalidTypeError, TooLargeError } from '../errors.js';
import { type Region, readError, type Window } from '../region.js';
import { none } from '../schema/layout.js';
import { budgetFor, enterOperation, leaveOperation } from '../types/budget.js';
import { readSafeInteger } from '../types/numbers.js';
import type { InlineType, PointerType } from '../types/slot-type.js';
import { lengthOf } from '../types/weight.js';
import type { ReaderSlot, RecordReader } from './reader.js';
import { toJsonValue, toPlainValue } from './values.js';

/** What `console.log` calls; named here so that the declarations need no types of Node. */
const inspectCustom: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** The record reader of a proxy class, on its prototype. */
const readerKey = Symbol('sharedbuffers.reader');

/** Aims a proxy at another record of the window that it is in. */
export let shiftProxy: (proxy: RecordProxy, offset: number) => void;

export class RecordProxy {
  declare readonly [readerKey]: RecordReader;

  #window: Window;
  #view: DataView;
  /** Where the record starts in the window. */
  #offset: number;

  constructor(window: Window, offset: number) {
    this.#window = window;
    this.#view = window.view;
    this.#offset = offset;
  }

  static is(value: unknown): value is RecordProxy {
    return typeof value === 'object' && value !== null && #window in value;
  }

  static windowOf(proxy: RecordProxy): Window {
    return proxy.#window;
  }

  static offsetOf(proxy: RecordProxy): number {
    return proxy.#offset;
  }

  /** Aims the proxy at another record: what a cursor does. */
  static move(proxy: RecordProxy, window: Window, offset: number): void {
    // Nearly always the same one; a store that is not needed costs the collector's bookkeeping.
    if (proxy.#window !== window) {
      proxy.#window = window;
      proxy.#view = window.view;
    }
    proxy.#offset = offset;
  }

  static {
    shiftProxy = (proxy, offset) => {
      proxy.#offset = offset;
    };
  }

  /** The getter of a slot whose value lies within the record. */
  static inlineGetter(
    { layout }: RecordReader,
    index: number,
    fullOffset: number,
    type: InlineType,
  ): () => unknown {
    const { isFull } = layout;
    const { read } = type;
    return function get(this: RecordProxy) {
      const view = this.#view;
      const offset = this.#offset;
      try {
        // One comparison, of what lies beside the field; to remember its result would take as long.
        if (isFull(view, offset)) return read(view, offset + fullOffset);
        const place = layout.offsetOf(view, offset, index);
        return place >= 0 ? read(view, offset + place) : place === none ? null : undefined;
      } catch (error) {
        throw readError(error, this.#window, this.#window.start + offset);
      }
    };
  }

  /** The getter of a slot that holds a pointer, relative to the record's start. */
  static pointerGetter(
    { layout }: RecordReader,
    index: number,
    fullOffset: number,
    type: PointerType,
  ): () => unknown {
    const { isFull } = layout;
    return function get(this: RecordProxy) {
      const view = this.#view;
      const offset = this.#offset;
      const window = this.#window;
      try {
        const place = isFull(view, offset) ? fullOffset : layout.offsetOf(view, offset, index);
        if (place < 0) return place === none ? null : undefined;
        return type.read(window.region, window.start + offset + readSafeInteger(view, offset + place), 0);
      } catch (error) {
        throw readError(error, window, window.start + offset);
      }
    };
  }

  [inspectCustom](depth: number, options: object, show: (value: unknown, options: object) => string): string {
    const reader = this[readerKey];
    const name = reader.schema.name;
    if (depth < 0) return `[${name}]`;
    const fields: Record<string, unknown> = {};
    for (const slot of reader.slots) {
      const value = slotValue(this, slot.name);
      if (value !== undefined) fields[slot.name] = value;
    }
    return `${name} ${show(fields, { ...options, depth })}`;
  }
}

/** Gives a proxy class its slots; they win over whatever its base classes call the same. */
export function defineSlots(proxyClass: { prototype: object }, reader: RecordReader): void {
  const { prototype } = proxyClass;
  Object.defineProperty(prototype, readerKey, { value: reader });
  Object.defineProperty(prototype, 'toJSON', {
    configurable: true,
    writable: true,
    value(this: RecordProxy) {
      return jsonRecord(this, 0);
    },
  });
  for (const slot of reader.slots) {
    Object.defineProperty(prototype, slot.name, {
      configurable: true,
      enumerable: true,
      get: getterOf(reader, slot),
      set() {
        throw new InvalidTypeError(
          `${reader.schema.name}.${slot.name} cannot be set: records are read in place; change a copy from toObject()`,
          'ERR_SHAREDBUFFERS_READ_ONLY',
        );
      },
    });
  }
}

function getterOf(reader: RecordReader, { place, type }: ReaderSlot): () => unknown {
  if (place === undefined) return () => undefined;
  return type.inline
    ? RecordProxy.inlineGetter(reader, place.index, place.fullOffset, type)
    : RecordProxy.pointerGetter(reader, place.index, place.fullOffset, type);
}

export function readerOf(proxy: RecordProxy): RecordReader {
  return proxy[readerKey];
}

/** Position of a record in its region. */
export function positionOf(proxy: RecordProxy): number {
  return RecordProxy.windowOf(proxy).start + RecordProxy.offsetOf(proxy);
}

export function regionOf(proxy: RecordProxy): Region {
  return RecordProxy.windowOf(proxy).region;
}

function slotValue(proxy: RecordProxy, name: string): unknown {
  return (proxy as unknown as Record<string, unknown>)[name];
}

/**
 * A plain object with every slot that the record has, decoded, nested records too: for `Object.keys`, spread,
 * `structuredClone` and for changing. Slots that were never set are left out.
 * @throws TooLargeError where records nest deeper than the limit, as cyclic ones do
 */
export function toObject<T extends object>(proxy: T): { -readonly [K in keyof T]: T[K] } {
  return plainRecord(requireProxy(proxy), 0) as { -readonly [K in keyof T]: T[K] };
}

export function plainRecord(proxy: RecordProxy, depth: number): Record<string, unknown> {
  return recordWith(proxy, depth, toPlainValue);
}

export function jsonRecord(proxy: RecordProxy, depth: number): Record<string, unknown> {
  return recordWith(proxy, depth, toJsonValue);
}

/** The slots of a record that it has, each converted; a plain object. */
export function recordWith(
  proxy: RecordProxy,
  depth: number,
  convert: (value: unknown, depth: number) => unknown,
): Record<string, unknown> {
  const { maxDepth } = regionOf(proxy).limits;
  if (depth >= maxDepth) {
    throw new TooLargeError(
      `records nest deeper than ${maxDepth}, or in a cycle; raise maxDepth or read them singly`,
    );
  }
  const { slots } = readerOf(proxy);
  // Records that share records can be many more than the file has bytes.
  enterOperation();
  try {
    const budget = budgetFor(regionOf(proxy));
    budget.take(slots.length + 1);
    const result: Record<string, unknown> = {};
    for (const slot of slots) {
      const value = slotValue(proxy, slot.name);
      if (value === undefined) continue;
      budget.takeUnits(lengthOf(value));
      result[slot.name] = convert(value, depth + 1);
    }
    return result;
  } finally {
    leaveOperation();
  }
}

export function requireProxy(value: unknown): RecordProxy {
  if (RecordProxy.is(value)) return value;
  const advice = value === undefined ? ', which is what get answers for a key that is absent' : '';
  throw new InvalidTypeError(`expected a record read from a buffer, found ${describe(value)}${advice}`);
}
