// All that has to be there before anything can run.
import { buildNative } from './native.mjs';
import { ensurePackages } from './packages.mjs';
import { buildLibrary } from './typescript.mjs';

/** Installs what is missing and builds what has changed. */
export async function buildAll(options) {
  await ensurePackages();
  await buildNative(options);
  await buildLibrary();
}
