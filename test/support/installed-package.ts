/** The package as users get it: packed, and installed with scripts disabled into an empty folder of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

export interface InstalledPackage {
  readonly folder: string;
  readonly tarball: string;
}

/** Packs what the test run has built, which is one binary: scripts are off, for they would build every target. */
export function installPackage(): InstalledPackage {
  const folder = mkdtempSync(join(tmpdir(), 'sharedbuffers-installed-'));
  after(() => rmSync(folder, { recursive: true }));
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { stdio: 'pipe' });
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) as string);
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--offline'];
  execFileSync('npm', ['install', ...flags, tarball], { cwd: folder, stdio: 'pipe' });
  return { folder, tarball };
}

/** The example of the README, and what it prints. */
export const example = /```ts\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] as string;
export const printed = '262219 België undefined\n';
