// npm run fuzz: changes files at random and uses them for everything, in child processes. `-- --inputs=1000000 --seed=7`
// says how many and which, `--safe` takes the native core with safety checks; inputs that something is wrong with go to
// build/fuzz, and `-- --replay=FILE` uses one again.
import { buildAll } from './lib/build.mjs';
import { buildSafe, safeAddon } from './lib/native.mjs';
import { at } from './lib/paths.mjs';
import { hand, main } from './lib/run.mjs';
import { unbundled } from './lib/tests.mjs';
import { buildTests, compiled } from './lib/typescript.mjs';

main(async (args) => {
  await buildAll();
  await buildTests();
  const env = { ...process.env };
  if (args.includes('--safe')) {
    await buildSafe();
    env.SHAREDBUFFERS_NATIVE_BINARY = at(safeAddon);
  }
  const rest = args.filter((arg) => arg !== '--safe');
  return hand(process.execPath, [...unbundled, at(compiled('test/fuzz/main.ts')), ...rest], { env });
});
