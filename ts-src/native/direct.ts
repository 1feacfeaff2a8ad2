/**
 * The native core, and the parts of the bundle, for a runtime that has the library in its own files: loaded straight away,
 * since the detour of `require` takes longer than the loading. Where that fails, `load.cjs` loads the native core or says
 * what is wrong. Takes the place of `load.cjs` in dist/bundle/node.js, next to which paths are looked for.
 */
import { readFileSync } from 'node:fs';
import type nodeModule from 'node:module';
import { join, toNamespacedPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction, runInThisContext } from 'node:vm';
import type { Native } from './binding.js';

/** Not every runtime that follows Node has `import.meta.dirname`: Jest's sandbox before version 30 has not. */
const here: string = import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url));
/** What Node 22.8 and later know about keeping what they have compiled. */
const modules: typeof nodeModule & { getCompileCacheDir?(): string | undefined } =
  process.getBuiltinModule('node:module');

function require(path: string): unknown {
  return modules.createRequire(import.meta.url)(path);
}

/** A part of the bundle. It may be long since the import, and files come and go. */
export function loadPart(name: string): unknown {
  const path = join(here, name);
  try {
    // In a sandbox, such as Jest's, `Map` is another one, and parts have to have that one, as the caller has.
    const isSandbox = runInThisContext('Object') !== Object;
    // What `require` loads, Node keeps compiled where the program has asked for that.
    if (!isSandbox && modules.getCompileCacheDir?.() !== undefined) return require(path);
    const text = readFileSync(path, 'utf8');
    const module: { exports?: unknown } = {};
    const run = isSandbox
      ? new Function('module', `${text}//# sourceURL=${path}`)
      : compileFunction(text, ['module'], { filename: path });
    run(module);
    return module.exports;
  } catch (cause) {
    throw new Error(
      `sharedbuffers could not load ${path}: the package was removed or replaced since it was imported, or this process ` +
        'may not read it any more; restart it, or use what it needs once before it gives up its rights',
      { cause },
    );
  }
}

function loadNativeStraight(): Native | undefined {
  if (process.env.SHAREDBUFFERS_NATIVE_BINARY) return undefined;
  const path = join(here, `../../prebuilds/${process.platform}-${process.arch}/sharedbuffers.node`);
  const loaded = { exports: {} };
  try {
    process.dlopen(loaded, toNamespacedPath(path));
  } catch {
    return undefined;
  }
  return loaded.exports as Native;
}

export const native: Native =
  loadNativeStraight() ?? (require('../native/load.cjs') as { native: Native }).native;
