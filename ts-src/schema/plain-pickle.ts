/**
 * The pickle of a schema of the usual kind, made without the machinery that reads and writes every kind: a file with these
 * very bytes stores this very schema, and nobody needs to read them to know it.
 */
import { op } from './pickle-opcodes.js';
import type { StoredSchema } from './stored.js';
import { globalOfType, libraryModule } from './type-globals.js';

/** A pickle under way: every text and every type is stored in the memo where it first stands. */
class PlainPickle {
  text = '';
  #memo = new Map<string, number>();
  #memoSize = 0;

  ops(...codes: number[]): this {
    this.text += String.fromCharCode(...codes);
    return this;
  }

  memoize(): this {
    return this.ops(op.BINPUT, this.#memoSize++);
  }

  name(name: string): this {
    const { length } = name;
    return this.#once(name, `${String.fromCharCode(op.BINUNICODE, length & 0xff, length >> 8, 0, 0)}${name}`);
  }

  global(module: string, name: string): this {
    const line = `${module}\n${name}\n`;
    return this.#once(line, String.fromCharCode(op.GLOBAL) + line);
  }

  #once(key: string, pickled: string): this {
    const known = this.#memo.get(key);
    if (known !== undefined) return this.ops(op.BINGET, known);
    this.text += pickled;
    this.#memo.set(key, this.#memoSize);
    return this.memoize();
  }
}

const isPlainName = (name: string) => /^[ -~]{1,999}$/.test(name);
const isPlainType = (type: unknown) => typeof type === 'string';

/**
 * What `writeSchemaPickle` makes of a schema, one character for each byte; `undefined` where the schema is of another
 * kind: with schemas within it, user data, or slot names that are not ASCII.
 */
export function plainPickle({
  slotKeys,
  slotTypes,
  alignment,
  version,
  bases,
  userData,
}: StoredSchema): string | undefined {
  const isPlain = bases === null && (userData === undefined || userData === null) && alignment <= 0xff;
  if (!isPlain || !slotKeys.every(isPlainName) || ![...slotTypes.values()].every(isPlainType))
    return undefined;
  const pickle = new PlainPickle()
    .ops(op.PROTO, 2)
    .global(libraryModule, 'Schema')
    .ops(op.EMPTY_DICT)
    .memoize();
  if (slotTypes.size > 1) pickle.ops(op.MARK);
  for (const [name, type] of slotTypes) pickle.name(name).global(...globalOfType(type as string));
  if (slotTypes.size > 0) pickle.ops(slotTypes.size > 1 ? op.SETITEMS : op.SETITEM);
  pickle.ops(op.TUPLE1).memoize().ops(op.REDUCE).memoize();
  // The types again, which the memo has second.
  pickle.ops(op.EMPTY_DICT).memoize().ops(op.MARK).name('slot_types').ops(op.BINGET, 1).name('slot_keys');
  writeNames(pickle, slotKeys);
  pickle.name('alignment').ops(op.BININT1, alignment).name('bases').ops(op.NONE);
  return pickle.name('version').ops(op.BININT1, version, op.SETITEMS, op.BUILD, op.STOP).text;
}

function writeNames(pickle: PlainPickle, names: readonly string[]): void {
  if (names.length === 0) {
    pickle.ops(op.EMPTY_TUPLE);
    return;
  }
  if (names.length > 3) pickle.ops(op.MARK);
  for (const name of names) pickle.name(name);
  pickle.ops([op.TUPLE1, op.TUPLE2, op.TUPLE3][names.length - 1] ?? op.TUPLE).memoize();
}
