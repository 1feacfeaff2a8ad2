import { Argument, type Command, Option } from 'commander';
import { stringifyTagged } from '../../exact/tagged.js';
import { CsvRows } from '../csv.js';
import { openSource } from '../open-source.js';
import { Output } from '../output.js';
import { plainText } from '../plain.js';
import { addSelectionFlags, type SelectionFlags, selectionOf } from '../selection.js';
import type { Row, Source } from '../source.js';

const formats = ['jsonl', 'csv', 'tagged'] as const;
type Format = (typeof formats)[number];

const examples = `
Formats:
  jsonl    a line of JSON for each row: records of arrays as they are, rows of mappings as {"key": …, …slots}
           (as [key, record] where a slot is called "key"), rows of id mappers as [key, value]
  csv      a line of names, then a line for each row; nested values as JSON: build --from csv takes it back
  tagged   JSON that tells integers from floats, bytes from text, and so on: build --from tagged takes it back

Examples:
  $ sharedbuffers dump cities.map | head
  $ sharedbuffers dump cities.map --format csv > cities.csv
  $ sharedbuffers dump python.map --kind mapping --id-mapper StringIdMapper --format tagged`;

export function addDump(program: Command, signal: AbortSignal): void {
  const command = program
    .command('dump')
    .description('print everything that a file holds, in the order of its table')
    .addArgument(new Argument('<file>', 'the file'))
    .addOption(new Option('--format <format>', 'how rows are printed').choices(formats).default('jsonl'))
    .addHelpText('after', examples);
  addSelectionFlags(command).action((file: string, flags: SelectionFlags & { format: Format }) =>
    dump(file, flags, signal),
  );
}

async function dump(
  file: string,
  flags: SelectionFlags & { format: Format },
  signal: AbortSignal,
): Promise<void> {
  const source = openSource(file, selectionOf(flags));
  const output = new Output(process.stdout, signal);
  try {
    await dumpRows(source, flags.format, output);
  } finally {
    source.close();
  }
}

/** Prints all rows; those before a corrupt one are printed before its error is thrown. */
export async function dumpRows(source: Source, format: Format, output: Output): Promise<void> {
  const lineOf = linesOf(source, format, output);
  try {
    for (let index = 0; index < source.count; index++) {
      output.line(lineOf(source.row(index)));
      if (output.isFull) await output.flush();
    }
  } finally {
    await output.flush();
  }
}

function linesOf(source: Source, format: Format, output: Output): (row: Row) => string {
  if (format === 'tagged') return taggedLine;
  if (format === 'jsonl') {
    const isMapping = source.kind === 'mapping' || source.kind === 'multi-mapping';
    return isMapping && !hasKeySlot(source) ? keyFirstLine : plainLine;
  }
  const rows = new CsvRows(source);
  output.line(rows.header);
  return (row) => rows.line(row);
}

function hasKeySlot({ schema }: Source): boolean {
  return schema?.slots.some(({ name }) => name === 'key') ?? false;
}

export function taggedLine({ key, value }: Row): string {
  return stringifyTagged(key === undefined ? value.exact() : [key.exact(), value.exact()]);
}

function plainLine({ key, value }: Row): string {
  const text = plainText(value.plain());
  return key === undefined ? text : `[${plainText(key.plain())},${text}]`;
}

function keyFirstLine({ key, value }: Row): string {
  const text = plainText(value.plain());
  return `{"key":${plainText(key?.plain())}${text === '{}' ? '' : ','}${text.slice(1)}`;
}
