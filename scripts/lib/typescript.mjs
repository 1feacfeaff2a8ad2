// TypeScript: ts-src -> dist, and test, examples, bench -> build.
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { at, filesBelow, root } from './paths.mjs';
import { Failure, run, withProgress } from './run.mjs';
import { once } from './stamp.mjs';

/** Runs a TypeScript compiler; by its path, for both of ours have the same name. */
export function tsc(title, args, packageName = 'typescript') {
  return run(title, process.execPath, [at(`node_modules/${packageName}/bin/tsc`), ...args]);
}

const cliEntry = 'ts-src/cli/main.ts';
const cliBundle = 'dist/cli/main.js';

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

/**
 * The command line with what it needs for arguments and the like in one file, so that the package has no dependencies.
 * The library's own modules stay where they are: a second copy of them would not know the first one's classes.
 */
async function bundleCli() {
  const { build } = createRequire(at('package.json'))('esbuild');
  const folder = dirname(at(cliEntry));
  const libraryStaysOutside = {
    name: 'library-stays-outside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) => {
        if (!importer.startsWith(folder)) return undefined;
        const fromMain = relative(folder, resolve(resolveDir, path)).split(sep).join('/');
        return fromMain.startsWith('../') ? { path: fromMain, external: true } : undefined;
      });
    },
  };
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: [at(cliEntry)],
    outfile: at(cliBundle),
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    // Who wants to read Parquet installs it: it is 70 MB.
    external: ['@duckdb/node-api'],
    format: 'esm',
    target: 'node20.19',
    // CommonJS packages in the bundle ask for Node's modules with `require`.
    banner: {
      js: `import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);`,
    },
    plugins: [libraryStaysOutside],
    logLevel: 'warning',
  });
  appendFileSync(at(cliBundle), licensesOf(Object.keys(metafile.inputs)));
  chmodSync(at(cliBundle), 0o755);
}

/** The licenses of bundled packages, which have to go where their code goes. */
function licensesOf(files) {
  const folders = files.map((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean);
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const license = readdirSync(at(folder)).find((name) => /^licen[cs]e/i.test(name));
      if (!license) throw new Failure(`${folder} is bundled and has no license file.`);
      const text = readFileSync(at(`${folder}/${license}`), 'utf8')
        .trim()
        .replaceAll('*/', '* /');
      return `\n/*\n${folder.replace(/^.*node_modules\//, '')}\n\n${text}\n*/\n`;
    })
    .join('');
}

/** Compiles the library and bundles the command line. */
export function buildLibrary() {
  const sources = filesBelow('ts-src');
  const outputs = sources.flatMap(outputsOf);
  const inputs = [
    'ts-src',
    'tsconfig.json',
    'package.json',
    'package-lock.json',
    'scripts/lib/typescript.mjs',
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
    if (existsSync(at(cliEntry))) await withProgress('bundling the command line', bundleCli);
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
