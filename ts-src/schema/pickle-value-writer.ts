/**
 * Writes values the way Python's pickler does in protocol 2: every text and every container is stored in the memo
 * when it is first met, and referred to from then on, so that what is one object here is one object in Python.
 */
import { describe, InvalidTypeError, TooLargeError } from '../errors.js';
import { Float } from '../types/float.js';
import { Tuple } from '../types/tuple.js';
import { OpaqueCall, OpaqueGlobal } from './opaque.js';
import { op } from './pickle-opcodes.js';
import type { PickleOutput } from './pickle-output.js';
import { maxPickleNesting } from './pickle-values.js';
import { OpaqueValue } from './stored.js';

/** Python's pickler fills lists and dicts in batches of so many. */
const batchSize = 1000;

export class PickleValueWriter {
  #memoSize = 0;
  readonly #texts = new Map<string, number>();
  readonly #globals = new Map<string, number>();
  readonly #objects = new Map<unknown, number>();
  /** Tuples, sets and arguments cannot be referred to before they are complete. */
  readonly #open = new Set<unknown>();
  #depth = 0;

  constructor(readonly out: PickleOutput) {}

  /** Stores the value on top of the stack as the one for this object; without an object, just as Python does. */
  memoize(object?: unknown): void {
    const index = this.#memoSize++;
    if (index < 0x100) this.out.opU8(op.BINPUT, index);
    else this.out.opU32(op.LONG_BINPUT, index);
    if (object !== undefined) this.#objects.set(object, index);
  }

  /** Pushes what was stored for this object; false where nothing was. */
  recall(object: unknown): boolean {
    return this.#get(this.#objects.get(object));
  }

  #get(index: number | undefined): boolean {
    if (index === undefined) return false;
    if (index < 0x100) this.out.opU8(op.BINGET, index);
    else this.out.opU32(op.LONG_BINGET, index);
    return true;
  }

  text(text: string): void {
    if (this.#get(this.#texts.get(text))) return;
    this.out.text(text);
    this.#texts.set(text, this.#memoSize);
    this.memoize();
  }

  global(module: string, name: string): void {
    const key = `${module}\n${name}`;
    if (this.#get(this.#globals.get(key))) return;
    this.out.global(module, name);
    this.#globals.set(key, this.#memoSize);
    this.memoize();
  }

  /** @param hashable whether Python must be able to hash it, as a member of a set or a key of a dict */
  value(value: unknown, hashable = false): void {
    if (value === null) this.out.op(op.NONE);
    else if (typeof value === 'boolean') this.out.op(value ? op.NEWTRUE : op.NEWFALSE);
    else if (typeof value === 'bigint') this.out.integer(value);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.text(value);
    else if (value instanceof Float) this.out.float(value.value);
    else if (typeof value === 'object') this.#object(value, hashable);
    else throw new InvalidTypeError(`user data cannot hold ${describe(value)}`);
  }

  /** Integral numbers are integers, except those that JavaScript cannot tell from their neighbours. */
  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.out.integer(value);
    else this.out.float(value);
  }

  #object(value: object, hashable: boolean): void {
    if (this.recall(value)) return;
    if (this.#open.has(value))
      throw new InvalidTypeError('user data has a tuple or a set that contains itself');
    if (++this.#depth > maxPickleNesting) {
      throw new TooLargeError(`the user data is nested over ${maxPickleNesting} deep`);
    }
    this.#open.add(value);
    this.#content(value, hashable);
    this.#open.delete(value);
    this.#depth--;
  }

  #content(value: object, hashable: boolean): void {
    if (value instanceof Uint8Array) this.#bytes(value);
    else if (value instanceof Tuple) this.#tuple(value, hashable);
    else if (value instanceof Set) this.#set(value);
    else if (value instanceof OpaqueValue) this.#opaque(value);
    else if (hashable)
      throw new InvalidTypeError(`${describe(value)} cannot be a key or a member of a set in Python`);
    else if (Array.isArray(value)) this.list(value);
    else if (value instanceof Map) this.#dict(value, [...value]);
    else if (isPlainObject(value)) this.#dict(value, Object.entries(value));
    else throw new InvalidTypeError(`user data cannot hold ${describe(value)}`);
  }

  /** Protocol 2 knows no bytes: they are text that Python encodes. */
  #bytes(value: Uint8Array): void {
    if (value.length === 0) {
      this.global('__builtin__', 'bytes');
      this.out.op(op.EMPTY_TUPLE);
    } else {
      this.global('_codecs', 'encode');
      this.text(Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1'));
      this.text('latin1');
      this.endTuple(2);
    }
    this.out.op(op.REDUCE);
    this.memoize(value);
  }

  list(items: readonly unknown[]): void {
    this.out.op(op.EMPTY_LIST);
    this.memoize(items);
    this.#appendItems(items);
  }

  #appendItems(items: readonly unknown[]): void {
    // not forEach, which leaves out the holes
    this.#batches([...items], op.APPEND, op.APPENDS, (item) => this.value(item));
  }

  #dict(object: object, entries: readonly (readonly [unknown, unknown])[]): void {
    this.dict(object, entries, (value) => this.value(value));
  }

  /** A dict with values of any kind: `write` pushes one. */
  dict<V>(object: object, entries: readonly (readonly [unknown, V])[], write: (value: V) => void): void {
    this.out.op(op.EMPTY_DICT);
    this.memoize(object);
    this.#setItems(entries, write);
  }

  #setItems<V>(entries: readonly (readonly [unknown, V])[], write: (value: V) => void): void {
    this.#batches(entries, op.SETITEM, op.SETITEMS, ([key, value]) => {
      this.value(key, true);
      write(value);
    });
  }

  #batches<T>(items: readonly T[], single: number, many: number, write: (item: T) => void): void {
    if (items.length === 1) {
      write(items[0] as T);
      this.out.op(single);
      return;
    }
    for (let i = 0; i < items.length; i += batchSize) {
      this.out.op(op.MARK);
      for (const item of items.slice(i, i + batchSize)) write(item);
      this.out.op(many);
    }
  }

  #tuple(tuple: Tuple, hashable: boolean): void {
    this.tuple([...tuple], tuple, hashable);
  }

  /** A tuple of these items, stored as the one for `object` where there is one. */
  tuple(items: readonly unknown[], object?: object, hashable = false): void {
    if (items.length > 3) this.out.op(op.MARK);
    for (const item of items) this.value(item, hashable);
    this.endTuple(items.length, object);
  }

  /** Makes a tuple of the topmost values (above a mark where there are over three). */
  endTuple(size: number, object?: object): void {
    // the empty tuple is one object in Python, and is not stored
    if (size === 0) {
      this.out.op(op.EMPTY_TUPLE);
      return;
    }
    this.out.op([op.TUPLE1, op.TUPLE2, op.TUPLE3][size - 1] ?? op.TUPLE);
    this.memoize(object);
  }

  /** All sets become frozen ones, which can stand wherever a set can. */
  #set(set: ReadonlySet<unknown>): void {
    this.global('__builtin__', 'frozenset');
    this.out.op(op.EMPTY_LIST);
    this.memoize();
    this.#batches([...set], op.APPEND, op.APPENDS, (item) => this.value(item, true));
    this.endTuple(1);
    this.out.op(op.REDUCE);
    this.memoize(set);
  }

  #opaque(value: OpaqueValue): void {
    if (value instanceof OpaqueGlobal) this.global(value.module, value.qualifiedName);
    else if (value instanceof OpaqueCall) this.#call(value);
    else this.#described(value);
  }

  /** An opaque value that someone made by hand: a name, called where it has arguments or a state. */
  #described(value: OpaqueValue): void {
    const dot = value.global.lastIndexOf('.');
    if (dot < 1) throw new InvalidTypeError(`${describe(value.global)} names no module`);
    this.global(value.global.slice(0, dot), value.global.slice(dot + 1));
    if (value.args.length === 0 && value.state === undefined) return;
    this.tuple(value.args);
    this.out.op(op.REDUCE);
    this.memoize(value);
    this.#state(value.state);
  }

  #call(call: OpaqueCall): void {
    this.value(call.callee);
    this.tuple(call.args);
    this.out.op(op.REDUCE);
    this.memoize(call);
    this.#appendItems(call.items);
    this.#setItems(call.entries, (value) => this.value(value));
    this.#state(call.state);
  }

  #state(state: unknown): void {
    if (state === undefined) return;
    this.value(state);
    this.out.op(op.BUILD);
  }
}

function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
