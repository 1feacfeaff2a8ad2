/**
 * Writes a schema as the pickle that Python's library stores in an array header, so that Python loads it as its
 * own. Schemas that contain themselves are written in another order than Python's own, whose pickles of those it
 * cannot load: empty schemas and the wrappers around them first, their content as soon as both exist.
 */
import { describe, InvalidTypeError, OutOfRangeError, TooLargeError } from '../errors.js';
import { op } from './pickle-opcodes.js';
import { PickleOutput } from './pickle-output.js';
import { maxPickleSize } from './pickle-reader.js';
import { PickleValueWriter } from './pickle-value-writer.js';
import { maxPickleNesting } from './pickle-values.js';
import type { StoredSchema, StoredType } from './stored.js';
import { maxAlignment, maxSlots, storedTypes } from './stored-types.js';
import { libraryModule } from './type-globals.js';

class SchemaWriter {
  readonly #out = new PickleOutput(maxPickleSize);
  readonly #values = new PickleValueWriter(this.#out);
  /** The wrapper around each schema, which is what a slot refers to; just something to remember it by. */
  readonly #wrappers = new Map<StoredSchema, object>();
  /** Not by their maps, which two schemas may share, one of them within the other. */
  readonly #slotDicts = new Map<StoredSchema, object>();
  readonly #cyclic: boolean;
  #depth = 0;

  constructor(readonly root: StoredSchema) {
    this.#cyclic = hasCycle(root);
  }

  write(): Uint8Array {
    this.#out.opU8(op.PROTO, 2);
    this.#schema(this.root);
    this.#out.op(op.STOP);
    return this.#out.finish();
  }

  /** Pushes the schema. */
  #schema(schema: StoredSchema): void {
    if (this.#values.recall(schema)) return;
    checkSchema(schema);
    if (++this.#depth > maxPickleNesting)
      throw new TooLargeError(`the schema is nested over ${maxPickleNesting} deep`);
    this.#values.global(libraryModule, 'Schema');
    if (this.#cyclic) this.#out.op(op.EMPTY_DICT);
    else this.#slotTypes(schema);
    this.#values.endTuple(1);
    this.#out.op(op.REDUCE);
    this.#values.memoize(schema);
    if (this.#cyclic) {
      this.#wrapper(schema);
      this.#out.op(op.POP);
    }
    this.#state(schema);
    this.#out.op(op.BUILD);
    this.#depth--;
  }

  #state(schema: StoredSchema): void {
    const state: [string, () => void][] = [
      ['slot_types', () => this.#slotTypes(schema)],
      ['slot_keys', () => this.#values.tuple(schema.slotKeys)],
      ['alignment', () => this.#out.integer(schema.alignment)],
      ['bases', () => this.#values.value(schema.bases ?? null)],
      ['version', () => this.#out.integer(schema.version)],
    ];
    const { userData } = schema;
    if (userData !== undefined && userData !== null)
      state.push(['user_data', () => this.#values.value(userData)]);
    this.#values.dict({}, state, (write) => write());
  }

  #slotTypes(schema: StoredSchema): void {
    const known = this.#slotDicts.get(schema);
    if (known && this.#values.recall(known)) return;
    const dict = {};
    this.#slotDicts.set(schema, dict);
    this.#values.dict(dict, [...schema.slotTypes], (type) => this.#slotType(type));
  }

  #slotType(type: StoredType): void {
    if (typeof type === 'string') this.#values.global(...globalOf(type));
    else this.#nested(type);
  }

  /** Pushes the wrapper of a schema, and has the schema written before where it is not. */
  #nested(schema: StoredSchema): void {
    if (this.#cyclic) {
      this.#schema(schema);
      this.#out.op(op.POP);
    }
    this.#wrapper(schema);
  }

  #wrapper(schema: StoredSchema): void {
    const known = this.#wrappers.get(schema);
    if (known && this.#values.recall(known)) return;
    const wrapper = {};
    this.#wrappers.set(schema, wrapper);
    this.#values.global(libraryModule, 'mapped_object_with_schema');
    // the arguments of all wrappers are one tuple in Python, and its pickles share it
    if (!this.#values.recall(wrapperArguments)) this.#values.tuple([null], wrapperArguments);
    this.#out.op(op.REDUCE);
    this.#values.memoize(wrapper);
    this.#schema(schema);
    this.#values.endTuple(1);
    this.#out.op(op.BUILD);
  }
}

const wrapperArguments = {};

function globalOf(type: string): readonly [module: string, name: string] {
  const info = storedTypes.get(type);
  if (!info) throw new InvalidTypeError(`${describe(type)} is none of the slot types`);
  return info.global;
}

/** Whether a schema contains itself, or one that it contains does. */
function hasCycle(root: StoredSchema): boolean {
  const done = new Set<StoredSchema>();
  const open = new Set<StoredSchema>();
  const visit = (schema: StoredSchema): boolean => {
    if (open.has(schema)) return true;
    if (done.has(schema)) return false;
    if (open.size >= maxPickleNesting)
      throw new TooLargeError(`the schema is nested over ${maxPickleNesting} deep`);
    open.add(schema);
    for (const type of schema.slotTypes.values()) if (typeof type !== 'string' && visit(type)) return true;
    open.delete(schema);
    done.add(schema);
    return false;
  };
  return visit(root);
}

/** What would make a pickle that readers refuse or, worse, take for another layout. */
function checkSchema(schema: StoredSchema): void {
  const { slotKeys, slotTypes, alignment, version } = schema;
  if (slotKeys.length > maxSlots) {
    throw new OutOfRangeError(`a schema has ${slotKeys.length} slots, of which there can be ${maxSlots}`);
  }
  if (new Set(slotKeys).size !== slotTypes.size || slotKeys.some((name) => !slotTypes.has(name))) {
    throw new InvalidTypeError('the slot names of a schema are not those of its slot types');
  }
  if (!Number.isSafeInteger(alignment) || alignment < 1 || alignment > maxAlignment) {
    throw new OutOfRangeError(
      `${describe(alignment)} is no alignment: it is an integer from 1 to ${maxAlignment}`,
    );
  }
  if (version !== 1 && version !== 2)
    throw new OutOfRangeError(`there is no schema version ${describe(version)}`);
}

/**
 * The pickle (protocol 2) by which Python's library knows a schema. Integral numbers in the user data are written as
 * integers, `float(x)` as floats; arrays as lists, `tuple(…)` as tuples, sets as frozen sets, plain objects and maps
 * as dicts. The same object twice is the same object in Python.
 */
export function writeSchemaPickle(schema: StoredSchema): Uint8Array {
  return new SchemaWriter(schema).write();
}
