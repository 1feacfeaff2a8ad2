// npm run test:python: exchanges files with the Python library, live. Takes names as `npm test` does.
import { buildAll } from './lib/build.mjs';
import { ensurePythonEnv } from './lib/python.mjs';
import { main } from './lib/run.mjs';
import { findTests, readArguments, runTests } from './lib/tests.mjs';
import { buildTests } from './lib/typescript.mjs';

main(async (args) => {
  const { names, flags } = readArguments(args);
  await buildAll();
  await buildTests();
  const python = await ensurePythonEnv();
  return runTests(findTests('test/python', names), flags, { SHAREDBUFFERS_PYTHON: python });
});
