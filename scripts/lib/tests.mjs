// Running test files under Node's test runner.
import { at, filesBelow, root } from './paths.mjs';
import { Failure, hand } from './run.mjs';
import { compiled } from './typescript.mjs';

/** Names select files by a part of their path; what begins with '-' is for Node (`--test-name-pattern=…`). */
export function readArguments(args) {
  return {
    names: args.filter((arg) => !arg.startsWith('-')),
    flags: args.filter((arg) => arg.startsWith('-')),
  };
}

/** The test files below a folder that one of the names selects (all where there are no names). */
export function findTests(folder, names) {
  return filesBelow(folder)
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => names.length === 0 || names.some((name) => file.includes(name)));
}

/**
 * By its name, tests import the library as the modules it is made of, which they import by '#src/…' too: classes must be
 * there once. What ships is the bundle, which the tests of the package run.
 */
const unbundled = ['--conditions=sharedbuffers-source'];

/** Runs them; answers the exit code. By name, for without files Node would look for some itself. */
export function runTests(files, flags, env = {}) {
  if (files.length === 0) throw new Failure('There is no such test file.');
  return hand(
    process.execPath,
    ['--test', '--test-reporter=spec', ...unbundled, ...flags, ...files.map((file) => at(compiled(file)))],
    { cwd: root, env: { ...process.env, ...env } },
  );
}
