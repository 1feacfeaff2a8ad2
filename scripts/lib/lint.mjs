// The tools that look at the source as text.
import { at, filesBelow } from './paths.mjs';
import { run } from './run.mjs';
import { ensureZig } from './zig.mjs';

export function biome(title, args) {
  return run(title, process.execPath, [at('node_modules/@biomejs/biome/bin/biome'), ...args]);
}

export async function zigFmt(title, args) {
  const zig = await ensureZig();
  await run(title, zig, ['fmt', ...args, 'zig-src', ...['build.zig', 'build.zig.zon'].flatMap(filesBelow)]);
}
