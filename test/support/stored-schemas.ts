import type { StoredSchema, StoredType } from '#src/schema/stored.js';
import { storageOrder } from '#src/schema/stored-types.js';

export function storedSchema(
  slots: Record<string, StoredType>,
  more: Partial<StoredSchema> = {},
): StoredSchema {
  const slotTypes = new Map(Object.entries(slots));
  return {
    slotKeys: storageOrder(slotTypes),
    slotTypes,
    alignment: 8,
    version: 2,
    bases: null,
    userData: undefined,
    ...more,
  };
}

/** How the fixtures describe a stored schema; a reference to an enclosing one says how far out it is. */
export function describeStored(schema: StoredSchema, above: readonly StoredSchema[] = []): unknown {
  const ancestor = above.indexOf(schema);
  if (ancestor >= 0) return { $ancestor: ancestor };
  const describeType = (type: StoredType) =>
    typeof type === 'string' ? type : describeStored(type, [schema, ...above]);
  return {
    slot_keys: schema.slotKeys,
    alignment: schema.alignment,
    version: schema.version,
    slot_types: Object.fromEntries([...schema.slotTypes].map(([name, type]) => [name, describeType(type)])),
  };
}
