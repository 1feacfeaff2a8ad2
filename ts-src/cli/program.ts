/** The commands together: parsing of arguments, and what comes of failures. */
import { Command, CommanderError } from 'commander';
import { version } from '../version.js';
import { addBuild } from './commands/build.js';
import { addCompletion } from './commands/completion.js';
import { addDump } from './commands/dump.js';
import { addGet } from './commands/get.js';
import { addInfo } from './commands/info.js';
import { addServe } from './commands/serve.js';
import { addTypes } from './commands/types.js';
import { addVerify } from './commands/verify.js';
import { exitCodes, messageOf, UsageError } from './failures.js';
import { interruptible } from './interrupt.js';
import { endQuietlyWhenClosed } from './output.js';

const examples = `
Files that this library built say what they are. Of others, such as those that Python built, the flags --kind,
--id-mapper and --schema say it.

Examples:
  $ sharedbuffers build cities.map --schema city.json --key name cities.jsonl
  $ sharedbuffers info cities.map
  $ sharedbuffers get cities.map 'Buenos Aires'
  $ sharedbuffers dump cities.map | head
  $ sharedbuffers serve cities.map

sharedbuffers COMMAND --help says more about each command.`;

/** @returns the exit code */
export async function run(argv: readonly string[]): Promise<number> {
  endQuietlyWhenClosed(process.stdout);
  const signal = interruptible();
  try {
    await makeProgram(signal).parseAsync([...argv]);
    return Number(process.exitCode ?? exitCodes.success);
  } catch (error) {
    // What was asked to end may have left something open that would keep the process alive.
    if (signal.aborted) process.exit(exitCodes.interrupted);
    return fail(error);
  }
}

function makeProgram(signal: AbortSignal): Command {
  const program = new Command('sharedbuffers')
    .description('Build, read and check files of shared-memory records.')
    .version(version)
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${usageLine(text)}\n`) });
  for (const add of [addBuild, addInfo, addGet, addDump, addVerify, addTypes, addServe, addCompletion])
    add(program, signal);
  return program;
}

/** What commander says, on one line. */
function usageLine(text: string): string {
  const message = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
  return `sharedbuffers: ${message}`;
}

/** Says what went wrong, unless commander did. */
function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  process.stderr.write(`sharedbuffers: ${messageOf(error)}\n`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
}
