/** The one choice that all `build` functions leave: into a file, or into memory. */
import {
  type BuildOptions,
  type BuildReport,
  build,
  buildSync,
  buildToMemory,
  type Entries,
  type Plan,
} from '../building/build.js';

/** The path of a file; or, for a build in memory, the options. */
export type BuildTarget = string | URL | BuildOptions;

export function isPath(target: unknown): target is string | URL {
  return typeof target === 'string' || target instanceof URL;
}

export function buildTo(
  plan: Plan,
  entries: Entries<unknown>,
  target: BuildTarget | undefined,
  options: BuildOptions | undefined,
): Promise<BuildReport | Uint8Array> {
  return isPath(target) ? build(plan, entries, target, options) : buildToMemory(plan, entries, target);
}

export function buildToSync(
  plan: Plan,
  entries: Iterable<unknown>,
  target: BuildTarget | undefined,
  options: BuildOptions | undefined,
): BuildReport | Uint8Array {
  return isPath(target)
    ? buildSync(plan, entries, target, options)
    : buildSync(plan, entries, undefined, target);
}
