/** The mistakes of docs/troubleshooting.md, made as the page makes them. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as library from 'sharedbuffers';
import { fixturePath } from './fixtures.js';
import { commandsOf, type Sample, samplesOf } from './page-samples.js';
import { runInShell } from './shell.js';

export const page = 'docs/troubleshooting.md';

const AsyncFunction = (async () => {}).constructor as new (
  ...parts: string[]
) => (library: object, rights: Rights) => Promise<unknown>;

/** A folder with the files that the page speaks of. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-mistakes-'));
  // For the sample that gives up the rights that root has everywhere.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'notes.txt'), 'These are notes, and no container of records.\n'.repeat(8));
  writeFileSync(join(folder, 'empty.map'), '');
  writeFileSync(join(folder, 'secret.map'), 'x', { mode: 0 });
  const row = { name: 'Lima', population: 9_751_717 };
  writeFileSync(join(folder, 'cities.json'), JSON.stringify([row], undefined, 2));
  writeFileSync(join(folder, 'cities.jsonl'), `${JSON.stringify(row)}\n`.repeat(3));
  const many = Array.from({ length: 20_000 }, (_, index) => `${JSON.stringify({ name: `city ${index}` })}\n`);
  writeFileSync(join(folder, 'many.jsonl'), many.join(''));
  writeFileSync(
    join(folder, 'city.json'),
    '{"name": "City", "slots": [["name", "str"], ["population", "uint32"]]}\n',
  );
  copyFileSync(fixturePath('array-newer-version-refused.bin'), join(folder, 'newer.array'));
  copyFileSync(fixturePath('map-StringIdMapper-10.bin'), join(folder, 'python.map'));
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

export function mistakes(): { prelude: Sample; samples: Sample[] } {
  const [prelude, ...samples] = samplesOf(page);
  return { prelude: prelude as Sample, samples };
}

/** What a mistake prints: the error on a line, or what the program says. */
export async function printedBy(sample: Sample, prelude: Sample, folder: string): Promise<string> {
  if (sample.language === 'sh') return printedByCommands(sample.code, folder);
  if (sample.directive?.startsWith('node:')) return printedOn(sample.directive.slice(5), folder);
  const before = process.cwd();
  process.chdir(folder);
  const rights = new Rights();
  try {
    const parts = [prelude.code, sample.directive === 'unprivileged' ? 'rights.drop();' : '', sample.code];
    const run = new AsyncFunction('library', 'rights', parts.map(withoutImports).join('\n'));
    return `${show(await run(library, rights), folder)}\n`;
  } catch (error) {
    return `${show(error, folder)}\n`;
  } finally {
    rights.restore();
    process.chdir(before);
  }
}

/** Root may read everything: a sample without rights gives that up for a while. */
class Rights {
  readonly #user = process.geteuid?.();

  drop(): void {
    if (this.#user === 0) process.seteuid?.(65_534);
  }

  restore(): void {
    if (this.#user === 0) process.seteuid?.(0);
  }
}

/** The folder is another one each time. */
function show(error: unknown, folder: string): string {
  const { code, name, message } = error as NodeJS.ErrnoException;
  const text = code?.startsWith('ERR_SHAREDBUFFERS') ? `${name} [${code}]: ${message}` : String(error);
  return text.replaceAll(folder, '/home/me/project');
}

/** The samples are modules; what runs here is the body of a function. */
function withoutImports(code: string): string {
  return code
    .replace(/^import (.*) from 'sharedbuffers';$/m, 'const $1 = library;')
    .replace(/^import (.*) from ('node:.*');$/m, 'const $1 = await import($2);');
}

function printedByCommands(code: string, folder: string): string {
  const results = commandsOf(code).map((command) => runInShell(command, folder));
  return results.map(({ stdout, stderr }) => stdout + stderr).join('');
}

/** Imports the library where the process says something else of itself than is true. */
function printedOn(change: string, folder: string): string {
  const script = `${change};\nimport(${JSON.stringify(import.meta.resolve('sharedbuffers'))})
    .catch((error) => process.stdout.write(String(error)));`;
  // The binary that belongs to what the process says, and no other that the tests may run with.
  const { SHAREDBUFFERS_NATIVE_BINARY: _, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { cwd: folder, env, encoding: 'utf8' });
  return `${stdout}\n`;
}
