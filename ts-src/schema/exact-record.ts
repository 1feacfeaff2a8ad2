/** Records from their tagged JSON form: `{"$struct": name, "fields": {…}}`. */
import { InvalidTypeError } from '../errors.js';
import type { Tagged } from '../exact/tagged.js';
import type { SchemaSlot } from './schema.js';

interface ExactSchema {
  readonly name: string;
  readonly slots: readonly SchemaSlot[];
}

export function recordFromExact(schema: ExactSchema, tagged: Tagged): Record<string, unknown> {
  const fields = fieldsOf(schema, tagged);
  const slots = new Map(schema.slots.map((slot) => [slot.name, slot]));
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const slot = slots.get(name);
    if (slot === undefined) {
      throw new InvalidTypeError(
        `${schema.name} has no slot "${name}"; its slots are ${[...slots.keys()].join(', ')}`,
      );
    }
    record[name] = value === null ? null : slot.type.fromExact(value);
  }
  return record;
}

function fieldsOf(schema: ExactSchema, tagged: Tagged): { [name: string]: Tagged } {
  if (tagged !== null && typeof tagged === 'object' && !Array.isArray(tagged)) {
    const { $struct: name, fields } = tagged;
    if (name === schema.name && fields !== null && typeof fields === 'object' && !Array.isArray(fields))
      return fields;
  }
  throw new InvalidTypeError(
    `expected {"$struct": "${schema.name}", "fields": {…}}, found ${JSON.stringify(tagged)?.slice(0, 80)}`,
  );
}
