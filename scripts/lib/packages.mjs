// The npm packages of a lock file, installed when they are not.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { at } from './paths.mjs';
import { Failure, npm } from './run.mjs';

const oldestNode = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  throw new Failure(
    `This needs Node ${oldestNode.join('.')} or newer; this is Node ${process.versions.node}.`,
  );
}

/** Makes node_modules in `folder` what the lock file beside it says. */
export async function ensurePackages(folder = '.', title = 'installing npm packages') {
  checkNode();
  const stamp = at(`${folder}/node_modules/.installed-from`);
  const lock = createHash('sha256').update(readFileSync(at(`${folder}/package-lock.json`)));
  // The platform too: some packages bring a binary for the one that they were installed on.
  const wanted = `${lock.digest('hex')} ${process.platform}-${process.arch}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // Nothing here needs an install script: binaries come as packages of their own.
  await npm(title, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: at(folder) });
  writeFileSync(stamp, wanted);
}
