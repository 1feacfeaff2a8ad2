/** Schemas made of what a file stores. Every slot is optional: a file promises nothing about its records. */
import { typeByStoredName } from '../types/index.js';
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
  const namesOf = new Map(walked.map((schema, index) => [schema, names[index]]));
  const made = new Map<StoredSchema, Schema>();
  const make = (schema: StoredSchema, fallback: string): Schema => {
    const known = made.get(schema);
    if (known !== undefined) return known;
    // Without a prototype, so that a slot called __proto__ is one, and refused by its name.
    const slots: Record<string, object> = Object.create(null);
    for (const [name, type] of schema.slotTypes) {
      const slot =
        typeof type === 'string'
          ? typeByStoredName(type)
          : new LazyMarker(() => make(type, nestedName(name)));
      slots[name] = new OptionalSlot(slot);
    }
    const result: Schema = new Schema(namesOf.get(schema) ?? fallback, slots as SlotMap, {
      alignment: schema.alignment,
      version: schema.version < 2 ? 1 : 2,
      userData: schema.userData,
      storedOrder: schema.slotKeys,
    });
    made.set(schema, result);
    return result;
  };
  for (const schema of walked) make(schema, schema === stored ? unnamed : nestedNameIn(walked, schema));
  return make(stored, unnamed);
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
