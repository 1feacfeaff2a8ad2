/**
 * The native core for a runtime that has the library in its own files: loaded straight away, since the detour of `require`
 * takes three times as long as loading. Where that fails, `load.cjs` loads it or says what is wrong. Takes the place of
 * `load.cjs` in dist/bundle/node.js, next to which paths are looked for.
 */
import { createRequire } from 'node:module';
import { join, toNamespacedPath } from 'node:path';
import type { Native } from './binding.js';

let requireHere: NodeJS.Require | undefined;

/** `require` from this file, made when it is first called. */
function require(path: string): unknown {
  requireHere ??= createRequire(import.meta.url);
  return requireHere(path);
}

/** A part of the bundle. It may be long since the import, and files come and go. */
export function requirePart(path: string): unknown {
  try {
    return require(path);
  } catch (cause) {
    const where = join(import.meta.dirname, path);
    throw new Error(
      `sharedbuffers could not load ${where}: the package was removed or replaced since it was imported, or this process ` +
        'may not read it any more; restart it, or use what it needs once before it gives up its rights',
      { cause },
    );
  }
}

function loadStraight(): Native | undefined {
  if (process.env.SHAREDBUFFERS_NATIVE_BINARY) return undefined;
  const path = join(
    import.meta.dirname,
    `../../prebuilds/${process.platform}-${process.arch}/sharedbuffers.node`,
  );
  const loaded = { exports: {} };
  try {
    process.dlopen(loaded, toNamespacedPath(path));
  } catch {
    return undefined;
  }
  return loaded.exports as Native;
}

export const native: Native = loadStraight() ?? (require('../native/load.cjs') as { native: Native }).native;
