/** The one choice that all `build` functions leave: into a file, into memory, or into a part of a file. */
import {
  type BuildOptions,
  type BuildReport,
  build,
  buildPart,
  buildPartSync,
  buildSync,
  buildToMemory,
  type Entries,
  type Plan,
} from '../building/build.js';
import { PartWorkspace } from '../building/part-workspace.js';
import { describe, InvalidTypeError } from '../errors.js';
import { isPath } from './container.js';

/** The path of a file; or, for a build in memory, the options. Bundles give the place of a member. */
export type BuildTarget = string | URL | BuildOptions | PartWorkspace;

/** @throws InvalidTypeError where it is neither, such as the `null` of a path that is not known */
function checkTarget(target: unknown): void {
  if (target === undefined || (typeof target === 'object' && target !== null)) return;
  throw new InvalidTypeError(
    `expected the path of a file, or the options of a build into memory, found ${describe(target)}`,
  );
}

export async function buildTo(
  plan: Plan,
  entries: Entries<unknown>,
  target: BuildTarget | undefined,
  options: BuildOptions | undefined,
): Promise<BuildReport | Uint8Array | undefined> {
  if (target instanceof PartWorkspace) return buildPart(plan, entries, target, options);
  if (isPath(target)) return build(plan, entries, target, options);
  checkTarget(target);
  return buildToMemory(plan, entries, target);
}

export function buildToSync(
  plan: Plan,
  entries: Iterable<unknown>,
  target: BuildTarget | undefined,
  options: BuildOptions | undefined,
): BuildReport | Uint8Array | undefined {
  if (target instanceof PartWorkspace) return buildPartSync(plan, entries, target, options);
  if (isPath(target)) return buildSync(plan, entries, target, options);
  checkTarget(target);
  return buildSync(plan, entries, undefined, target);
}
