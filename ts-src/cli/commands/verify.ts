import { setImmediate as nextTurn } from 'node:timers/promises';
import { Argument, type Command } from 'commander';
import { FindingList } from '../../containers/findings.js';
import { exitCodes } from '../failures.js';
import { openSource } from '../open-source.js';
import { Output } from '../output.js';
import { grouped, Progress } from '../progress.js';
import { addSelectionFlags, type SelectionFlags, selectionOf } from '../selection.js';
import type { Source } from '../source.js';

const examples = `
Looks at every row, key, record, pointer and string, and at the checksums of what this library adds. Prints what is
wrong and where in the file, and ends with exit code 1 if anything is. With --json that is one object: kind, count of
rows, findingCount, and findings with offset and message, of which the first are listed.

Examples:
  $ sharedbuffers verify cities.map
  $ sharedbuffers verify python.array --kind array --offset 4096
  $ sharedbuffers verify cities.map --json | jq .findingCount`;

interface VerifyFlags extends SelectionFlags {
  json?: true;
}

/** How long it works without letting signals and the terminal have their turn. */
const sliceMilliseconds = 20;
const printedFindings = 100;

export function addVerify(program: Command, signal: AbortSignal): void {
  const command = program
    .command('verify')
    .description('check all of a file')
    .addArgument(new Argument('<file>', 'the file'))
    .option('--json', 'print an object for programs')
    .addHelpText('after', examples);
  addSelectionFlags(command).action(async (file: string, flags: VerifyFlags) => {
    const source = openSource(file, selectionOf(flags));
    try {
      const findings = new FindingList(printedFindings);
      await verifySource(source, findings, signal);
      const output = new Output(process.stdout, signal);
      const start = startOf(source, flags.offset ?? 0);
      if (flags.json) reportJson(file, source, findings, output, start);
      else await report(file, source, findings, output, start);
      if (findings.count > 0) process.exitCode = exitCodes.failure;
      await output.flush();
    } finally {
      source.close();
    }
  });
}

async function verifySource(source: Source, findings: FindingList, signal: AbortSignal): Promise<void> {
  const progress = new Progress();
  let sliceEnd = performance.now() + sliceMilliseconds;
  try {
    for (const seen of source.verify(findings)) {
      if (performance.now() < sliceEnd) continue;
      progress.update({
        text: () => `checked ${grouped(seen)} rows and records, ${findings.count} findings`,
      });
      await nextTurn();
      signal.throwIfAborted();
      sliceEnd = performance.now() + sliceMilliseconds;
    }
  } finally {
    progress.clear();
  }
}

async function report(
  file: string,
  source: Source,
  findings: FindingList,
  output: Output,
  start: number,
): Promise<void> {
  for (const finding of findings.list) {
    output.line(`${file}: at offset ${finding.offset + start}: ${finding.message}`);
    if (output.isFull) await output.flush();
  }
  const unprinted = findings.count - findings.list.length;
  if (unprinted > 0) output.line(`${file}: and ${grouped(unprinted)} more`);
  if (findings.count === 0) output.line(`${file}: nothing wrong with the ${source.kind}${extent(source)}`);
}

function reportJson(
  file: string,
  { kind, count }: Source,
  { list, count: findingCount }: FindingList,
  output: Output,
  start: number,
): void {
  const findings = list.map(({ offset, message }) => ({ offset: offset + start, message }));
  output.line(JSON.stringify({ file, kind, count, findingCount, findings }));
}

/** Where in the file the positions of findings count from. */
function startOf(source: Source, offset: number): number {
  // Positions in single records and values count from the start of the file already.
  const isSingle = source.kind === 'object' || source.kind === 'value';
  return (source.base ?? 0) + (isSingle ? 0 : offset);
}

function extent({ kind, count }: Source): string {
  if (kind === 'object' || kind === 'value') return '';
  const what = kind === 'bundle' ? 'entries' : kind === 'array' ? 'records' : 'rows';
  return ` of ${grouped(count)} ${what}`;
}
