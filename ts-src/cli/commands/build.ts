import { Argument, type Command, Option } from 'commander';
import type { BuildProgress, BuildReport, DuplicatePolicy } from '../../building/build.js';
import {
  type BuildRequest,
  type ContainerBuild,
  type InputFormat,
  inputFormats,
  kindToBuild,
  planContainer,
} from '../build-plan.js';
import { planSingle, type SingleBuild, writeWhole } from '../build-single.js';
import { CommandError, UsageError } from '../failures.js';
import { Input } from '../input.js';
import { Output } from '../output.js';
import { byteSize, grouped, Progress, type ProgressState } from '../progress.js';
import { addKindFlags, type SelectionFlags, selectionOf } from '../selection.js';

const examples = `
Takes JSON lines: {"key": …, …slots} for a mapping (without "key" where --key names the slot that holds it), {…slots}
for an array, [key, integer] for an id mapper, one line for a single object or value. 64-bit integers beyond 2^53 are
texts, bytes are base64, tuples among object keys are arrays. Fields that the schema does not name are left out.

With --from csv, a line with the names of the slots (and "key" for a mapping without --key), then a line for each row, as
dump --format csv prints them. Nested values are JSON, bytes are base64, booleans are true, false, 1 or 0. An empty
field is no value; an empty text has quotes: "".

The schema:
  {"name": "City", "slots": [["name", "str"], ["population", "uint32"], ["twin", "struct:City"]]}
with types bool, int8 … uint64, float32, float64, int, float, str, bytes, and struct:Name for one of its "types".

Examples:
  $ sharedbuffers build cities.map --schema city.json --key name cities.jsonl
  $ sharedbuffers build cities.map --schema city.json --key name --from csv cities.csv
  $ zcat cities.jsonl.gz | sharedbuffers build cities.array --schema city.json
  $ sharedbuffers dump python.map --kind mapping --id-mapper StringIdMapper --schema city.json --format tagged |
      sharedbuffers build copy.map --id-mapper StringIdMapper --schema city.json --from tagged`;

interface BuildFlags extends SelectionFlags {
  from: InputFormat;
  key?: string;
  duplicates?: DuplicatePolicy;
}

export function addBuild(program: Command, signal: AbortSignal): void {
  const command = program
    .command('build')
    .description('build a file from lines of JSON, or from CSV')
    .addArgument(new Argument('<out>', 'the file to build; it appears when it is complete'))
    .addArgument(new Argument('[input]', 'the file to read; standard input where it is - or left out'))
    .addOption(new Option('--from <format>', 'what the input is').choices(inputFormats).default('jsonl'))
    .option('--key <slot>', 'the slot that holds the key; it is stored too')
    .addOption(
      new Option(
        '--duplicates <policy>',
        'what becomes of equal keys; error, but keep with --from tagged',
      ).choices(['error', 'first', 'last', 'keep']),
    )
    .addHelpText('after', examples);
  addKindFlags(command).action((out: string, input: string | undefined, flags: BuildFlags) =>
    build(out, input, flags, signal),
  );
}

async function build(
  out: string,
  input: string | undefined,
  flags: BuildFlags,
  signal: AbortSignal,
): Promise<void> {
  const request: BuildRequest = { ...selectionOf(flags), from: flags.from, key: flags.key };
  const kind = kindToBuild(request);
  if (kind === 'object' || kind === 'value') {
    if (flags.duplicates !== undefined) throw new UsageError('--duplicates is for what has keys');
    const single = planSingle(kind, request);
    await writeWhole(out, await packOnly(single, kind, Input.open(input, signal)));
    sayWhatWasLeftOut(single.leftOut);
    return;
  }
  const plan = planContainer(kind, request);
  if (flags.duplicates !== undefined && !plan.hasKeys)
    throw new UsageError('--duplicates is for what has keys');
  const duplicates = flags.duplicates ?? (plan.hasKeys && flags.from === 'tagged' ? 'keep' : undefined);
  for (const problem of plan.schema?.interchange ?? []) note(problem);
  const report = await buildContainer(plan, out, Input.open(input, signal), duplicates, signal);
  sayWhatWasLeftOut(plan.leftOut);
  const output = new Output(process.stdout, signal);
  output.line(summary(out, report));
  await output.flush();
}

/** Builds a single record or value from the only entry there may be. */
async function packOnly({ read, pack }: SingleBuild, kind: string, input: Input): Promise<Uint8Array> {
  let packed: Uint8Array | undefined;
  for await (const entry of read(input)) {
    if (packed !== undefined)
      throw new CommandError(`${input.name}:${input.line}: a single ${kind} takes one line`);
    try {
      packed = pack(entry);
    } catch (error) {
      throw input.at(error);
    }
  }
  if (packed !== undefined) return packed;
  throw new CommandError(`${input.name}: there is no line to build the ${kind} from`);
}

async function buildContainer(
  plan: ContainerBuild,
  out: string,
  input: Input,
  duplicates: DuplicatePolicy | undefined,
  signal: AbortSignal,
): Promise<BuildReport> {
  const progress = new Progress();
  const onProgress = (state: BuildProgress) => progress.update(progressState(state, progress.seconds));
  try {
    return await plan.build(plan.read(input), out, {
      signal,
      onProgress,
      ...(duplicates !== undefined && { duplicates }),
    });
  } catch (error) {
    // An entry that is refused is so before another one is asked for.
    throw input.isTaken ? input.at(error) : error;
  } finally {
    progress.clear();
    input.stream.destroy();
  }
}

function progressState({ phase, done, records, bytes }: BuildProgress, seconds: number): ProgressState {
  return {
    title: phase,
    done,
    text() {
      const rate = `${grouped(records / Math.max(seconds, 0.001))}/s`;
      return `${grouped(records)} entries, ${byteSize(bytes)}, ${rate}`;
    },
  };
}

function summary(out: string, { records, bytes, seconds, duplicatesDropped }: BuildReport): string {
  const dropped = duplicatesDropped === 0 ? '' : `, ${grouped(duplicatesDropped)} left out for equal keys`;
  return `${out}: ${grouped(records)} entries${dropped}, ${byteSize(bytes)}, ${seconds.toFixed(2)} s`;
}

function sayWhatWasLeftOut(leftOut: ReadonlySet<string>): void {
  if (leftOut.size === 0) return;
  const names = [...leftOut].slice(0, 10).join(', ');
  note(
    `the schema does not name these fields, which were left out: ${names}${leftOut.size > 10 ? ', …' : ''}`,
  );
}

function note(text: string): void {
  process.stderr.write(`sharedbuffers: note: ${text}\n`);
}
