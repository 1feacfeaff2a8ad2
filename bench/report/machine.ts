/** What a run was made on, and with. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { versionOf } from '../contenders/contender.js';
import { contenders } from '../contenders/index.js';
import type { Machine } from './results.js';

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    load: loadavg()[0] as number,
  };
}

const pythonVersion = `
import platform
from importlib.metadata import version
print(version('sharedbuffers'), 'on CPython', platform.python_version())
`;

export function versionsOf(python: string | undefined): Record<string, string> {
  const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const versions: Record<string, string> = { sharedbuffers: own.version };
  for (const { packageName } of contenders) {
    if (packageName !== undefined) versions[packageName] = versionOf(packageName);
  }
  if (python !== undefined) {
    versions['Python sharedbuffers'] = execFileSync(python, ['-c', pythonVersion], {
      encoding: 'utf8',
    }).trim();
  }
  return versions;
}
