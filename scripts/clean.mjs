// npm run clean: removes what was built (`-- --all`: what was installed here, too).
import { rmSync } from 'node:fs';
import { at } from './lib/paths.mjs';

const built = ['build', 'dist', 'prebuilds', '.zig-cache', 'zig-out'];
const installed = ['node_modules', 'bench/peers/node_modules', '.tools'];
for (const path of process.argv.includes('--all') ? [...built, ...installed] : built) {
  rmSync(at(path), { recursive: true, force: true });
}
