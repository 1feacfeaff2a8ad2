/** Starting, with string keys. */
import { contenders } from '../contenders/index.js';
import { type StartupResult, work } from '../works/startup.js';
import type { Context } from './context.js';

/** Of contenders that differ in nothing at the start, the first alone. */
const taking = ['sharedbuffers', 'map', 'lmdb-binary', 'sqlite', 'flatbuffers', 'classic-level'];

export async function measureStartup({ size, effort, files, say }: Context): Promise<StartupResult> {
  const chosen = contenders.filter(({ id }) => taking.includes(id));
  const opened = await files.ensureAll(chosen, 'string', size);
  say('starting');
  return work({ contenders: opened, runs: effort.startupRuns });
}
