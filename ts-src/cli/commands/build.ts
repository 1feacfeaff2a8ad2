import { existsSync } from 'node:fs';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { BuildOptions, BuildProgress, BuildReport, DuplicatePolicy } from '../../building/build.js';
import type { IndexChoice } from '../../building/options.js';
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
import { prepare } from '../inference/schema-of-input.js';
import type { Input } from '../input.js';
import { isStandardInput } from '../lines.js';
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

With --from parquet, a file whose columns are the slots (and "key"); the package @duckdb/node-api reads it, where it is
installed beside this one.

The schema:
  {"name": "City", "slots": [["name", "str"], ["population", "uint32"], ["twin", "struct:City"]]}
with types bool, int8 … uint64, float32, float64, int, float, str, bytes, list, dict, datetime, … and struct:Name for one
of its "types". Without --schema, it is inferred from all of the input (which is read twice) and printed.

Examples:
  $ sharedbuffers build cities.map --schema city.json --key name cities.jsonl
  $ sharedbuffers build cities.map --key name --write-schema city.json cities.csv
  $ zcat cities.jsonl.gz | sharedbuffers build cities.array --schema city.json
  $ sharedbuffers build cities.map --key name cities.parquet
  $ sharedbuffers dump python.map --kind mapping --id-mapper StringIdMapper --schema city.json --format tagged |
      sharedbuffers build copy.map --id-mapper StringIdMapper --schema city.json --from tagged`;

interface BuildFlags extends SelectionFlags {
  from?: InputFormat;
  key?: string;
  writeSchema?: string;
  duplicates?: DuplicatePolicy;
  index?: IndexChoice;
  dedupe?: boolean;
  memoryLimit?: number;
  tempDir?: string;
}

export function addBuild(program: Command, signal: AbortSignal): void {
  const command = program
    .command('build')
    .description('build a file from lines of JSON, from CSV or from Parquet')
    .addArgument(new Argument('<out>', 'the file to build; it appears when it is complete'))
    .addArgument(new Argument('[input]', 'the file to read; standard input where it is - or left out'))
    .addOption(
      new Option(
        '--from <format>',
        'what the input is; csv and parquet by the name of the file, else jsonl',
      ).choices(inputFormats),
    )
    .option('--key <slot>', 'the slot that holds the key; it is stored too')
    .option('--write-schema <file>', 'takes the schema that was inferred, where there is no --schema')
    .addOption(
      new Option(
        '--duplicates <policy>',
        'what becomes of equal keys; error, but keep with --from tagged',
      ).choices(['error', 'first', 'last', 'keep']),
    )
    .addOption(
      new Option(
        '--index <choice>',
        'what finds keys faster, beyond the sorted rows; direct, for multi-mappings radix',
      ).choices(['none', 'radix', 'direct']),
    )
    .option('--dedupe', 'store equal records, and equal values of their slots, once')
    .option('--memory-limit <size>', 'how much memory the build may take, as in 512M; 256M', memorySize)
    .option('--temp-dir <folder>', 'where large builds put temporary files; beside the output')
    .addHelpText('after', examples);
  addKindFlags(command).action((out: string, input: string | undefined, flags: BuildFlags) =>
    build(out, input, flags, signal),
  );
}

function memorySize(text: string): number {
  const [, digits, unit = ''] = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit.toUpperCase());
  if (digits !== undefined && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError('It is a number of bytes, or of K, M or G.');
}

function formatOf(path: string | undefined): InputFormat {
  const extension = /\.(csv|parquet)$/i.exec(path ?? '')?.[1]?.toLowerCase();
  return inputFormats.find((format) => format === extension) ?? 'jsonl';
}

async function build(
  out: string,
  path: string | undefined,
  flags: BuildFlags,
  signal: AbortSignal,
): Promise<void> {
  const asked: BuildRequest = { ...selectionOf(flags), from: flags.from ?? formatOf(path), key: flags.key };
  const kind = kindToBuild(asked);
  checkFlags(kind, flags);
  checkOrder(out, path);
  if (isStandardInput(path) && process.stdin.isTTY) {
    note('the input is what you type; Ctrl-D ends it');
  }
  const prepared = await prepare(asked, { out, path, writeSchema: flags.writeSchema, signal, say: note });
  try {
    const { request, input } = prepared;
    if (kind === 'object' || kind === 'value') {
      const single = planSingle(kind, request);
      await writeWhole(out, await packOnly(single, kind, input));
      sayWhatWasLeftOut(single.leftOut);
      return;
    }
    const plan = planContainer(kind, request);
    for (const problem of plan.schema?.interchange ?? []) note(problem);
    const report = await buildContainer(plan, out, input, optionsOf(plan, request, flags), signal);
    sayWhatWasLeftOut(plan.leftOut);
    const output = new Output(process.stdout, signal);
    output.line(summary(out, report));
    await output.flush();
  } finally {
    await prepared.close();
  }
}

/** Who gives the input first, as `cp` has it, is told so. */
function checkOrder(out: string, path: string | undefined): void {
  const isSwapped = /\.(jsonl|json|csv|parquet)$/i.test(out) && existsSync(out);
  if (!isSwapped || isStandardInput(path) || existsSync(path)) return;
  throw new UsageError(
    `${path}: no such file or directory; the file to build comes first: sharedbuffers build ${path} ${out}`,
  );
}

/** What can be said before the input is read. */
function checkFlags(
  kind: ReturnType<typeof kindToBuild>,
  { from, key, duplicates, index }: BuildFlags,
): void {
  const isMapping = kind === 'mapping' || kind === 'multi-mapping';
  if (duplicates !== undefined && !isMapping && kind !== 'id-mapper') {
    throw new UsageError('--duplicates is for what has keys');
  }
  if (index !== undefined && !isMapping && kind !== 'id-mapper') {
    throw new UsageError('--index is for what has keys');
  }
  if (key !== undefined && (!isMapping || from === 'tagged')) {
    throw new UsageError('--key is for mappings, and not for tagged JSON');
  }
}

function optionsOf(plan: ContainerBuild, { from }: BuildRequest, flags: BuildFlags): BuildOptions {
  const { index, dedupe, memoryLimit, tempDir } = flags;
  const duplicates = flags.duplicates ?? (plan.hasKeys && from === 'tagged' ? 'keep' : undefined);
  return {
    ...(duplicates !== undefined && { duplicates }),
    ...(index !== undefined && { index }),
    ...(dedupe !== undefined && { dedupe }),
    ...(memoryLimit !== undefined && { memoryLimit }),
    ...(tempDir !== undefined && { tempDir }),
  };
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
  options: BuildOptions,
  signal: AbortSignal,
): Promise<BuildReport> {
  const progress = new Progress();
  const onProgress = (state: BuildProgress) => progress.update(progressState(state, progress.seconds));
  try {
    return await plan.build(plan.read(input), out, { ...options, signal, onProgress });
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
