// TypeScript: ts-src -> dist, and test, examples, bench -> build.
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { bundleLibrary, bundles } from './bundles.mjs';
import { at, filesBelow } from './paths.mjs';
import { run, withProgress } from './run.mjs';
import { once } from './stamp.mjs';

/** Runs a TypeScript compiler; by its path, for both of ours have the same name. */
export function tsc(title, args, packageName = 'typescript') {
  return run(title, process.execPath, [at(`node_modules/${packageName}/bin/tsc`), ...args]);
}

/**
 * What becomes of a source file; CommonJS files are written by hand, with their declarations, and copied, as is the page
 * that the command line serves.
 */
function outputsOf(source) {
  const path = source.replace(/^ts-src\//, 'dist/');
  if (isCopied(source)) return [path];
  const match = path.match(/^(.*)\.([mc]?)ts$/);
  return match ? [`${match[1]}.${match[2]}js`, `${match[1]}.d.${match[2]}ts`] : [];
}
const isCopied = (source) => /\.(cjs|d\.[mc]?ts)$|^ts-src\/cli\/page\//.test(source);

/** Compiles the library and bundles it and its command line. */
export function buildLibrary() {
  const sources = filesBelow('ts-src');
  const outputs = [...sources.flatMap(outputsOf), ...bundles];
  const inputs = [
    'ts-src',
    'tsconfig.json',
    'package.json',
    'package-lock.json',
    'scripts/lib/typescript.mjs',
    'scripts/lib/bundles.mjs',
    'scripts/lib/library-bundle.mjs',
    'scripts/lib/targets.mjs',
  ];
  return once('library', { inputs, outputs }, async () => {
    // dist ships: nothing may stay in it whose source is gone.
    const expected = new Set(outputs);
    for (const file of filesBelow('dist')) if (!expected.has(file)) rmSync(at(file));
    // The compiler would not write again what it believes to be there.
    if (!outputs.every((output) => existsSync(at(output))))
      rmSync(at('build/ts-src.tsbuildinfo'), { force: true });
    await tsc('compiling TypeScript', ['-p', 'tsconfig.json']);
    for (const source of sources.filter(isCopied)) {
      const [output] = outputsOf(source);
      mkdirSync(dirname(at(output)), { recursive: true });
      copyFileSync(at(source), at(output));
    }
    await withProgress('bundling the library and its command line', bundleLibrary);
  });
}

/** Compiles tests, examples and benchmarks against dist. */
export function buildTests() {
  const folders = ['test', 'examples', 'bench'];
  const outputs = folders
    .flatMap(filesBelow)
    .filter((file) => /(?<!\.d)\.ts$/.test(file))
    .map(compiled);
  const inputs = [
    ...folders,
    'dist',
    'tsconfig.json',
    'tsconfig.test.json',
    'package.json',
    'package-lock.json',
  ];
  return once('tests', { inputs, outputs }, async () => {
    if (!outputs.every((output) => existsSync(at(output))))
      rmSync(at('build/test.tsbuildinfo'), { force: true });
    await tsc('compiling tests, examples and benchmarks', ['-p', 'tsconfig.test.json']);
  });
}

/** Where a test, example or benchmark is compiled to. */
export const compiled = (source) => `build/${source.replace(/\.ts$/, '.js')}`;
