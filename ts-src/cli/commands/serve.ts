import { once } from 'node:events';
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { CommandError } from '../failures.js';
import { Output } from '../output.js';
import { addSelectionFlags, type SelectionFlags, selectionOf } from '../selection.js';
import { Browser } from '../serve/browser.js';
import { PageServer } from '../serve/server.js';

const examples = `
Prints the address of a page that shows the file: its schema, what its bytes are spent on, records page by page, and those
of keys that are looked up. The file is read in place, so its size does not matter. The address works on this machine
alone, and only with the secret part in it. Ctrl-C ends it.

Examples:
  $ sharedbuffers serve cities.map
  $ sharedbuffers serve cities.map --port 8080
  $ sharedbuffers serve python.map --kind mapping --id-mapper StringIdMapper`;

interface ServeFlags extends SelectionFlags {
  readonly port: number;
}

export function addServe(program: Command, signal: AbortSignal): void {
  const command = program
    .command('serve')
    .alias('inspect')
    .description('show a file in a web browser')
    .addArgument(new Argument('<file>', 'the file'))
    .option('--port <number>', 'of the address; any that is free', portNumber, 0)
    .addHelpText('after', examples);
  addSelectionFlags(command).action((file: string, flags: ServeFlags) => serve(file, flags, signal));
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port < 2 ** 16) return port;
  throw new InvalidArgumentError('It is a number from 0 to 65535.');
}

async function serve(file: string, flags: ServeFlags, signal: AbortSignal): Promise<void> {
  const browser = new Browser(file, selectionOf(flags));
  const server = new PageServer(browser);
  try {
    const output = new Output(process.stdout, signal);
    output.line(await listen(server, flags.port));
    await output.flush();
    if (!signal.aborted) await once(signal, 'abort');
    await server.close();
    signal.throwIfAborted();
  } finally {
    browser.close();
  }
}

async function listen(server: PageServer, port: number): Promise<string> {
  try {
    return await server.listen(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'EADDRINUSE'
        ? 'something else uses it'
        : code === 'EACCES'
          ? 'the system does not allow it'
          : '';
    if (why === '') throw error;
    throw new CommandError(`port ${port}: ${why}; choose another with --port, or leave it out`);
  }
}
