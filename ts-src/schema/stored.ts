/**
 * A schema as a file stores it: names and stored types, nothing that reads or writes values. What the pickle
 * reader answers and the pickle writer takes; `schema.ts` turns it into a `Schema` and back.
 */

/**
 * The stored type of one slot: one of Python's type names without its module (`'int32'`, `'mapped_unicode'`,
 * `'long'`, `'bool'`, …), or the schema of a nested struct. A recursive schema holds itself.
 */
export type StoredType = string | StoredSchema;

/** A value of `user_data` or `bases` that only Python understands: kept by name, never called. */
export class OpaqueValue {
  /** @param global dotted name, as in `decimal.Decimal` */
  constructor(
    readonly global: string,
    readonly args: readonly unknown[] = [],
    readonly state: unknown = undefined,
  ) {}
}

export interface StoredSchema {
  /** Slot names in storage order. */
  slotKeys: string[];
  slotTypes: Map<string, StoredType>;
  alignment: number;
  /** 1: bitmap width follows the number of slots alone; 2: the alignment too. */
  version: number;
  /** Python's proxy base classes, kept opaque; `null` where there are none. */
  bases: unknown;
  /** `undefined` where there is none. */
  userData: unknown;
}
