/**
 * Schemas as JSON: what the command line takes with `--schema` and prints. A file holds a root schema, the structs
 * that it and `object` slots refer to (`types`), or both:
 *
 *     {"name": "City", "slots": [["name", "str"], ["twin", "struct:City"]], "alignment": 8, "types": [{"name", …}]}
 */

import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import { userDataFromTagged } from '../exact/user-data.js';
import type { StoredSchema, StoredType } from './stored.js';
import { maxAlignment, maxSlots, storageOrder, storedNameOf } from './stored-types.js';

/** A schema with the name by which JSON and RTTI know it. */
export interface NamedSchema {
  name: string;
  schema: StoredSchema;
  /** The RTTI code of the struct; undefined where it has none. */
  typecode: number | undefined;
}

export interface SchemaDescription {
  /** Undefined where the file holds `types` alone. */
  root: NamedSchema | undefined;
  /** In the order of the file. The root is among them only where the file says so. */
  types: NamedSchema[];
}

type Json = { readonly [key: string]: unknown };

/** What a schema in JSON is called in messages. */
const named = (name: string) => `schema ${describe(name)}`;

class Declarations {
  readonly #byName = new Map<string, NamedSchema>();
  readonly #sources = new Map<string, Json>();

  /** Makes an empty schema for a name, so that others can refer to it before it is read. */
  declare(json: unknown, where: string): NamedSchema {
    const source = object(json, where);
    const name = source.name;
    if (typeof name !== 'string') throw new InvalidTypeError(`${where} has no "name"`);
    const known = this.#byName.get(name);
    if (known) return this.#again(known, source);
    const schema: StoredSchema = {
      slotKeys: [],
      slotTypes: new Map(),
      alignment: 8,
      version: 2,
      bases: null,
      userData: undefined,
    };
    const declared = { name, schema, typecode: typecodeOf(source, name) };
    this.#byName.set(name, declared);
    this.#sources.set(name, source);
    return declared;
  }

  /** The root of a recursive schema stands among the types too; then both say the same. */
  #again(known: NamedSchema, source: Json): NamedSchema {
    const first = this.#sources.get(known.name) as Json;
    if (JSON.stringify(first.slots) === JSON.stringify(source.slots)) return known;
    throw new InvalidTypeError(`the ${named(known.name)} is described twice, and not alike`);
  }

  fill(): void {
    for (const [name, source] of this.#sources) this.#fill(this.#named(name).schema, source, name);
  }

  #named(name: string): NamedSchema {
    return this.#byName.get(name) as NamedSchema;
  }

  #fill(schema: StoredSchema, source: Json, name: string): void {
    for (const [slot, type] of slotPairs(source.slots, name)) {
      if (schema.slotTypes.has(slot)) {
        throw new InvalidTypeError(`the ${named(name)} has the slot ${describe(slot)} twice`);
      }
      schema.slotTypes.set(slot, this.#type(slot, type, name));
    }
    if (schema.slotTypes.size > maxSlots) {
      throw new OutOfRangeError(
        `the ${named(name)} has ${schema.slotTypes.size} slots; there can be ${maxSlots}`,
      );
    }
    schema.slotKeys = storageOrder(schema.slotTypes);
    checkSlotKeys(source.slot_keys, schema.slotKeys, name);
    schema.alignment = alignmentOf(source.alignment, name);
    schema.version = versionOf(source, name);
    const userData = source.user_data;
    if (userData !== undefined && userData !== null) schema.userData = userDataFromTagged(userData as Tagged);
  }

  #type(slot: string, type: string, name: string): StoredType {
    const stored = storedNameOf(type);
    if (stored !== undefined) return stored;
    const struct = type.startsWith('struct:') ? this.#byName.get(type.slice('struct:'.length)) : undefined;
    if (struct) return struct.schema;
    const what = type.startsWith('struct:')
      ? 'which is none of its "types"'
      : 'which is none of the slot types';
    throw new InvalidTypeError(
      `the ${named(name)} names the type ${describe(type)} for the slot ${describe(slot)}, ${what}`,
    );
  }
}

function object(json: unknown, where: string): Json {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  throw new InvalidTypeError(`${where} is ${describe(json)}, not an object`);
}

function typecodeOf(source: Json, name: string): number | undefined {
  const code = source.typecode;
  if (code === undefined || code === null) return undefined;
  if (typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 255) return code;
  throw new OutOfRangeError(
    `the typecode of the ${named(name)} is ${describe(code)}, not an integer from 0 to 255`,
  );
}

function slotPairs(slots: unknown, name: string): [slot: string, type: string][] {
  if (!Array.isArray(slots)) throw new InvalidTypeError(`the ${named(name)} has no array "slots"`);
  return slots.map((pair: unknown) => {
    const [slot, type, ...rest] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof slot === 'string' && typeof type === 'string' && rest.length === 0) {
      if (slot.isWellFormed()) return [slot, type];
      throw new InvalidTypeError(
        `the ${named(name)} has a slot name with a lone surrogate, ${describe(slot)}`,
      );
    }
    throw new InvalidTypeError(
      `the slots of the ${named(name)} are pairs [name, type], not ${JSON.stringify(pair)}`,
    );
  });
}

function checkSlotKeys(given: unknown, order: readonly string[], name: string): void {
  if (given === undefined || given === null) return;
  if (Array.isArray(given) && given.length === order.length && order.every((key, i) => given[i] === key))
    return;
  throw new InvalidTypeError(
    `the "slot_keys" of the ${named(name)} are ${JSON.stringify(given)}, but its slots are stored as ` +
      `${JSON.stringify(order)} (larger ones first, then by name)`,
  );
}

function alignmentOf(alignment: unknown, name: string): number {
  if (alignment === undefined || alignment === null) return 8;
  if (
    typeof alignment === 'number' &&
    Number.isInteger(alignment) &&
    alignment >= 1 &&
    alignment <= maxAlignment
  ) {
    return alignment;
  }
  throw new OutOfRangeError(
    `the alignment of the ${named(name)} is ${describe(alignment)}, not a positive integer`,
  );
}

/** `reinitialize` is how Python comes to schemas of version 1: it forgets the version when it does that. */
function versionOf(source: Json, name: string): number {
  const { version } = source;
  const reinitialized = source.reinitialize === true;
  if (version === undefined || version === null) return reinitialized ? 1 : 2;
  if (version !== 1 && version !== 2) {
    throw new OutOfRangeError(`the version of the ${named(name)} is ${describe(version)}, not 1 or 2`);
  }
  if (version === 1 || !reinitialized) return version;
  throw new InvalidTypeError(`the ${named(name)} is of version 2, but reinitialized ones are of version 1`);
}

function checkTypecodes(schemas: Iterable<NamedSchema>): void {
  const owners = new Map<number, NamedSchema>();
  for (const type of schemas) {
    if (type.typecode === undefined) continue;
    const owner = owners.get(type.typecode) ?? type;
    if (owner !== type) {
      throw new InvalidTypeError(
        `the ${named(owner.name)} and the ${named(type.name)} have the same typecode, ${type.typecode}`,
      );
    }
    owners.set(type.typecode, type);
  }
}

/** Schemas from parsed JSON; keys that are not known are ignored. */
export function schemasFromJson(json: unknown): SchemaDescription {
  const source = object(json, 'the schema');
  const types = source.types ?? [];
  if (!Array.isArray(types))
    throw new InvalidTypeError(`the "types" of the schema are ${describe(types)}, not an array`);
  const declarations = new Declarations();
  const declared = types.map((type, i) => declarations.declare(type, `the schema's type ${i}`));
  const hasRoot = source.slots !== undefined || source.name !== undefined || types.length === 0;
  const root = hasRoot ? declarations.declare(source, 'the schema') : undefined;
  declarations.fill();
  checkTypecodes(root ? [...declared, root] : declared);
  return { root, types: declared };
}

/** Schemas from the text of a JSON file. */
export function parseSchemaJson(text: string): SchemaDescription {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidTypeError(`the schema is no JSON: ${(error as Error).message.split('\n', 1)[0]}`);
  }
  return schemasFromJson(json);
}
