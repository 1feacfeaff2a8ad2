// npm run test:safe: Node's tests over a build of the native core that checks every index, cast and sum. `npm run
// test:safe -- NAME…` runs the files with such a name.
import { buildAll } from './lib/build.mjs';
import { buildSafe, fuzzNative, safeAddon } from './lib/native.mjs';
import { at } from './lib/paths.mjs';
import { main } from './lib/run.mjs';
import { findTests, readArguments, runTests } from './lib/tests.mjs';
import { buildTests } from './lib/typescript.mjs';

main(async (args) => {
  const { names, flags } = readArguments(args);
  await buildAll();
  await buildSafe();
  await buildTests();
  if (names.length === 0) await fuzzNative({ seed: 1, count: 100_000 });
  const files = findTests('test', names).filter((file) => !/^test\/(python|browser)\//.test(file));
  return runTests(files, flags, { SHAREDBUFFERS_NATIVE_BINARY: at(safeAddon) });
});
