// Finding Python, and an environment with the Python library for the interchange tests.
import { rmSync } from 'node:fs';
import { at } from './paths.mjs';
import { capture, Failure, run } from './run.mjs';

const windows = process.platform === 'win32';

/** A Python 3 on PATH, or undefined. */
export async function findPython() {
  for (const name of ['python3', 'python']) {
    const { code } = await capture(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']);
    if (code === 0) return name;
  }
  return undefined;
}

const libraryVersion = '1.2.3';
// What the library needs to build and to run: it is older than the current major versions of these.
const around = ['setuptools<60', 'wheel', 'cython<3', 'numpy<2', 'six', 'xxhash', 'lz4', 'python-dateutil'];
const probe = `
import sys
from importlib.metadata import version
from sharedbuffers import mapped_struct
import numpy, xxhash, lz4, dateutil
sys.exit(version('sharedbuffers') != '${libraryVersion}')
`;

/**
 * Makes .tools/python-env, unless there is one that works; answers its Python. Where it is to be optimized, that is
 * .tools/python-env-optimized.
 */
export async function ensurePythonEnv({ optimized = false } = {}) {
  const env = optimized ? '.tools/python-env-optimized' : '.tools/python-env';
  const envPython = at(windows ? `${env}/Scripts/python.exe` : `${env}/bin/python`);
  if ((await capture(envPython, ['-c', probe])).code === 0) return envPython;
  const python = await findPython();
  if (!python) throw new Failure('The interchange tests need Python 3.8 to 3.11 as `python3` on PATH.');
  rmSync(at(env), { recursive: true, force: true });
  await run(`making a Python environment in ${env}`, python, ['-m', 'venv', at(env)]);
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet'];
  await run('installing what the Python library needs', envPython, [...pip, ...around]);
  await run(
    `compiling the Python library (about ${optimized ? 6 : 2} minutes)`,
    envPython,
    [...pip, '--no-build-isolation', 'clru', `sharedbuffers==${libraryVersion}`],
    // Unoptimized C compiles in a third of the time and is fast enough for tests.
    { env: optimized ? process.env : { ...process.env, CFLAGS: '-O1' } },
  );
  await run('trying the Python library', envPython, ['-c', probe]);
  return envPython;
}
