// What the benchmarks compare with: the packages of bench/peers.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensurePackages } from './packages.mjs';
import { at } from './paths.mjs';
import { npm } from './run.mjs';

const folder = 'bench/peers';
const sqliteBinary = `${folder}/node_modules/better-sqlite3/build/Release/better_sqlite3.node`;

/** Installs them. better-sqlite3 alone has to fetch or to compile its binary; where it cannot, it is left out. */
export async function ensurePeers() {
  await ensurePackages(folder, 'installing what the benchmarks compare with');
  if (existsSync(at(sqliteBinary))) return;
  // The headers that came with Node, where they did: others would have to be fetched.
  const installed = join(dirname(process.execPath), '..');
  const headers = existsSync(join(installed, 'include/node/node.h')) && { npm_config_nodedir: installed };
  try {
    await npm(
      'making the binary of better-sqlite3 (compiling it takes minutes)',
      ['rebuild', 'better-sqlite3'],
      {
        cwd: at(folder),
        env: { ...process.env, ...headers },
      },
    );
  } catch (error) {
    console.error(`${error.message}\nbetter-sqlite3 is left out.`);
  }
}
