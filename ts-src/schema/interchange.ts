/** What Python's library makes of a schema. */
import type { StructSchema } from '../types/struct.js';
import type { StoredSchema } from './stored.js';
import { storedTypes } from './stored-types.js';

/** Names that Python's proxies use themselves: it packs such slots and cannot read them. */
const pythonReservedNames = new Set(['i', 'slot', 'typ', 'value_offs']);

/** What Python could not read of files with a schema; empty where everything is fine. */
export function interchangeProblems(schema: StructSchema): readonly string[] {
  const problems = schema.slots
    .filter(({ name }) => pythonReservedNames.has(name))
    .map(({ name }) => `${schema.name}.${name}: Python reserves the slot name "${name}" and cannot read it`);
  for (const { name, type } of schema.slots) {
    const stored = type.storedType();
    if (typeof stored === 'string' && storedTypes.get(stored)?.unreadableInPython) {
      problems.push(`${schema.name}.${name}: Python cannot read slots of the type ${type.name}`);
    }
  }
  if (isRecursive(schema.toStored())) {
    problems.push(
      `${schema.name}: the schema is recursive; Python's own unpickling of such schemas is restricted`,
    );
  }
  return problems;
}

function isRecursive(schema: StoredSchema, above: readonly StoredSchema[] = []): boolean {
  if (above.includes(schema)) return true;
  return [...schema.slotTypes.values()].some(
    (type) => typeof type !== 'string' && isRecursive(type, [...above, schema]),
  );
}
