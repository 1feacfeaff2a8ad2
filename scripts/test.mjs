// npm test: Zig's tests and Node's. `npm test -- NAME…` runs the files with such a name (`zig`: Zig's tests).
import { buildAll } from './lib/build.mjs';
import { testNative } from './lib/native.mjs';
import { main } from './lib/run.mjs';
import { findTests, readArguments, runTests } from './lib/tests.mjs';
import { buildTests } from './lib/typescript.mjs';

main(async (args) => {
  const { names, flags } = readArguments(args);
  await buildAll();
  await buildTests();
  if (names.length === 0 || names.includes('zig')) await testNative();
  const nodeNames = names.filter((name) => name !== 'zig');
  if (names.length > 0 && nodeNames.length === 0) return 0;
  // Those in test/python need the Python library (`npm run test:python`), those in test/browser a Chromium
  // (`npm run test:browser`).
  const files = findTests('test', nodeNames).filter((file) => !/^test\/(python|browser)\//.test(file));
  return runTests(files, flags);
});
