import { Argument, type Command } from 'commander';
import { UsageError } from '../failures.js';
import { openSource } from '../open-source.js';
import { Output } from '../output.js';
import { addSelectionFlags, type SelectionFlags, selectionOf } from '../selection.js';
import { declarationsOf } from '../typescript.js';

const examples = `
Examples:
  $ sharedbuffers types cities.map > cities.d.ts
  $ sharedbuffers types python.array --kind array`;

export function addTypes(program: Command, signal: AbortSignal): void {
  const command = program
    .command('types')
    .description('print the schema as TypeScript')
    .addArgument(new Argument('<file>', 'the file'))
    .addHelpText('after', examples);
  addSelectionFlags(command).action(async (file: string, flags: SelectionFlags) => {
    const source = openSource(file, selectionOf(flags));
    try {
      if (source.schema === undefined) throw new UsageError(`${file}: the ${source.kind} has no schema`);
      const output = new Output(process.stdout, signal);
      output.line(declarationsOf(source.schema));
      await output.flush();
    } finally {
      source.close();
    }
  });
}
