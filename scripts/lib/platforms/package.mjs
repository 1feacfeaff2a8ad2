// The package as users get it: packed, and installed with scripts disabled into an empty folder.
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { at, filesBelow } from '../paths.mjs';
import { Failure, npm } from '../run.mjs';

const folder = at('build/platforms');
/** With the binaries of all targets. */
const largestTarball = 1_500_000;

/** Packs; answers the path of the tarball. */
export async function pack() {
  const into = `${folder}/packed`;
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  // Whatever it ships is built already.
  await npm('packing', ['pack', '--ignore-scripts', '--pack-destination', into]);
  const tarball = `${into}/${readdirSync(into).find((name) => name.endsWith('.tgz'))}`;
  const { size } = statSync(tarball);
  if (size > largestTarball) throw new Failure(`The tarball has ${size} bytes, more than ${largestTarball}.`);
  console.log(`  the tarball has ${size} bytes, of ${largestTarball} that are allowed`);
  return tarball;
}

/** Installs a tarball, with the programs of the smoke suite beside it; answers the folder. */
export async function install(tarball) {
  const into = `${folder}/installed`;
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  writeFileSync(`${into}/package.json`, '{"private": true, "type": "module"}');
  await npm(
    'installing the tarball into an empty folder',
    ['install', '--ignore-scripts', '--offline', '--no-audit', '--no-fund', tarball],
    { cwd: into },
  );
  for (const source of filesBelow('test/platforms')) {
    const program = source.replace(/\.([mc]?)ts$/, '.$1js').replace('test/platforms/', '');
    copyFileSync(at(`build/test/platforms/${program}`), `${into}/${program}`);
  }
  return into;
}
