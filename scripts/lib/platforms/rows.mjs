// The rows of the matrix: each runs something under something and answers what came of it.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { at } from '../paths.mjs';
import { capture, hand, withProgress } from '../run.mjs';
import { findTests, groupsOf } from '../tests.mjs';
import { runtimes, tooOld } from './runtimes.mjs';

/**
 * @typedef {object} Outcome
 * @property {string} version of what ran
 * @property {number} passed
 * @property {number} failed
 * @property {string} [note]
 */

const logs = at('build/platforms/logs');

/** Runs a program with its output in a file, for not every emulator has pipes; answers its exit code and that output. */
async function runToFile(title, [command, ...args], { cwd, env, log, timeout }) {
  mkdirSync(logs, { recursive: true });
  const file = openSync(`${logs}/${log}`, 'w');
  try {
    const options = { cwd, env: { ...process.env, ...env }, stdio: ['ignore', file, file], timeout };
    const code = await withProgress(title, () => hand(command, args, options));
    return { code, output: readFileSync(`${logs}/${log}`, 'utf8') };
  } finally {
    closeSync(file);
  }
}

/** The smoke suite, by `import` and by `require`. */
async function smoke({ id, title, on, prepare }, { installed }) {
  const { launcher, env, toItself } = await prepare();
  const outcome = { version: title, passed: 0, failed: 0 };
  for (const program of ['imported.js', 'required.cjs']) {
    const results = `${installed}/results.json`;
    rmSync(results, { force: true });
    const { output } = await runToFile(
      `${title} on ${on}: ${program}`,
      [...launcher, program, 'results.json', ...(toItself ? [] : launcher)],
      { cwd: installed, env, log: `${id}-${program}.log`, timeout: 300_000 },
    );
    if (!existsSync(results)) {
      outcome.failed++;
      outcome.note = `${program} did not come to its end: ${output.trim().split('\n').at(-1) ?? ''}`;
      continue;
    }
    const { runtime, passed, failures } = JSON.parse(readFileSync(results, 'utf8'));
    outcome.version = runtime;
    outcome.passed += passed;
    outcome.failed += failures.length;
    if (failures.length > 0) outcome.note = failures.map(({ check }) => check).join('; ');
  }
  return outcome;
}

/** What Node's test runner counted, in one run or several. */
function counted(output) {
  const count = (what) =>
    [...output.matchAll(new RegExp(`^# ${what} (\\d+)$`, 'gm'))].reduce(
      (sum, [, number]) => sum + Number(number),
      0,
    );
  const failed = [...output.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name]) => name);
  return {
    passed: count('pass'),
    failed: count('fail') + count('cancelled'),
    ...(failed.length > 0 && { note: [...new Set(failed)].slice(0, 5).join('; ') }),
  };
}

/** Test files, under a Node; answers what they counted. */
async function runTests(title, id, files, { launcher, env }) {
  const outputs = [];
  for (const [number, { conditions, paths }] of groupsOf(files).entries()) {
    const { code, output } = await runToFile(
      title,
      [...launcher, '--test', '--test-reporter=tap', ...conditions, ...paths],
      { cwd: at('.'), env, log: `${id}-${number + 1}.log`, timeout: 3_600_000 },
    );
    outputs.push(output);
    const { passed, failed } = counted(output);
    if (passed + failed === 0) return { passed, failed: 1, note: `exited with ${code}` };
  }
  return counted(outputs.join('\n'));
}

/** All of `npm test` but Zig's own, under another Node than this. */
async function suite({ id, title, prepare }) {
  const { launcher, env } = await prepare();
  const { output } = await capture(launcher[0], ['-v']);
  const files = findTests('test', []).filter((file) => !/^test\/(python|browser|platforms)\//.test(file));
  // What they start by the name of `node` is this one too.
  const path = `${dirname(launcher[0])}${delimiter}${process.env.PATH}`;
  const counts = await runTests(`all tests under ${title}`, `suite-${id}`, files, {
    launcher,
    env: { ...env, PATH: path },
  });
  return { version: `Node ${output.trim().slice(1)}`, ...counts };
}

/** Runs nothing, and has to say why. */
async function refusal({ id, title, prepare }, { installed }) {
  const { launcher } = await prepare();
  writeFileSync(`${installed}/old.mjs`, "import 'sharedbuffers';\n");
  const { output: version } = await capture(launcher[0], ['-v']);
  const { code, output } = await runToFile(`${title} is told to be too old`, [...launcher, 'old.mjs'], {
    cwd: installed,
    log: `${id}.log`,
  });
  const said = code !== 0 && /sharedbuffers needs Node\.js 20\.19 or newer/.test(output);
  return {
    version: `Node ${version.trim().slice(1)}`,
    passed: said ? 1 : 0,
    failed: said ? 0 : 1,
    ...(!said && { note: output.trim().split('\n').slice(0, 5).join(' ') }),
  };
}

/** Tests of `npm test` that ask others what they make of the package. */
const byTests = [
  {
    id: 'types',
    what: 'declarations',
    file: 'test/package-types.test.ts',
    of: ['typescript', 'typescript-5'],
  },
  { id: 'bundlers', what: 'bundles', file: 'test/bundlers.test.ts', of: ['esbuild', 'webpack'] },
];

function versionsOf(names) {
  const version = (name) => JSON.parse(readFileSync(at(`node_modules/${name}/package.json`), 'utf8')).version;
  return names.map((name) => `${name.replace(/-5$/, '')} ${version(name)}`).join(', ');
}

/** Every row: its name, what it runs, on what, and the function that runs it. */
export const rows = [
  ...runtimes.map((runtime) => ({
    id: runtime.id,
    what: 'smoke suite, `import` and `require`',
    on: runtime.on,
    run: (setting) => smoke(runtime, setting),
  })),
  ...runtimes
    .filter(({ fullSuite }) => fullSuite)
    .map((runtime) => ({
      id: `suite-${runtime.id}`,
      what: 'every test of `npm test` that is not Zig’s',
      on: runtime.on,
      run: () => suite(runtime),
    })),
  ...byTests.map(({ id, what, file, of }) => ({
    id,
    what: `${what}: \`${file}\``,
    on: 'Linux x64, glibc',
    run: async () => ({
      version: versionsOf(of),
      ...(await runTests(`${what}: ${file}`, id, [file], { launcher: [process.execPath] })),
    }),
  })),
  {
    id: tooOld.id,
    what: 'the error that names the Node it needs',
    on: tooOld.on,
    run: (setting) => refusal(tooOld, setting),
  },
];
