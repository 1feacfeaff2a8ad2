/** The programs that the samples of a page are, each with the set-up that the page hides. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Sample, samplesOf } from './page-samples.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Inside of the package, so that `sharedbuffers` is the package, and `@types/node` is found. */
const everything = join(root, 'build', 'documentation');

export interface Step {
  readonly title: string;
  /** 'ts' is run by Node when it was compiled, 'sh' by a shell, 'python' by Python; 'json' is looked at. */
  readonly language: string;
  code: string;
  /** The program of a 'ts' step, in the folder of the page. */
  readonly program: string;
  printed: string | undefined;
}

export interface PagePrograms {
  readonly page: string;
  /** Where they run. */
  readonly folder: string;
  readonly steps: readonly Step[];
}

/** Writes the programs of a page, and the files that it names, into a folder of its own. */
export function writePrograms(page: string): PagePrograms {
  const folder = join(everything, basename(page, '.md'));
  mkdirSync(folder, { recursive: true });
  const setups: string[] = [];
  const steps: Step[] = [];
  for (const sample of samplesOf(join(root, page))) {
    if (sample.setup) setups.push(sample.code);
    else if (sample.file !== undefined) writeInto(folder, sample.file, sample.code);
    else if (sample.continues) goOn(steps.at(-1) as Step, sample);
    else steps.push(stepOf(sample, setups.join('\n'), steps.length));
  }
  for (const { language, code, program } of steps) {
    if (language === 'ts') writeInto(folder, `${program}.ts`, code);
  }
  return { page, folder, steps };
}

function writeInto(folder: string, name: string, content: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

function stepOf({ heading, language, code, printed }: Sample, setup: string, index: number): Step {
  const title = `${heading}: ${code.trim().split('\n', 1)[0]}`;
  const whole = language === 'ts' && setup !== '' ? assemble(setup, code) : code;
  return { title, language, code: whole, program: `sample-${index + 1}`, printed };
}

/** A sample that goes on sees what those before it declared. */
function goOn(step: Step, { code, printed }: Sample): void {
  step.code = step.code.endsWith(end) ? assembleMore(step.code, code) : `${step.code}\n${code}`;
  if (printed !== undefined) step.printed = (step.printed ?? '') + printed;
}

const end = '\n}\n';
const importStatement =
  /^import (?:type )?(?:(?<whole>[\w* ]+?)(?:, )?)?(?:\{(?<names>[^}]*)\} )?from '(?<module>[^']+)';\n/gm;

/** The sample in a block of its own, so that it may declare anew what the set-up declares. */
function assemble(setup: string, code: string): string {
  return withImports(setup + code, `${withoutImports(setup)}{\n${withoutImports(code)}${end}`);
}

function assembleMore(program: string, code: string): string {
  const body = withoutImports(program).slice(0, -end.length);
  return withImports(program + code, `${body}\n${withoutImports(code)}${end}`);
}

const withoutImports = (code: string) => code.replace(importStatement, '');

/** What is imported by one or the other, once. */
function withImports(code: string, body: string): string {
  const wholes = new Set<string>();
  const named = new Map<string, Set<string>>();
  for (const { groups = {} } of code.matchAll(importStatement)) {
    const { whole, names, module = '' } = groups;
    if (whole) wholes.add(`import ${whole.trim()} from '${module}';\n`);
    const known = named.get(module) ?? new Set();
    for (const name of names?.split(',') ?? []) if (name.trim() !== '') known.add(name.trim());
    named.set(module, known);
  }
  const lists = [...named].filter(([, names]) => names.size > 0);
  const imports = lists.map(([module, names]) => `import { ${[...names].join(', ')} } from '${module}';\n`);
  return [...wholes, ...imports, body].join('');
}

const options = {
  strict: true,
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
};

export function startAnew(): void {
  rmSync(everything, { recursive: true, force: true });
  mkdirSync(everything, { recursive: true });
  // What readers migrate from is no dependency of ours: a few functions stand for it.
  cpSync(join(root, 'test', 'stand-ins'), join(everything, 'node_modules'), { recursive: true });
  writeFileSync(join(everything, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
}

/** Compiles all programs; answers what the compiler says, which is nothing where all is well. */
export function compilePrograms(): string {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', everything], { encoding: 'utf8' });
  return stdout + stderr;
}

/** Runs a program that was compiled; answers what it prints, and all that it said where it failed. */
export function runProgram(step: Step, folder: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${step.program}.js`], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, TZ: 'UTC' },
  });
  if (status !== 0)
    throw new Error(`${step.program} ended with ${status}:\n${stdout}${stderr}\n${step.code}`);
  return stdout;
}
