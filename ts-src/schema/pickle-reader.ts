/**
 * Reads the pickled schema that an array stores in its header. Python would run whatever such a pickle says; here
 * it is data: a graph of nodes (`pickle-machine.ts`), of which only what schemas consist of has a meaning.
 */
import { CorruptDataError, describe, TooLargeError, UnsupportedError } from '../errors.js';
import { PickleCursor } from './pickle-cursor.js';
import { runPickle } from './pickle-machine.js';
import {
  type CallNode,
  type DictNode,
  describeNode,
  dottedName,
  isContainer,
  isGlobal,
  type Node,
} from './pickle-nodes.js';
import { maxPickleNesting, PickleValues } from './pickle-values.js';
import type { StoredSchema, StoredType } from './stored.js';
import { maxAlignment, maxSlots, storageOrder, storedNameOfGlobal } from './stored-types.js';
import { libraryModule } from './type-globals.js';

/** The largest pickle that is read. */
export const maxPickleSize = 1 << 20;

export interface ReadPickleOptions {
  /** Position of the pickle in its file, for messages. */
  offset?: number;
  /** Reads integral floats of user data as `Float`, so that they stay floats when written again. */
  exactFloats?: boolean;
}

/** What Python's schemas store about themselves; further keys would change the layout in ways unknown here. */
const layoutKeys: ReadonlySet<string> = new Set(['slot_types', 'slot_keys', 'alignment', 'version']);
const otherKeys: ReadonlySet<string> = new Set([
  'bases',
  'user_data',
  'pack_buffer_size',
  'max_pack_buffer_size',
]);

class SchemaReader {
  readonly #schemas = new Map<CallNode, StoredSchema>();
  readonly #values: PickleValues;

  constructor(
    readonly input: PickleCursor,
    exactFloats: boolean,
  ) {
    this.#values = new PickleValues(input, exactFloats);
  }

  schema(node: Node, what: string, depth: number): StoredSchema {
    if (!isContainer(node) || node.kind !== 'call' || !isGlobal(node.callee, libraryModule, 'Schema')) {
      throw this.#unexpected(node, what);
    }
    const known = this.#schemas.get(node);
    if (known) return known;
    if (depth > maxPickleNesting)
      throw new TooLargeError(`the stored schema is nested over ${maxPickleNesting} deep`);
    const schema: StoredSchema = {
      slotKeys: [],
      slotTypes: new Map(),
      alignment: 8,
      version: 2,
      bases: null,
      userData: undefined,
    };
    // before it is filled: its slots may refer to it
    this.#schemas.set(node, schema);
    this.#fill(schema, node, depth);
    return schema;
  }

  #fill(schema: StoredSchema, node: CallNode, depth: number): void {
    const state = this.#state(node);
    const slotTypes = state.get('slot_types') ?? node.args[0];
    for (const [name, type] of this.#entries(slotTypes, 'the slot types', node.offset)) {
      schema.slotTypes.set(name, this.#slotType(type, name, depth));
    }
    const slotKeys = state.get('slot_keys') ?? null;
    schema.slotKeys = slotKeys === null ? storageOrder(schema.slotTypes) : this.#names(slotKeys, node.offset);
    this.#checkSlots(schema, node.offset);
    schema.alignment = this.#alignment(valueOr(state.get('alignment'), 8), node.offset);
    // Python's schemas are of version 2 until a state says otherwise, and one that says nothing is of version 1
    const unsaid = node.state === undefined ? 2 : 1;
    schema.version = this.#version(valueOr(state.get('version'), unsaid), node.offset);
    schema.bases = this.#values.read(state.get('bases') ?? null);
    schema.userData = this.#values.read(state.get('user_data') ?? null) ?? undefined;
  }

  #state(node: CallNode): Map<string, Node> {
    if (node.state === undefined) return new Map();
    const state = this.#entries(node.state, 'the state of a schema', node.offset);
    for (const key of state.keys()) {
      if (layoutKeys.has(key) || otherKeys.has(key)) continue;
      throw new UnsupportedError(
        `the stored schema has a property ${describe(key)}, which is not known here`,
      );
    }
    return state;
  }

  #entries(node: Node | undefined, what: string, offset: number): Map<string, Node> {
    if (node === undefined) throw this.input.corrupt(`lacks ${what}`, offset);
    if (!isContainer(node) || node.kind !== 'dict') throw this.#unexpected(node, what, offset);
    const entries = new Map<string, Node>();
    for (let i = 0; i < node.pairs.length; i += 2) {
      entries.set(this.#key(node, i, what), node.pairs[i + 1] as Node);
    }
    return entries;
  }

  #key(dict: DictNode, index: number, what: string): string {
    const key = dict.pairs[index];
    if (typeof key === 'string') return key;
    throw this.input.corrupt(`has ${describeNode(key as Node)} for a key among ${what}`, dict.offset);
  }

  #slotType(node: Node, slot: string, depth: number): StoredType {
    if (!isContainer(node)) throw this.#unexpected(node, `the type of the slot ${describe(slot)}`);
    if (node.kind === 'call') {
      const nested = this.#wrappedSchema(node, slot);
      return this.schema(nested, `the schema of the slot ${describe(slot)}`, depth + 1);
    }
    const name = node.kind === 'global' ? storedNameOfGlobal(node.module, node.name) : undefined;
    if (name !== undefined) return name;
    if (node.kind !== 'global') throw this.#unexpected(node, `the type of the slot ${describe(slot)}`);
    throw new UnsupportedError(
      `the stored schema names the type ${describe(dottedName(node))}, which is none of the slot types ` +
        `(slot ${describe(slot)})`,
    );
  }

  /** A nested struct is the library's wrapper around a schema, which is set as a state or given as an argument. */
  #wrappedSchema(node: CallNode, slot: string): Node {
    let schema: Node | undefined;
    if (isGlobal(node.callee, libraryModule, 'mapped_object_with_schema')) schema = node.args[0];
    else if (isGlobal(node.callee, libraryModule, oldWrapper)) schema = wrapperState(node.args[2]);
    else throw this.#unexpected(node, `the type of the slot ${describe(slot)}`);
    if (node.state !== undefined) schema = wrapperState(node.state);
    if (schema !== undefined && schema !== null) return schema;
    throw this.input.corrupt(`has a nested struct without a schema (slot ${describe(slot)})`, node.offset);
  }

  #names(node: Node, offset: number): string[] {
    if (!isContainer(node) || (node.kind !== 'tuple' && node.kind !== 'list')) {
      throw this.#unexpected(node, 'the slot names', offset);
    }
    return node.items.map((name) => {
      if (typeof name === 'string') return name;
      throw this.input.corrupt(`has ${describeNode(name)} for a slot name`, node.offset);
    });
  }

  #checkSlots(schema: StoredSchema, offset: number): void {
    const { slotKeys, slotTypes } = schema;
    if (slotKeys.length > maxSlots) {
      throw this.input.corrupt(`has ${slotKeys.length} slots, of which there can be ${maxSlots}`, offset);
    }
    if (new Set(slotKeys).size !== slotKeys.length) throw this.input.corrupt('names a slot twice', offset);
    for (const name of slotKeys) {
      if (!slotTypes.has(name))
        throw this.input.corrupt(`has no type for the slot ${describe(name)}`, offset);
    }
    if (slotTypes.size !== slotKeys.length)
      throw this.input.corrupt('has more slot types than slot names', offset);
  }

  #alignment(node: Node, offset: number): number {
    if (typeof node === 'number' && node >= 1 && node <= maxAlignment) return node;
    throw this.input.corrupt(`has ${describeValue(node)} for an alignment`, offset);
  }

  #version(node: Node, offset: number): number {
    if (node === 1 || node === 2) return node;
    if (typeof node === 'number' && node > 2) {
      throw new UnsupportedError(`the stored schema is of version ${node}; versions 1 and 2 are known`);
    }
    throw this.input.corrupt(`has ${describeValue(node)} for a version`, offset);
  }

  /** Refuses by name what names or calls something, since that is what an attack would do. */
  #unexpected(node: Node, what: string, offset = 0): Error {
    const at = isContainer(node) ? node.offset : offset;
    if (!isContainer(node) || (node.kind !== 'call' && node.kind !== 'global')) {
      return this.input.corrupt(`has ${describeNode(node)} for ${what}`, at);
    }
    const verb = node.kind === 'call' ? 'calls' : 'names';
    const name = describe(dottedName(node));
    return new UnsupportedError(
      `the stored schema ${verb} ${name} for ${what}, which is refused (at offset ${this.input.base + at})`,
    );
  }
}

/** Older versions of the library pickled the wrapper through this. */
const oldWrapper = '__pyx_unpickle_mapped_object_with_schema';

function wrapperState(state: Node | undefined): Node | undefined {
  if (state === undefined || !isContainer(state)) return undefined;
  if (state.kind === 'tuple' || state.kind === 'list') return state.items[0];
  if (state.kind !== 'dict') return undefined;
  const index = state.pairs.findIndex((key, i) => i % 2 === 0 && key === 'schema');
  return index < 0 ? undefined : state.pairs[index + 1];
}

/** Not `??`: None is said, if wrongly. */
function valueOr(node: Node | undefined, unsaid: number): Node {
  return node === undefined ? unsaid : node;
}

function describeValue(node: Node): string {
  return typeof node === 'number' || typeof node === 'bigint' ? String(node) : describeNode(node);
}

/**
 * The schema that a pickle describes. Nothing from the pickle is executed: names that are no slot types are refused
 * by name, and are kept as opaque values in `bases` and `userData`.
 *
 * @throws CorruptDataError, UnsupportedError or TooLargeError, and nothing else
 */
export function readSchemaPickle(bytes: Uint8Array, options: ReadPickleOptions = {}): StoredSchema {
  const { offset = 0, exactFloats = false } = options;
  if (bytes.length > maxPickleSize) {
    const message = `the pickled schema takes ${bytes.length} bytes, more than the ${maxPickleSize} that are read`;
    throw new TooLargeError(message);
  }
  if (bytes.length === 0) throw new CorruptDataError('the pickled schema is empty', offset);
  const input = new PickleCursor(bytes, offset);
  return new SchemaReader(input, exactFloats).schema(runPickle(input), 'the schema', 0);
}
