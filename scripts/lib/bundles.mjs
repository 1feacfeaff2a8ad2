// What ships of dist, besides declarations: dist/bundle, the library, with entries for bundlers, and dist/cli/main.js, which
// shares its files.
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { common, importsOf, LibraryBundler, libraryBundles, placing } from './library-bundle.mjs';
import { at } from './paths.mjs';
import { Failure } from './run.mjs';
import { targets } from './targets.mjs';

const cli = 'dist/cli/main.js';
const entry = (name) => `dist/bundle/${name}.js`;
const loader = (target) => `dist/native/${target}.cjs`;

/** Every file that `bundleLibrary` writes. */
export const bundles = [
  ...libraryBundles,
  cli,
  entry('index'),
  loader('any'),
  ...targets.flatMap((target) => [entry(target), loader(target)]),
];

/** Bundles what was compiled into dist. */
export async function bundleLibrary() {
  const { build } = createRequire(at('package.json'))('esbuild');
  mkdirSync(at('dist/bundle'), { recursive: true });
  const library = new LibraryBundler(build, await importsOfCli(build));
  const names = await library.write();
  await bundleCli(build, library);
  writeEntry('index', 'any', "require('./load.cjs').native", names);
  for (const target of targets) {
    writeEntry(target, target, `require('../../prebuilds/${target}/sharedbuffers.node')`, names);
  }
}

/** The command line with what it needs for arguments and the like, so that the package has no dependencies. */
const cliOptions = {
  ...common,
  entryPoints: [at('ts-src/cli/main.ts')],
  outfile: at(cli),
  // Who wants to read Parquet installs it: it is 70 MB.
  external: ['@duckdb/node-api'],
  // The native core has to be there before the library is. And CommonJS packages ask for Node's modules with `require`.
  banner: {
    js: `import '../native/any.cjs';\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);`,
  },
};

/** Whether a module of ts-src belongs to the command line. */
const isOfCli = (module) => module.startsWith('cli/');

/** What the command line imports of the library. */
async function importsOfCli(build) {
  const outside = placing(at('ts-src'), (module) =>
    isOfCli(module) ? undefined : { path: `outside:${module}`, external: true },
  );
  const { outputFiles } = await build({ ...cliOptions, plugins: [outside], write: false });
  return importsOf(outputFiles[0].text, 'outside:');
}

async function bundleCli(build, library) {
  const imports = await importsOfCli(build);
  const fromCore = {
    name: 'from-core',
    setup(hooks) {
      placing(at('ts-src'), (module) =>
        isOfCli(module) ? undefined : { path: module, namespace: 'library' },
      ).setup(hooks);
      hooks.onResolve({ filter: /^core$/ }, () => ({ path: '../bundle/core.js', external: true }));
      hooks.onLoad({ filter: /.*/, namespace: 'library' }, ({ path }) => ({
        contents: imports
          .filter(({ module }) => module === path)
          .map((each) => `export { ${library.alias(each)} as ${each.name} } from 'core';\n`)
          .join(''),
      }));
    },
  };
  const { metafile } = await build({
    ...cliOptions,
    plugins: [fromCore],
    allowOverwrite: true,
    metafile: true,
  });
  appendFileSync(at(cli), licensesOf(Object.keys(metafile.inputs)));
  chmodSync(at(cli), 0o755);
}

/** An entry for bundlers: one module that puts the native core in its place, and then the library. */
function writeEntry(name, loaderName, native, names) {
  writeFileSync(at(loader(loaderName)), `'use strict';\n\nrequire('./binary.cjs').native ??= ${native};\n`);
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
