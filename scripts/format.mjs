// npm run format: formats everything, and repairs what the linter can repair safely.
import { biome, zigFmt } from './lib/lint.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { main } from './lib/run.mjs';

main(async () => {
  await ensurePackages();
  await zigFmt('formatting Zig', []);
  await biome('formatting and repairing', ['check', '--write', '--colors=off']);
});
