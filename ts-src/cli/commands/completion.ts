import { Argument, type Command } from 'commander';
import { completionScript, shells } from '../completion.js';
import { Output } from '../output.js';

const examples = `
Prints a script that makes the shell complete commands, flags, their values, and files.

Examples:
  $ source <(sharedbuffers completion bash)                  # this shell; all of them: in ~/.bashrc
  $ sharedbuffers completion zsh > ~/.zfunc/_sharedbuffers   # a folder of fpath
  $ sharedbuffers completion fish > ~/.config/fish/completions/sharedbuffers.fish`;

export function addCompletion(program: Command, signal: AbortSignal): void {
  program
    .command('completion')
    .description('print a script with which a shell completes')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText('after', examples)
    .action(async (shell: (typeof shells)[number]) => {
      const output = new Output(process.stdout, signal);
      output.line(completionScript(program, shell).trimEnd());
      await output.flush();
    });
}
