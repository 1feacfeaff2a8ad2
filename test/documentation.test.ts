/** Every sample of the documentation is run, or at least looked at, and every link leads somewhere. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { compilePrograms, runProgram, type Step, startAnew, writePrograms } from './support/page-programs.js';
import { commandsOf } from './support/page-samples.js';
import { runInShell } from './support/shell.js';

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'].filter((page) => existsSync(page)),
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Pages whose samples need more than a folder. */
const runElsewhere = new Map([
  ['docs/command-line.md', 'test/command-line-docs.test.ts'],
  ['docs/troubleshooting.md', 'test/troubleshooting.test.ts'],
  ['docs/python.md', 'test/python/documentation.test.ts'],
]);

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** Commands that build, test or install are not run by a test, but what they name has to be there. */
function checkCommand(line: string): void {
  const command = line.replace(/#.*$/, '').trim();
  if (command === '' || /^npm install [\w@./ -]+$/.test(command) || command === 'npm ci') return;
  const script = /^npm (?:run )?(?<name>[\w:]+)(?: -- .*)?$/.exec(command)?.groups?.name;
  const file = /^node (?<name>[\w/.-]+\.mjs)(?: .*)?$/.exec(command)?.groups?.name;
  assert.ok(script !== undefined || file !== undefined, `${line}: no command that is known here`);
  if (script !== undefined) assert.ok(script in scripts, `${line}: package.json has no such script`);
  if (file !== undefined) assert.ok(existsSync(file), `${line}: there is no such file`);
}

function runCommands(step: Step, folder: string): void {
  if (!step.code.startsWith('$ ')) {
    for (const line of step.code.trimEnd().split('\n')) checkCommand(line);
    return;
  }
  if (process.platform === 'win32') return;
  const results = commandsOf(step.code).map((command) => runInShell(command, folder));
  for (const { status, stderr } of results) assert.equal(status, 0, stderr);
  if (step.printed !== undefined) {
    assert.equal(results.map(({ stdout, stderr }) => stderr + stdout).join(''), step.printed);
  }
}

function runStep(step: Step, folder: string): void {
  if (step.language === 'json') JSON.parse(step.code);
  else if (step.language === 'sh') runCommands(step, folder);
  else if (step.language === 'ts') {
    const printed = runProgram(step, folder);
    if (step.printed !== undefined) assert.equal(printed, step.printed);
  } else assert.fail(`nothing here runs ${step.language}`);
}

startAnew();
const programs = pages.map(writePrograms);
const complaints = compilePrograms();

test('every TypeScript sample compiles under --strict', () => assert.equal(complaints, ''));

for (const { page, folder, steps } of programs) {
  describe(page, () => {
    for (const step of steps.filter(() => !runElsewhere.has(page))) {
      test(step.title, () => runStep(step, folder));
    }

    test('has no block, and no comment, that is passed over', () => {
      const text = readFileSync(page, 'utf8');
      const fences = [...text.matchAll(/^\s*(?:>\s*)?```(\w*)/gm)].map(([whole]) => whole);
      const opened = fences.filter((_, index) => index % 2 === 0);
      for (const fence of opened) assert.match(fence, /^\n*```(ts|js|sh|json|python|text)?$/);
      if (page !== 'docs/format.md')
        assert.deepEqual(
          opened.filter((fence) => fence.endsWith('`')),
          [],
        );
      for (const [, comment = ''] of text.matchAll(/<!-- (\w+)/g)) {
        assert.ok(['run', 'file', 'setup', 'continues', 'results', 'end'].includes(comment), comment);
      }
    });

    test('has links that lead somewhere', () => {
      // Images are no links: the benchmarks write them.
      for (const [, target = ''] of readFileSync(page, 'utf8').matchAll(/(?<!!\[[^\]]*)\]\(([^)\s]+)\)/g)) {
        if (/^\w+:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(file), `${target}: there is no ${file}`);
        if (anchor !== undefined)
          assert.ok(anchorsOf(file).has(anchor), `${target}: there is no such heading`);
      }
    });
  });
}

test('samples that are run elsewhere are', () => {
  for (const [page, file] of runElsewhere) {
    assert.ok(existsSync(page) && existsSync(file), `${page} and ${file}`);
  }
});

test('docs/README.md leads to every page', () => {
  const index = readFileSync('docs/README.md', 'utf8');
  const missing = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
  assert.deepEqual(
    missing.filter((page) => !index.includes(`](${page.slice('docs/'.length)})`)),
    [],
  );
});

/** As GitHub makes them of headings. */
function anchorsOf(file: string): Set<string> {
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#{1,6} (.*)$/gm)];
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
