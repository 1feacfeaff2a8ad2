// Steps that are done once: a stamp remembers the content of everything that went into a step.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { at, filesBelow } from './paths.mjs';

function fingerprint({ inputs, versions = [] }) {
  const hash = createHash('sha256');
  for (const version of versions) hash.update(`${version}\0`);
  for (const file of inputs.flatMap(filesBelow)) {
    const content = readFileSync(at(file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * Runs `work` unless it succeeded before with the same `inputs` (files and folders) and `versions` (strings), and all
 * `outputs` are still there. Answers whether it ran.
 */
export async function once(name, { inputs, versions, outputs = [] }, work) {
  const stamp = at(`build/stamps/${name}`);
  // Taken before the work: what is edited meanwhile is work for the next run.
  const print = fingerprint({ inputs, versions });
  const done =
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === print &&
    outputs.every((output) => existsSync(at(output)));
  if (done) return false;
  rmSync(stamp, { force: true });
  await work();
  mkdirSync(at('build/stamps'), { recursive: true });
  writeFileSync(stamp, print);
  return true;
}
