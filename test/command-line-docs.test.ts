/** The samples of docs/command-line.md, run in their order in one folder, print what the page says. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { runCli, scratchFolder } from './support/cli.js';
import { commandsOf, samplesOf } from './support/page-samples.js';
import { runInShell } from './support/shell.js';

const page = 'docs/command-line.md';

/** Sizes and times differ from version to version, and from run to run. */
function comparable(output: string): string {
  return output.replace(/, [\d.]+ \w+, [\d.…]+ s$/gm, ', …').replace(/^(size|sections) .*$/gm, '$1 …');
}

describe(page, { skip: process.platform === 'win32' }, () => {
  const scratch = scratchFolder();
  const folder = scratch.path('.');
  writeFileSync(
    scratch.path('cities.jsonl'),
    '{"name":"Lima","population":9751717,"area":2672.3,"mayor":{"name":"R. L."}}\n' +
      '{"name":"Cusco","population":428450,"area":385,"tags":["capital",1438]}\n',
  );

  for (const { heading, code, printed } of samplesOf(page)) {
    test(`${heading}: ${code.split('\n', 1)[0]}`, () => {
      const results = commandsOf(code).map((command) => runInShell(command, folder));
      for (const { status, stderr } of results) assert.equal(status, 0, stderr);
      const output = results.map(({ stdout, stderr }) => stderr + stdout).join('');
      assert.equal(comparable(output), comparable(printed ?? ''));
    });
  }

  test('has every command of the program', async () => {
    const { stdout } = await runCli(['--help']);
    const names = [...(/Commands:\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? '').matchAll(/^ {2}(\w+)/gm)];
    const text = readFileSync(page, 'utf8');
    for (const [, name] of names) if (name !== 'help') assert.match(text, new RegExp(`\\[\`${name}\`\\]`));
    assert.ok(names.length >= 8);
  });
});
