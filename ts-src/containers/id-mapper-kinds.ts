/** The id mappers there are, by the names that Python's library gave them: what their tables look like. */

export interface IdMapperKind {
  readonly name: string;
  /** `numeric`: rows of (key, value); `string`: rows of (hash, key pointer, value), and the keys before them. */
  readonly keys: 'numeric' | 'string';
  /** Bytes of one column of a row, which bounds values, numeric keys and key pointers. */
  readonly width: 4 | 8;
  /** Whether a key is meant to have several values; the stored form is the same. */
  readonly multi: boolean;
}

export const idMapperKinds = {
  NumericIdMapper: { name: 'NumericIdMapper', keys: 'numeric', width: 8, multi: false },
  NumericId32Mapper: { name: 'NumericId32Mapper', keys: 'numeric', width: 4, multi: false },
  StringIdMapper: { name: 'StringIdMapper', keys: 'string', width: 8, multi: false },
  StringId32Mapper: { name: 'StringId32Mapper', keys: 'string', width: 4, multi: false },
} as const satisfies Record<string, IdMapperKind>;
