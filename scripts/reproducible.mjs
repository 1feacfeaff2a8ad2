// npm run reproducible: builds for every target from two copies of the sources, in folders with other names and with caches of
// their own, packs both, and compares every byte. Takes some minutes.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensurePackages } from './lib/packages.mjs';
import { at } from './lib/paths.mjs';
import { capture, Failure, main, npm, run } from './lib/run.mjs';
import { ensureZig } from './lib/zig.mjs';

/** The files that the repository knows, and its new ones; what is built stays behind. */
async function sources() {
  const { code, output } = await capture('git', ['ls-files', '--cached', '--others', '--exclude-standard']);
  if (code !== 0) throw new Failure(`The sources are listed by git, which fails: ${output.trim()}`);
  return output.split('\n').filter((file) => file !== '' && existsSync(at(file)));
}

/** Builds and packs in a folder; answers the hash of the tarball and of each binary. */
async function buildIn(folder) {
  for (const file of await sources()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(at(file), join(folder, file));
  }
  cpSync(at('node_modules'), join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  if (existsSync(at('.tools/zig'))) {
    mkdirSync(join(folder, '.tools'));
    symlinkSync(at('.tools/zig'), join(folder, '.tools/zig'));
  }
  const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: join(folder, 'zig-global-cache') };
  await run(`building in ${folder}`, process.execPath, ['scripts/build.mjs', '--all-targets'], {
    cwd: folder,
    env,
  });
  await npm(`packing in ${folder}`, ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: folder,
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  const binaries = readdirSync(join(folder, 'prebuilds')).map(
    (target) => `prebuilds/${target}/sharedbuffers.node`,
  );
  const files = [tarball, ...binaries.sort()];
  return new Map(
    files.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    ]),
  );
}

main(async () => {
  await ensurePackages();
  await ensureZig();
  const around = mkdtempSync(join(tmpdir(), 'sharedbuffers-reproducible-'));
  try {
    const folders = ['one', 'another folder/with a longer name'].map((name) => join(around, name));
    for (const folder of folders) mkdirSync(folder, { recursive: true });
    const [first, second] = [await buildIn(folders[0]), await buildIn(folders[1])];
    let different = 0;
    for (const [file, hash] of first) {
      const same = second.get(file) === hash;
      if (!same) different++;
      console.log(
        `${same ? '✓' : '✗'} ${file}: ${hash.slice(0, 16)}${same ? '' : ` and ${second.get(file)?.slice(0, 16)}`}`,
      );
    }
    console.log(`${first.size - different} passed, ${different} failed`);
    return different === 0 ? 0 : 1;
  } finally {
    rmSync(around, { recursive: true, force: true });
  }
});
