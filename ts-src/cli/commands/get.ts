import { Argument, type Command } from 'commander';
import { SharedBuffersError } from '../../errors.js';
import { stringifyTagged } from '../../exact/tagged.js';
import { CommandError, UsageError } from '../failures.js';
import { type AskedKey, plainKey, taggedKey } from '../keys.js';
import { inputName, openInput, readLineBatches } from '../lines.js';
import { openSource } from '../open-source.js';
import { Output } from '../output.js';
import { plainText } from '../plain.js';
import { addSelectionFlags, type SelectionFlags, selectionOf } from '../selection.js';
import type { Source } from '../source.js';

const examples = `
Prints a line [key, value] for each key; the value is null where the key is absent. Where keys may have several values,
the list of all of them, [] where the key is absent. Keys of arrays are indexes, from the end where negative.

Examples:
  $ sharedbuffers get cities.map 'Buenos Aires' Lima
  $ cut -f1 names.tsv | sharedbuffers get cities.map -
  $ sharedbuffers get cities.array -- -1
  $ sharedbuffers get ids.map --tagged '{"$bytes": "/w=="}'`;

interface GetFlags extends SelectionFlags {
  tagged?: boolean;
}

export function addGet(program: Command, signal: AbortSignal): void {
  const command = program
    .command('get')
    .description('look keys up')
    .addArgument(new Argument('<file>', 'the file'))
    .addArgument(new Argument('<key...>', 'the keys; - reads them from standard input, one a line'))
    .option('--tagged', 'keys and values are tagged JSON')
    .addHelpText('after', examples);
  addSelectionFlags(command).action((file: string, keys: string[], flags: GetFlags) =>
    get(file, keys, flags, signal),
  );
}

async function get(file: string, keys: string[], flags: GetFlags, signal: AbortSignal): Promise<void> {
  const source = openSource(file, selectionOf(flags));
  try {
    const lookup = new Lookup(source, flags.tagged === true);
    // What is wrong with a key is said before anything is printed.
    const given = keys.filter((key) => key !== '-').map((key) => lookup.parseArgument(key));
    await printAnswers(lookup, keys, given, new Output(process.stdout, signal));
  } finally {
    source.close();
  }
}

/** @param given what was asked for in `keys`, in their order, but for each `-` */
async function printAnswers(
  lookup: Lookup,
  keys: readonly string[],
  given: AskedKey[],
  output: Output,
): Promise<void> {
  try {
    for (const key of keys) {
      if (key === '-') await lookupInput(lookup, output);
      else output.line(lookup.line(given.shift() as AskedKey));
      if (output.isFull) await output.flush();
    }
  } finally {
    await output.flush();
  }
}

async function lookupInput(lookup: Lookup, output: Output): Promise<void> {
  const name = inputName('-');
  let number = 0;
  for await (const lines of readLineBatches(openInput('-', output.signal), name)) {
    for (const line of lines) {
      number++;
      // With tagged keys, an empty line is no key; a plain key may be empty.
      if (lookup.tagged && line.trim() === '') continue;
      output.line(lookup.line(lookup.parseLine(line, `${name}:${number}`)));
      if (output.isFull) await output.flush();
    }
    // Who types keys sees each answer at once.
    await output.flush();
  }
}

/** Answers keys of a source. */
export class Lookup {
  constructor(
    readonly source: Source,
    readonly tagged: boolean,
  ) {
    if (source.keys === undefined)
      throw new UsageError(`a single ${source.kind} has no keys; dump prints it`);
  }

  /** @throws UsageError where an argument is no tagged JSON */
  parseArgument(text: string): AskedKey {
    return this.#parse(text, (message) => new UsageError(message));
  }

  /** @throws CommandError where a line is no tagged JSON */
  parseLine(text: string, place: string): AskedKey {
    return this.#parse(text, (message) => new CommandError(`${place}: ${message}`));
  }

  /** The answer to a key. */
  line({ key, text }: AskedKey): string {
    const found = this.source.find(key);
    if (found === undefined) return `[${text},${this.source.isMulti ? '[]' : 'null'}]`;
    return `[${text},${this.tagged ? stringifyTagged(found.exact()) : plainText(found.plain())}]`;
  }

  #parse(text: string, failure: (message: string) => Error): AskedKey {
    const form = this.source.keys ?? 'string';
    if (!this.tagged) return plainKey(text, form);
    try {
      return taggedKey(text, form);
    } catch (error) {
      throw error instanceof SharedBuffersError ? failure(error.message) : error;
    }
  }
}
