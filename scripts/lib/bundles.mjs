// What ships of dist, besides declarations: dist/bundle, the library in one file with an entry for each way to its native
// core, and dist/cli/main.js, which shares that file. A second copy of it would not know the first one's classes.
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative, resolve, sep } from 'node:path';
import { at, root } from './paths.mjs';
import { Failure } from './run.mjs';
import { targets } from './targets.mjs';

const core = 'dist/bundle/core.js';
const cli = 'dist/cli/main.js';
const entry = (name) => `dist/bundle/${name}.js`;
const loader = (target) => `dist/native/${target}.cjs`;

/** Every file that `bundleLibrary` writes. */
export const bundles = [
  core,
  cli,
  entry('index'),
  ...targets.flatMap((target) => [entry(target), loader(target)]),
];

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
};

/** Bundles what was compiled into dist. */
export async function bundleLibrary() {
  const { build } = createRequire(at('package.json'))('esbuild');
  mkdirSync(at('dist/bundle'), { recursive: true });
  const needed = await bundleCli(build);
  const names = await bundleCore(build, needed);
  writeEntry('index', 'load', names);
  for (const target of targets) {
    writeFileSync(
      at(loader(target)),
      `'use strict';\n\nrequire('./binary.cjs').native ??= require('../../prebuilds/${target}/sharedbuffers.node');\n`,
    );
    writeEntry(target, target, names);
  }
}

/**
 * The command line with what it needs for arguments and the like, so that the package has no dependencies. Answers what
 * it takes from the library: names by module.
 */
async function bundleCli(build) {
  const bundle = (pathOf, options) =>
    build({
      ...common,
      entryPoints: [at('ts-src/cli/main.ts')],
      // The native core has to be there before the library is. And CommonJS packages ask for Node's modules with `require`.
      banner: {
        js: `import '../native/load.cjs';\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);`,
      },
      plugins: [libraryOutside(pathOf)],
      ...options,
    });
  const byModule = await bundle((module) => module, { write: false, outfile: at(cli) });
  const { metafile } = await bundle(() => '../bundle/core.js', {
    outfile: at(cli),
    allowOverwrite: true,
    metafile: true,
  });
  appendFileSync(at(cli), licensesOf(Object.keys(metafile.inputs)));
  chmodSync(at(cli), 0o755);
  return importsOf(byModule.outputFiles[0].text);
}

/** What a bundle of esbuild imports by name from the modules that it left outside. */
function importsOf(text) {
  const imports = new Map();
  for (const [, list, module] of text.matchAll(/^import \{([^}]*)\} from "(\.\.\/[^"]*)";$/gm)) {
    for (const item of list.split(',')) {
      const [name] = item.trim().split(' as ');
      if ((imports.get(name) ?? module) !== module)
        throw new Failure(`The command line imports ${name} from ${imports.get(name)} and from ${module}.`);
      imports.set(name, module);
    }
  }
  return imports;
}

/** Leaves the modules of the library outside of the command line's bundle, under the path that `pathOf` says. */
function libraryOutside(pathOf) {
  const folder = at('ts-src/cli');
  return {
    name: 'library-outside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) => {
        if (!importer.startsWith(folder)) return undefined;
        const fromMain = relative(folder, resolve(resolveDir, path)).split(sep).join('/');
        return fromMain.startsWith('../') ? { path: pathOf(fromMain), external: true } : undefined;
      });
    },
  };
}

/**
 * The library, with its public names and those that the command line `needs`, and without a way to its native core.
 * Answers the public names.
 */
async function bundleCore(build, needs) {
  const bundle = (contents, options) =>
    build({
      ...common,
      stdin: { contents, resolveDir: at('dist') },
      outfile: at(core),
      metafile: true,
      // Nearly a third less to read; lines stay short enough to be shown where an error is not caught.
      minifyWhitespace: true,
      lineLimit: 120,
      plugins: [coreWithoutBinary, builtinsWithoutFacades],
      ...options,
    });
  const exportsOf = ({ metafile }) => Object.values(metafile.outputs)[0].exports;
  const names = exportsOf(await bundle("export * from './index.js';", { write: false }));
  const internals = [...needs]
    .filter(([name]) => !names.includes(name))
    .map(([name, module]) => `export { ${name} } from '${module.replace('../', './')}';\n`);
  await bundle(`export * from './index.js';\n${internals.join('')}`);
  writeFileSync(at(core), withNames(readFileSync(at(core), 'utf8')));
  return names;
}

/**
 * Gives classes their names back: where a class mentions itself, esbuild writes `var X=class _X`. Inside of it both names
 * mean the class. `keepNames` would do it with a call for every function, nested ones too.
 */
function withNames(text) {
  const renamed = new Set(Array.from(text.matchAll(/\bvar (\w+)=class _\1\b/g), ([, name]) => `_${name}`));
  const named = text.replace(/\b_\w+\b/g, (word) => (renamed.has(word) ? word.slice(1) : word));
  // Functions that are public under another name than their own, which others of the bundle have, too.
  const list = named.slice(named.lastIndexOf('export{'));
  const functions = [...list.matchAll(/(\w+)\s+as\s+(\w+)/g)]
    .filter(([, local]) => named.includes(`function ${local}(`))
    .map(([, local, name]) => `Object.defineProperty(${local},'name',{value:'${name}'});\n`);
  return named + functions.join('');
}

/** The entries say which native core it is. */
const coreWithoutBinary = {
  name: 'core-without-binary',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/binary\.cjs$/ }, () => ({ path: '../native/binary.cjs', external: true }));
    onResolve({ filter: /\/load\.cjs$/ }, ({ path }) => ({ path, namespace: 'nothing' }));
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: '' }));
  },
};

/**
 * Takes Node's modules without `import`, for which Node makes a facade that reads every property of the module, and with
 * that loads streams, promises and more that nobody asked for.
 */
const builtinsWithoutFacades = {
  name: 'builtins-without-facades',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

function writeEntry(name, loaderName, names) {
  writeFileSync(
    at(entry(name)),
    `import '../native/${loaderName}.cjs';\nexport {\n${names.map((each) => `  ${each},\n`).join('')}} from './core.js';\n`,
  );
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
