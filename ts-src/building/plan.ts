/** What is to be built. */
import type { IdMapperKind } from '../containers/id-mapper-kinds.js';
import { type StructSchema, StructType } from '../types/struct.js';

export interface ArrayPlan {
  readonly kind: 'array';
  readonly schema: StructSchema;
}

export interface IdMapperPlan {
  readonly kind: 'id-mapper';
  readonly idMapper: IdMapperKind;
}

export interface MappingPlan {
  readonly kind: 'mapping' | 'multi-mapping';
  readonly schema: StructSchema;
  readonly idMapper: IdMapperKind;
}

export type Plan = ArrayPlan | IdMapperPlan | MappingPlan;

/**
 * The distinct schemas within one, itself first, depth first in the order of declaration: in step with
 * `walkStoredSchemas` of what the file stores.
 */
export function walkSchemas(root: StructSchema): StructSchema[] {
  const found = new Set<StructSchema>();
  const visit = (schema: StructSchema) => {
    if (found.has(schema)) return;
    found.add(schema);
    for (const { type } of schema.slots) if (type instanceof StructType) visit(type.schema());
  };
  visit(root);
  return [...found];
}
