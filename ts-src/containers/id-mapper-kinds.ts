/** The id mappers there are, by the names that Python's library gave them: what their tables look like. */

export interface IdMapperKind {
  readonly name: string;
  /**
   * `numeric`: rows of (key, value); `approx`: rows of (hash, value), the keys themselves are not stored; `string` and
   * `object`: rows of (hash, key pointer, value), and the keys before them.
   */
  readonly keys: 'numeric' | 'approx' | 'string' | 'object';
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
  ObjectIdMapper: { name: 'ObjectIdMapper', keys: 'object', width: 8, multi: false },
  NumericIdMultiMapper: { name: 'NumericIdMultiMapper', keys: 'numeric', width: 8, multi: true },
  NumericId32MultiMapper: { name: 'NumericId32MultiMapper', keys: 'numeric', width: 4, multi: true },
  StringIdMultiMapper: { name: 'StringIdMultiMapper', keys: 'string', width: 8, multi: true },
  StringId32MultiMapper: { name: 'StringId32MultiMapper', keys: 'string', width: 4, multi: true },
  ApproxStringIdMultiMapper: { name: 'ApproxStringIdMultiMapper', keys: 'approx', width: 8, multi: true },
  ApproxStringId32MultiMapper: { name: 'ApproxStringId32MultiMapper', keys: 'approx', width: 4, multi: true },
} as const satisfies Record<string, IdMapperKind>;

/** Columns of a row: keys that are not in their rows have a pointer there. */
export function columnsOf({ keys }: IdMapperKind): 2 | 3 {
  return keys === 'string' || keys === 'object' ? 3 : 2;
}

/** What the kinds with the same stored form have in common: simple and multi forms read each other's files. */
export function storedFormOf(idMapperName: string): string {
  return idMapperName.replace('Multi', '');
}

const kinds: Readonly<Record<string, IdMapperKind>> = idMapperKinds;

/** The form of a kind that finds all values of a key; `undefined` where there is none. */
export function multiFormOf(kind: IdMapperKind): IdMapperKind | undefined {
  return Object.values(kinds).find(
    ({ name, multi }) => multi && storedFormOf(name) === storedFormOf(kind.name),
  );
}
