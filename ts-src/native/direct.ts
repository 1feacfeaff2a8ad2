/**
 * The native core, and the parts of the bundle, for a runtime that has the library in its own files: loaded straight away,
 * since the detour of `require` takes longer than the loading. Where that fails, `load.cjs` loads the native core or says
 * what is wrong. Next to dist/bundle/node.js, which this is a part of, paths are looked for.
 *
 * Nothing is done before it is called for, and Node's modules are taken where they are used.
 */
import type { Native } from './binding.js';

/** Where a file of the package is. */
function fileOf(name: string): string {
  // Not every runtime that follows Node has `import.meta.dirname`: Jest's sandbox before version 30 has not.
  const here =
    import.meta.dirname ?? process.getBuiltinModule('node:url').fileURLToPath(new URL('.', import.meta.url));
  return process.getBuiltinModule('node:path').join(here, name);
}

function require(id: string): unknown {
  return process.getBuiltinModule('node:module').createRequire(import.meta.url)(id);
}

/** Whether Node keeps what it compiles of modules, which 22.8 and later do where the program has asked for it. */
function keepsCompiled(): boolean {
  const modules: { getCompileCacheDir?(): string | undefined } = process.getBuiltinModule(
    'node:module',
  ) as object;
  return modules.getCompileCacheDir?.() !== undefined;
}

function runPart(filename: string): unknown {
  // In a sandbox, such as Jest's, `Map` and `Object` are not those of Node's modules, and parts have to have the caller's.
  const isSandbox = !(process.getBuiltinModule('node:path') instanceof Object);
  if (!isSandbox && keepsCompiled()) return require(filename);
  const text = process.getBuiltinModule('node:fs').readFileSync(filename, 'utf8');
  const module: { exports?: unknown } = {};
  const run = isSandbox
    ? new Function('module', `${text}//# sourceURL=${filename}`)
    : process.getBuiltinModule('node:vm').compileFunction(text, ['module'], { filename });
  run(module);
  return module.exports;
}

/** A part of the bundle. It may be long since the import, and files come and go. */
export function loadPart(name: string): unknown {
  const file = fileOf(name);
  try {
    return runPart(file);
  } catch (cause) {
    throw new Error(
      `sharedbuffers could not load ${file}: the package was removed or replaced since it was imported, or this process ` +
        'may not read it any more; restart it, or use what it needs once before it gives up its rights',
      { cause },
    );
  }
}

function loadNativeStraight(): Native | undefined {
  if (process.env.SHAREDBUFFERS_NATIVE_BINARY) return undefined;
  const file = fileOf(`../../prebuilds/${process.platform}-${process.arch}/sharedbuffers.node`);
  const loaded = { exports: {} };
  try {
    process.dlopen(loaded, process.getBuiltinModule('node:path').toNamespacedPath(file));
  } catch {
    return undefined;
  }
  return loaded.exports as Native;
}

/** @throws Error that says for which platform there is none, or why it cannot be loaded */
export function loadNative(): Native {
  return loadNativeStraight() ?? (require('../native/load.cjs') as { native: Native }).native;
}
