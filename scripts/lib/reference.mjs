// The API reference, made of the docstrings.
import { ensurePackages } from './packages.mjs';
import { at } from './paths.mjs';
import { run } from './run.mjs';
import { once } from './stamp.mjs';

const folder = 'scripts/reference';

/** Writes build/reference unless it is there already. Its packages are its own: typedoc needs an older compiler. */
export async function writeReference() {
  await ensurePackages();
  await ensurePackages(folder, 'installing what makes the reference');
  const inputs = ['ts-src', 'tsconfig.json', folder];
  await once('reference', { inputs, outputs: ['build/reference/index.html'] }, () =>
    run('making the reference of the docstrings', process.execPath, [
      at(`${folder}/node_modules/typedoc/bin/typedoc`),
      '--options',
      at(`${folder}/typedoc.json`),
    ]),
  );
}
