/** Schemas made of what a file stores. Every slot is optional: a file promises nothing about its records. */
import { typeByStoredName } from '../types/by-stored-name.js';
import { OptionalSlot } from '../types/slot-type.js';
import { LazyMarker } from '../types/struct.js';
import type { SlotMap } from './infer.js';
import { Schema } from './schema.js';
import type { StoredSchema } from './stored.js';

/** What the outermost record of a file is called that has no name for it. */
const unnamed = 'Record';

/**
 * The distinct schemas within a stored one, itself first, depth first in the order of declaration: the order in which
 * files list their names.
 */
export function walkStoredSchemas(root: StoredSchema): StoredSchema[] {
  const found = new Set<StoredSchema>();
  const visit = (schema: StoredSchema) => {
    if (found.has(schema)) return;
    found.add(schema);
    for (const type of schema.slotTypes.values()) if (typeof type !== 'string') visit(type);
  };
  visit(root);
  return [...found];
}

/** @param names of the schemas as `walkStoredSchemas` lists them; slots lend theirs to nested schemas without one */
export function schemaFromStored(stored: StoredSchema, names: readonly string[] = []): Schema {
  const walked = walkStoredSchemas(stored);
  const schemas = new SchemaMaker(new Map(walked.map((schema, index) => [schema, names[index]])));
  // The outermost one first: no slot lends it a name.
  schemas.make(stored, unnamed);
  for (const schema of walked) schemas.make(schema, nestedNameIn(walked, schema));
  return schemas.make(stored, unnamed);
}

/** Schemas that refer to each other, by what they are made of: one for each, wherever it is referred to. */
export function schemasFromStored(
  list: readonly { readonly name: string; readonly schema: StoredSchema }[],
): ReadonlyMap<StoredSchema, Schema> {
  const schemas = new SchemaMaker(new Map(list.map(({ name, schema }) => [schema, name])));
  for (const { schema } of list) {
    const walked = walkStoredSchemas(schema);
    for (const each of walked) schemas.make(each, nestedNameIn(walked, each));
  }
  return schemas.made;
}

class SchemaMaker {
  readonly made = new Map<StoredSchema, Schema>();

  constructor(readonly names: ReadonlyMap<StoredSchema, string | undefined>) {}

  /** @param fallback what the schema is called where it has no name */
  make(stored: StoredSchema, fallback: string): Schema {
    const known = this.made.get(stored);
    if (known !== undefined) return known;
    const schema = new Schema(this.names.get(stored) ?? fallback, this.#slots(stored), {
      alignment: stored.alignment,
      version: stored.version < 2 ? 1 : 2,
      userData: stored.userData,
      storedOrder: stored.slotKeys,
    });
    this.made.set(stored, schema);
    return schema;
  }

  #slots({ slotTypes }: StoredSchema): SlotMap {
    // Without a prototype, so that a slot called __proto__ is one, and refused by its name.
    const slots: Record<string, object> = Object.create(null);
    for (const [name, type] of slotTypes) {
      slots[name] = new OptionalSlot(
        typeof type === 'string'
          ? typeByStoredName(type)
          : new LazyMarker(() => this.make(type, nestedName(name))),
      );
    }
    return slots as SlotMap;
  }
}

function nestedNameIn(schemas: readonly StoredSchema[], nested: StoredSchema): string {
  for (const schema of schemas) {
    for (const [name, type] of schema.slotTypes) if (type === nested) return nestedName(name);
  }
  return unnamed;
}

function nestedName(slot: string): string {
  return slot.charAt(0).toUpperCase() + slot.slice(1) || unnamed;
}
