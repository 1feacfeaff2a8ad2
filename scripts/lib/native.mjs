// The native core: zig-src -> prebuilds/<platform>-<arch>/sharedbuffers.node.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { at } from './paths.mjs';
import { run } from './run.mjs';
import { once } from './stamp.mjs';
import { targets } from './targets.mjs';
import { ensureZig, zigVersion } from './zig.mjs';

const prebuild = (target) => `prebuilds/${target}/sharedbuffers.node`;
const host = `${process.platform}-${process.arch}`;

function sources() {
  const headers = createRequire(at('package.json'))('node-api-headers/package.json').version;
  return { inputs: ['zig-src', 'build.zig', 'build.zig.zon'], versions: [zigVersion, headers, host] };
}

/** Builds for this machine, or for every target. */
export function buildNative({ allTargets = false } = {}) {
  return allTargets
    ? once('native-all', { ...sources(), outputs: targets.map(prebuild) }, async () => {
        await run(`compiling the native core for ${targets.length} targets`, await ensureZig(), [
          'build',
          'prebuilds',
        ]);
      })
    : once('native', { ...sources(), outputs: [prebuild(host)] }, async () => {
        const zig = await ensureZig();
        await run(`compiling the native core for ${host} (the first time takes minutes)`, zig, [
          'build',
          '-Doptimize=ReleaseFast',
        ]);
      });
}

/** Compiles the program that measures the machine for the benchmarks; Linux alone has what it asks. */
export function buildLimits() {
  if (process.platform !== 'linux') return false;
  const inputs = ['bench/limits.zig', 'build.zig'];
  return once(
    'limits',
    { inputs, versions: [zigVersion, host], outputs: ['build/bench/limits'] },
    async () => {
      await run('compiling bench/limits.zig', await ensureZig(), ['build', 'limits']);
    },
  );
}

/** The build with safety checks, and the program that runs its parsers alone. */
export const safeAddon = 'prebuilds/safe/sharedbuffers.node';
const fuzzer = 'prebuilds/safe/native-fuzz';

export function buildSafe() {
  return once('native-safe', { ...sources(), outputs: [safeAddon, fuzzer] }, async () => {
    const zig = await ensureZig();
    await run('compiling the native core with safety checks', zig, ['build', 'native-safe', 'native-fuzz']);
  });
}

/** Runs the native parsers over `count` changed fixtures; `under: 'valgrind'` watches their memory too. */
export async function fuzzNative({ seed, count, under }) {
  const fixtures = 'test/fixtures/given';
  const files = readdirSync(at(fixtures))
    .filter((name) => name.endsWith('.bin'))
    .map((name) => at(`${fixtures}/${name}`));
  const program = [at(fuzzer), `${seed}`, `${count}`, ...files];
  const valgrind = ['valgrind', '--quiet', '--error-exitcode=9', '--leak-check=full'];
  const [command, ...args] = under === 'valgrind' ? [...valgrind, ...program] : program;
  const title = `running the native parsers over ${count} changed files${under ? `, under ${under}` : ''}`;
  console.error(`  ${(await run(title, command, args)).trim()}`);
}

/** Runs Zig's own tests, unless they passed with the same sources. */
export async function testNative() {
  const ran = await once('native-tests', sources(), async () => {
    const zig = await ensureZig();
    const output = await run('testing the native core', zig, ['build', 'test', '--summary', 'all']);
    const summary = output.match(/\d+\/\d+ tests passed[^\n]*/)?.[0];
    if (summary) console.error(`  Zig: ${summary}`);
  });
  if (!ran) console.error('✓ the native core has passed its tests and not changed since');
}
