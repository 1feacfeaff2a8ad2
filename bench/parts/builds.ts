/** Builds of all contenders from the same entries in memory, each in a process of its own. */
import { writeFileSync } from 'node:fs';
import { contenderOf, contenders } from '../contenders/index.js';
import { type PythonBuild, runPython } from '../contenders/python.js';
import { runWork } from '../support/child-work.js';
import type { KeyKind } from '../support/cities.js';
import { spreadOf } from '../support/spread.js';
import type { BuildParameters, BuildResult } from '../works/build.js';
import { type Context, largeHeap } from './context.js';

export interface BuildRow extends BuildResult {
  readonly contender: string;
  readonly name: string;
  readonly keys: KeyKind;
}

export async function measureBuilds(context: Context): Promise<BuildRow[]> {
  const rows: BuildRow[] = [];
  const groups = new Set<string>();
  for (const contender of contenders) {
    const { id, title: name, group = id } = contender;
    // A `Map` is not built into a file: what it costs to have one is its loading, which counts as starting.
    if (groups.has(group) || id === 'map') continue;
    groups.add(group);
    for (const keys of ['string', 'uint32'] as const) {
      context.say(`building: ${name}, ${keys} keys`);
      const { size, effort, files } = context;
      const path = files.pathOf(contender, keys, size);
      const rounds = keys === 'string' ? effort.buildRounds : 1;
      const parameters = { contender: id, path, keys, size, rounds };
      const result = await runWork<BuildParameters, BuildResult>('build', parameters, largeHeap);
      files.keep(path);
      rows.push({ contender: id, name, keys, ...result });
    }
  }
  if (context.python !== undefined) rows.push(...(await measurePython(context, context.python)));
  return rows;
}

async function measurePython({ size, files, say }: Context, python: string): Promise<BuildRow[]> {
  const rows: BuildRow[] = [];
  for (const keys of ['string', 'uint32'] as const) {
    say(`building: the Python library, ${keys} keys`);
    const entries = await files.ensure(contenderOf('map'), keys, size);
    const path = files.other(`python-${keys}`);
    writeFileSync(path, '');
    const job = { work: 'build', path, keys, entries, rounds: 1 };
    const { seconds, bytes, peakBytes } = await runPython<PythonBuild>(python, job);
    const name = 'Python sharedbuffers';
    rows.push({ contender: 'python', name, keys, seconds: spreadOf(seconds), bytes, peakBytes });
  }
  return rows;
}
