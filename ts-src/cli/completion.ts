/** Scripts that make shells complete the command line, made of the commands themselves. */
import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

interface Flag {
  readonly names: readonly string[];
  readonly description: string;
  /** `undefined` where it takes no value; empty where the value is free. */
  readonly values: readonly string[] | undefined;
  /** Whether the value is the name of a file or a folder. */
  readonly isPath: boolean;
}

interface CommandInfo {
  readonly names: readonly string[];
  readonly description: string;
  readonly flags: readonly Flag[];
  /** What its arguments can be, where they are no files. */
  readonly values: readonly string[];
}

export function completionScript(program: Command, shell: Shell): string {
  const commands = program.commands.map(infoOf);
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return zshScript(commands);
    case 'fish':
      return fishScript(commands);
  }
}

function infoOf(command: Command): CommandInfo {
  return {
    names: [command.name(), ...command.aliases()],
    description: command.description(),
    flags: command.createHelp().visibleOptions(command).map(flagOf),
    values: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
}

function flagOf(option: Option): Flag {
  const placeholder = /<(\w+)>/.exec(option.flags)?.[1];
  return {
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null) as string[],
    description: option.description,
    values: placeholder === undefined ? undefined : (option.argChoices ?? []),
    isPath: placeholder === 'file' || placeholder === 'folder',
  };
}

/** A text as a shell takes it literally. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const words = (list: readonly string[]) => quote(list.join(' '));

function bashScript(commands: readonly CommandInfo[]): string {
  const flagValues = new Map<string, Flag>();
  for (const flag of commands.flatMap(({ flags }) => flags)) {
    if (flag.values !== undefined) for (const name of flag.names) flagValues.set(name, flag);
  }
  const valueCases = [...flagValues].map(([name, { values = [], isPath }]) =>
    values.length > 0
      ? `    ${name}) COMPREPLY=($(compgen -W ${words(values)} -- "$word")); return;;`
      : `    ${name}) ${isPath ? 'COMPREPLY=($(compgen -f -- "$word"))' : 'COMPREPLY=()'}; return;;`,
  );
  const commandCases = commands.map(({ names, flags, values }) => {
    const flagWords = words(flags.flatMap((flag) => flag.names));
    return `    ${names.join('|')}) flags=${flagWords}; values=${words(values)};;`;
  });
  return `# Completion of sharedbuffers for bash.
_sharedbuffers() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" flags='' values=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${words(['--help', '--version', ...commands.flatMap(({ names }) => names)])} -- "$word"))
    return
  fi
  case "$before" in
${valueCases.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commandCases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word"));;
    *) if [ -n "$values" ]; then COMPREPLY=($(compgen -W "$values" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi;;
  esac
}
complete -o filenames -F _sharedbuffers sharedbuffers
`;
}

/** Brackets and colons mean something in what \`_arguments\` takes. */
function zshText(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&');
}

function zshFlag({ names, description, values, isPath }: Flag): string {
  const action =
    values === undefined ? '' : values.length > 0 ? `(${values.join(' ')})` : isPath ? '_files' : ' ';
  const value = values === undefined ? '' : `:value:${action}`;
  return names.map((name) => quote(`${name}[${zshText(description)}]${value}`)).join(' ');
}

function zshScript(commands: readonly CommandInfo[]): string {
  const described = commands.flatMap(({ names, description }) =>
    names.map((name) => `    ${quote(`${name}:${zshText(description)}`)}`),
  );
  const cases = commands.map(({ names, flags, values }) => {
    const rest = values.length > 0 ? `*:value:(${values.join(' ')})` : '*:file:_files';
    return `    ${names.join('|')}) _arguments ${[...flags.map(zshFlag), quote(rest)].join(' ')};;`;
  });
  return `#compdef sharedbuffers
# Completion of sharedbuffers for zsh.
_sharedbuffers() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$name" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _sharedbuffers ]; then _sharedbuffers "$@"; else compdef _sharedbuffers sharedbuffers; fi
`;
}

function fishScript(commands: readonly CommandInfo[]): string {
  const lines = [
    '# Completion of sharedbuffers for fish.',
    "complete -c sharedbuffers -n __fish_use_subcommand -l help -d 'display help'",
    "complete -c sharedbuffers -n __fish_use_subcommand -f -l version -d 'print the version'",
  ];
  for (const { names, description, flags, values } of commands) {
    const when = quote(`__fish_seen_subcommand_from ${names.join(' ')}`);
    for (const name of names) {
      lines.push(`complete -c sharedbuffers -f -n __fish_use_subcommand -a ${name} -d ${quote(description)}`);
    }
    if (values.length > 0) lines.push(`complete -c sharedbuffers -f -n ${when} -a ${words(values)}`);
    for (const flag of flags) lines.push(`complete -c sharedbuffers -n ${when} ${fishFlag(flag)}`);
  }
  return `${lines.join('\n')}\n`;
}

function fishFlag({ names, description, values, isPath }: Flag): string {
  const named = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value =
    values === undefined ? '' : values.length > 0 ? ` -x -a ${words(values)}` : isPath ? ' -r -F' : ' -x';
  return `${named.join(' ')}${value} -d ${quote(description)}`;
}
