// The Zig compiler, of exactly one version: on PATH, or installed into .tools/zig.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { at } from './paths.mjs';
import { findPython } from './python.mjs';
import { capture, Failure, run } from './run.mjs';

export const zigVersion = '0.17.1';

const folder = '.tools/zig';
const binary = `ziglang/zig${process.platform === 'win32' ? '.exe' : ''}`;
const installed = at(`${folder}/${binary}`);

async function isRight(zig) {
  const { code, output } = await capture(zig, ['version']);
  return code === 0 && output.trim() === zigVersion;
}

// zipfile forgets the modes of files, and the compiler must be executable.
const unpack = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for entry in wheel.infolist():
        path = wheel.extract(entry, sys.argv[2])
        mode = entry.external_attr >> 16 & 0o777
        if mode and not entry.is_dir():
            os.chmod(path, mode)
`;

async function install() {
  const python = await findPython();
  if (!python) throw new Failure('there is no Python 3 on PATH to install it with');
  // Beside its place, then renamed: what is in that place is always complete.
  const temporary = `${folder}.${process.pid}.tmp`;
  rmSync(at(temporary), { recursive: true, force: true });
  mkdirSync(at(temporary), { recursive: true });
  try {
    const download = [
      '-m',
      'pip',
      '--disable-pip-version-check',
      'download',
      '--no-deps',
      '--only-binary',
      ':all:',
    ];
    await run(`downloading Zig ${zigVersion} (about 100 MB)`, python, [
      ...download,
      ...['--dest', at(temporary), `ziglang==${zigVersion}`],
    ]);
    const wheel = at(`${temporary}/${readdirSync(at(temporary)).find((name) => name.endsWith('.whl'))}`);
    await run('unpacking Zig into .tools/zig', python, ['-c', unpack, wheel, at(temporary)]);
    if (!(await isRight(at(`${temporary}/${binary}`))))
      throw new Failure('what was downloaded does not run here');
    rmSync(wheel);
    rmSync(at(folder), { recursive: true, force: true });
    renameSync(at(temporary), at(folder));
  } finally {
    rmSync(at(temporary), { recursive: true, force: true });
  }
}

/** Answers the command that runs Zig. */
export async function ensureZig() {
  if (await isRight('zig')) return 'zig';
  if (existsSync(installed) && (await isRight(installed))) return installed;
  try {
    await install();
  } catch (error) {
    throw new Failure(
      `${error.message}

The native core needs the Zig compiler, version ${zigVersion} exactly. Either
  - put a \`zig\` of that version on PATH (https://ziglang.org/download/), or
  - have Python 3 with pip on PATH as \`python3\`, and access to PyPI: this command then installs it into .tools/zig;
then run the command again.`,
    );
  }
  return installed;
}
