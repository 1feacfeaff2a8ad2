/** Bundles that others make of the README's example, run away from all node_modules. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type BuildOptions, build } from 'esbuild';
import { type Plugin, rollup } from 'rollup';
import webpack from 'webpack';
import { example, installPackage, printed } from './support/installed-package.js';

const require = createRequire(import.meta.url);
const out = mkdtempSync(join(tmpdir(), 'sharedbuffers-bundles-'));
after(() => rmSync(out, { recursive: true }));
const { folder } = installPackage();

/** Runs what was bundled into a folder that has nothing else. */
function run(name: string, program: string): string {
  const cwd = join(out, name);
  assert.ok(readdirSync(cwd).some((file) => file.endsWith('.node')));
  const output = execFileSync(process.execPath, [program], { cwd, encoding: 'utf8' });
  rmSync(cwd, { recursive: true });
  return output;
}

const moduleOptions: BuildOptions = {
  format: 'esm',
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
};

async function bundleByEsbuild(entry: string, outfile: string, options: BuildOptions): Promise<void> {
  await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    loader: { '.node': 'copy' },
    logLevel: 'silent',
    ...options,
  });
}

async function bundleByWebpack(entry: string, path: string): Promise<void> {
  const compiler = webpack({
    mode: 'production',
    context: folder,
    target: 'node20',
    entry,
    experiments: { outputModule: true },
    output: { path, filename: 'main.mjs', module: true, publicPath: '' },
    optimization: { minimize: false },
    module: { rules: [{ test: /\.node$/, loader: require.resolve('node-loader') }] },
  });
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler?.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  assert.deepEqual(stats?.toJson({ errors: true }).errors, []);
}

/** Copies `.node` files beside the bundle, and loads the one that is asked for: Rollup has no way of its own. */
const nativeModules: Plugin = {
  name: 'native-modules',
  resolveId(id, importer) {
    if (!id.endsWith('.node') || importer === undefined) return null;
    return resolve(dirname(importer), id);
  },
  load(id) {
    if (!id.endsWith('.node')) return null;
    // A checkout has built its own target alone.
    if (!existsSync(id)) return 'module.exports = undefined;';
    const file = this.emitFile({ type: 'asset', name: basename(id), source: readFileSync(id) });
    return `const { createRequire } = require('node:module');
const { fileURLToPath } = require('node:url');
module.exports = createRequire(import.meta.url)(fileURLToPath(import.meta.ROLLUP_FILE_URL_${file}));`;
  },
};

async function bundleByRollup(input: string, dir: string): Promise<void> {
  const { nodeResolve } = require('@rollup/plugin-node-resolve');
  const commonjs = require('@rollup/plugin-commonjs');
  const bundle = await rollup({
    input,
    plugins: [
      nativeModules,
      nodeResolve({ preferBuiltins: true }),
      commonjs({ ignoreTryCatch: false, extensions: ['.cjs', '.js', '.node'] }),
    ],
    onwarn: () => {},
  });
  await bundle.write({
    dir,
    format: 'es',
    entryFileNames: 'main.mjs',
    assetFileNames: '[name]-[hash][extname]',
  });
  await bundle.close();
}

describe('a bundle of the example', () => {
  before(() => {
    writeFileSync(join(folder, 'main.mjs'), example);
    const body = example.replace(/^import (.*) from '(.*)';$/m, "const $1 = require('$2');");
    writeFileSync(join(folder, 'main.cjs'), `(async () => {${body}})();`);
    for (const name of ['esm', 'target', 'cjs', 'webpack', 'rollup']) mkdirSync(join(out, name));
  });

  it('by esbuild, as an ES module', async () => {
    await bundleByEsbuild('main.mjs', join(out, 'esm', 'main.mjs'), moduleOptions);
    assert.equal(run('esm', 'main.mjs'), printed);
  });

  it('by esbuild, of the entry for one target: nothing but its binary comes along', async () => {
    const target = `${process.platform}-${process.arch}`;
    writeFileSync(
      join(folder, 'target.mjs'),
      example.replace("'sharedbuffers'", `'sharedbuffers/${target}'`),
    );
    await bundleByEsbuild('target.mjs', join(out, 'target', 'main.mjs'), moduleOptions);
    assert.equal(readdirSync(join(out, 'target')).filter((file) => file.endsWith('.node')).length, 1);
    assert.doesNotMatch(readFileSync(join(out, 'target', 'main.mjs'), 'utf8'), /has no native core for/);
    assert.equal(run('target', 'main.mjs'), printed);
  });

  it('by esbuild, as CommonJS', async () => {
    await bundleByEsbuild('main.cjs', join(out, 'cjs', 'main.cjs'), { format: 'cjs' });
    assert.equal(run('cjs', 'main.cjs'), printed);
  });

  it('by webpack with node-loader', async () => {
    await bundleByWebpack('./main.mjs', join(out, 'webpack'));
    assert.equal(run('webpack', 'main.mjs'), printed);
  });

  it('by Rollup', async () => {
    await bundleByRollup(join(folder, 'main.mjs'), join(out, 'rollup'));
    assert.equal(run('rollup', 'main.mjs'), printed);
  });
});
