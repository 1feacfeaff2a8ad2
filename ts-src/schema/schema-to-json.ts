import type { Tagged } from '../exact/tagged.js';
import { userDataToTagged } from '../exact/user-data.js';
import type { NamedSchema } from './schema-json.js';
import type { StoredSchema, StoredType } from './stored.js';
import { jsonNameOf } from './stored-types.js';

/** One schema in JSON; `schemasFromJson` takes it back. */
export interface SchemaJson {
  name: string;
  slots: [name: string, type: string][];
  slot_keys: string[];
  alignment: number;
  version: number;
  typecode?: number;
  user_data?: Tagged;
}

/** A schema in JSON with the structs that it refers to. */
export interface SchemaFileJson extends SchemaJson {
  types?: SchemaJson[];
}

export interface SchemaToJsonOptions {
  /** The name of the root; the nested schemas of a file have no names, and get theirs from the slots. */
  name?: string;
  /** Names and typecodes that are known. All of these are among the `types`, whether the root refers to them or not. */
  types?: readonly NamedSchema[];
}

class Names {
  /** In the order in which they were met. */
  readonly schemas = new Map<StoredSchema, NamedSchema>();
  readonly #taken = new Set<string>();

  add(schema: StoredSchema, wanted: string, typecode?: number): NamedSchema {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}${i}`;
    this.#taken.add(name);
    const named = { name, schema, typecode };
    this.schemas.set(schema, named);
    return named;
  }

  /** Names the schemas below one, nearest first. */
  addNested(root: StoredSchema): void {
    const queue = [root];
    const seen = new Set(queue);
    for (const schema of queue) {
      for (const [slot, type] of schema.slotTypes) {
        if (typeof type === 'string' || seen.has(type)) continue;
        if (!this.schemas.has(type)) this.add(type, capitalized(slot));
        seen.add(type);
        queue.push(type);
      }
    }
  }
}

function capitalized(slot: string): string {
  const [first = 'Struct', ...rest] = slot;
  return first.toUpperCase() + rest.join('');
}

function typeName(type: StoredType, names: Names): string {
  if (typeof type === 'string') return jsonNameOf(type) ?? type;
  return `struct:${names.schemas.get(type)?.name}`;
}

function describeSchema(named: NamedSchema, names: Names): SchemaJson {
  const { slotTypes, slotKeys, alignment, version, userData } = named.schema;
  const json: SchemaJson = {
    name: named.name,
    slots: [...slotTypes].map(([slot, type]) => [slot, typeName(type, names)]),
    slot_keys: [...slotKeys],
    alignment,
    version,
  };
  if (named.typecode !== undefined) json.typecode = named.typecode;
  if (userData !== undefined && userData !== null) json.user_data = userDataToTagged(userData);
  return json;
}

/** A stored schema in the form that `--schema` takes, with the nested ones as `types`. */
export function schemaToJson(schema: StoredSchema, options: SchemaToJsonOptions = {}): SchemaFileJson {
  const names = new Names();
  const known = options.types ?? [];
  for (const type of known) names.add(type.schema, type.name, type.typecode);
  const root = names.schemas.get(schema) ?? names.add(schema, options.name ?? 'Record');
  names.addNested(schema);
  for (const type of known) names.addNested(type.schema);
  // the root stands among the types only where it was given as one
  const types = [...names.schemas.values()].filter(
    (type) => type !== root || known.some((k) => k.schema === schema),
  );
  const json: SchemaFileJson = describeSchema(root, names);
  if (types.length > 0) json.types = types.map((type) => describeSchema(type, names));
  return json;
}
