/** The flags that say what a file holds, or which part of it is meant: on every command. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { idMapperClasses } from '../containers/open.js';
import { readSchemaFile, registerTypes, type SchemaFile } from './schema-file.js';

export const kinds = ['object', 'value', 'array', 'mapping', 'multi-mapping', 'id-mapper', 'bundle'] as const;
export type Kind = (typeof kinds)[number];

export interface Selection {
  readonly kind?: Kind | undefined;
  /** Of a bare value. */
  readonly type?: string | undefined;
  readonly idMapper?: string | undefined;
  readonly schema?: SchemaFile | undefined;
  readonly offset?: number | undefined;
  readonly size?: number | undefined;
  readonly entry?: string | undefined;
}

/** The flags as they were given. */
export interface SelectionFlags {
  readonly kind?: Kind;
  readonly type?: string;
  readonly idMapper?: string;
  readonly schema?: string;
  readonly offset?: number;
  readonly size?: number;
  readonly entry?: string;
}

/** The flags that say what something is, for reading and building alike. */
export function addKindFlags(command: Command): Command {
  return command
    .addOption(new Option('--kind <kind>', 'what it is').choices(kinds))
    .option('--type <name>', 'the type of a bare value, as in mapped_unicode; for --kind value')
    .addOption(new Option('--id-mapper <name>', 'the id mapper').choices([...idMapperClasses.keys()]))
    .option('--schema <file>', 'the schema of the records, as JSON');
}

/** All flags with which files are read that do not say what they are. */
export function addSelectionFlags(command: Command): Command {
  return addKindFlags(command)
    .option('--offset <bytes>', 'where it starts in the file', byteCount)
    .option('--size <bytes>', 'how many bytes of the file belong to it', byteCount)
    .option('--entry <name>', 'the member of a bundle');
}

function byteCount(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It is a number of bytes, 0 or more.');
}

/**
 * Reads the schema file, and makes its structs known.
 * @throws what is wrong with it
 */
export function selectionOf(flags: SelectionFlags): Selection {
  if (flags.schema === undefined) return { ...flags, schema: undefined };
  const schema = readSchemaFile(flags.schema);
  registerTypes(schema);
  return { ...flags, schema };
}
