/** Schemas from the JSON files that `--schema` names. */
import { readFileSync } from 'node:fs';
import { schemasFromStored } from '../schema/from-stored.js';
import type { Schema } from '../schema/schema.js';
import { type NamedSchema, parseSchemaJson, type SchemaDescription } from '../schema/schema-json.js';
import { registerStruct, unregisterStruct } from '../types/struct-registry.js';

export interface SchemaFile {
  /** The schema of the records; `undefined` where the file has nothing but `types`. */
  readonly root: Schema | undefined;
  /** The structs that it names, by name. */
  readonly types: ReadonlyMap<string, Schema>;
  /** Of those structs that have one, so that values of unknown type can be told to be one. */
  readonly typecodes: ReadonlyMap<Schema, number>;
}

/** @throws system errors; InvalidTypeError, OutOfRangeError that say what is wrong with the schema */
export function readSchemaFile(path: string): SchemaFile {
  const text = readFileSync(path, 'utf8');
  try {
    return schemaFileOf(parseSchemaJson(text));
  } catch (error) {
    if (error instanceof Error) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

export function schemaFileOf({ root, types }: SchemaDescription): SchemaFile {
  const all = root === undefined ? types : [root, ...types];
  const made = schemasFromStored(all);
  const schemaOf = ({ schema }: NamedSchema) => made.get(schema) as Schema;
  return {
    root: root && schemaOf(root),
    types: new Map(types.map((named) => [named.name, schemaOf(named)])),
    typecodes: new Map(
      all.flatMap((named) => (named.typecode === undefined ? [] : [[schemaOf(named), named.typecode]])),
    ),
  };
}

/**
 * Makes the structs of a schema file known by their typecodes, in all of the process.
 * @returns what makes them unknown again
 */
export function registerTypes({ typecodes }: SchemaFile): () => void {
  for (const [schema, typecode] of typecodes) registerStruct(schema, typecode);
  return () => {
    for (const schema of typecodes.keys()) unregisterStruct(schema);
  };
}
