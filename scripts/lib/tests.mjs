// Running test files under Node's test runner.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
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
 * Tests that look inside import modules of the library by '#src/…': they get 'sharedbuffers' as these same modules, for
 * classes must be there once. The others get what ships, the bundle.
 */
export const unbundled = ['--conditions=sharedbuffers-source'];

/** Whether a test imports modules of the library, itself or through what it imports. */
function looksInside(file, seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const imported = [...text.matchAll(/(?:\bfrom |^import |\bimport\()['"](\.[^'"]+\.js)['"]/gm)];
  return (
    text.includes('#src/') || imported.some(([, path]) => looksInside(resolve(dirname(file), path), seen))
  );
}

/** Compiled test files that can run together, with what Node is told of them. */
export function groupsOf(files) {
  const paths = files.map((file) => at(compiled(file)));
  const inside = paths.filter((path) => looksInside(path));
  const outside = paths.filter((path) => !inside.includes(path));
  const groups = [
    { conditions: [], paths: outside },
    { conditions: unbundled, paths: inside },
  ];
  return groups.filter((group) => group.paths.length > 0);
}

/** Runs test files; answers the exit code. By name, for without files Node would look for some itself. */
export async function runTests(files, flags, env = {}) {
  if (files.length === 0) throw new Failure('There is no such test file.');
  const codes = [];
  for (const { conditions, paths } of groupsOf(files)) {
    const args = ['--test', '--test-reporter=spec', ...conditions, ...flags, ...paths];
    codes.push(await hand(process.execPath, args, { cwd: root, env: { ...process.env, ...env } }));
  }
  return Math.max(...codes);
}
