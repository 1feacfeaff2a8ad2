import { Argument, type Command } from 'commander';
import type { ContainerDescription, EntryDescription } from '../../containers/describe.js';
import { stringifyTagged, type Tagged } from '../../exact/tagged.js';
import type { SchemaJson } from '../../schema/schema-to-json.js';
import { openSource } from '../open-source.js';
import { Output } from '../output.js';
import { byteSize, grouped } from '../progress.js';
import { addSelectionFlags, type SelectionFlags, selectionOf } from '../selection.js';

const examples = `
Examples:
  $ sharedbuffers info cities.map
  $ sharedbuffers info cities.map --json | jq .count
  $ sharedbuffers info python.array --kind array`;

export function addInfo(program: Command, signal: AbortSignal): void {
  const command = program
    .command('info')
    .description('say what a file holds')
    .addArgument(new Argument('<file>', 'the file'))
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples);
  addSelectionFlags(command).action(async (file: string, flags: SelectionFlags & { json?: boolean }) => {
    const source = openSource(file, selectionOf(flags));
    try {
      const output = new Output(process.stdout, signal);
      const description = source.describe();
      output.line(flags.json === true ? infoJson(description) : infoTable(file, description));
      await output.flush();
    } finally {
      source.close();
    }
  });
}

/** One line. User data and defaults keep their tags. */
export function infoJson(description: ContainerDescription): string {
  return stringifyTagged(description as unknown as Tagged);
}

export function infoTable(file: string, description: ContainerDescription): string {
  const {
    kind,
    idMapper,
    count,
    valueCount,
    schema,
    userData,
    offset,
    storage,
    size,
    versions,
    sections,
    entries,
  } = description;
  const facts: [string, string | undefined][] = [
    ['file', file],
    ['kind', kind],
    ['id mapper', idMapper],
    [countWord(description), count === undefined ? undefined : grouped(count)],
    ['records', valueCount === undefined ? undefined : grouped(valueCount)],
    ['offset', grouped(offset)],
    ['size', size === undefined ? undefined : `${grouped(size)} (${byteSize(size)})`],
    ['storage', storage && 'a private copy: this runtime forbids buffers over mapped memory'],
    [
      'versions',
      versions &&
        Object.entries(versions)
          .map(([what, version]) => `${what} ${version}`)
          .join(', '),
    ],
    ['sections', sections?.map((section) => `${section.kind} (${section.size} bytes)`).join(', ')],
    ['user data', userData === undefined ? undefined : stringifyTagged(userData)],
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  const lines = known.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  if (schema !== undefined) {
    for (const each of [schema, ...(schema.types ?? [])]) lines.push('', ...schemaTable(each));
  }
  if (entries !== undefined && entries.length > 0) lines.push('', ...entryTable(entries));
  return lines.join('\n');
}

function entryTable(entries: readonly EntryDescription[]): string[] {
  const width = Math.max(...entries.map(({ name }) => name.length));
  return entries.map(({ name, kind, idMapper, size, refused }) => {
    const what = refused ?? [kind, idMapper].filter((word) => word !== undefined).join(', ');
    return `${name.padEnd(width)}  ${grouped(size)} bytes  ${what}`.trimEnd();
  });
}

function countWord({ kind, idMapper }: ContainerDescription): string {
  if (kind === 'bundle') return 'entries';
  return idMapper === undefined ? 'records' : 'rows';
}

function schemaTable({ name, slots, alignment, version }: SchemaJson): string[] {
  const width = Math.max(0, ...slots.map(([slot]) => slot.length));
  const unusual = [
    alignment === 8 ? '' : `alignment ${alignment}`,
    version === 2 ? '' : `version ${version}`,
  ];
  const remarks = unusual.filter((text) => text !== '').join(', ');
  return [
    `${name}${remarks === '' ? '' : ` (${remarks})`}`,
    ...slots.map(([slot, type]) => `  ${slot.padEnd(width)}  ${type.replace(/^struct:/, '')}`),
  ];
}
