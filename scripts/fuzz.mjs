// npm run fuzz: changes files at random and uses them for everything, in child processes. `-- --inputs=1000000 --seed=7`
// says how many and which; inputs that something is wrong with go to build/fuzz, and `-- --replay=FILE` uses one again.
import { buildAll } from './lib/build.mjs';
import { at } from './lib/paths.mjs';
import { hand, main } from './lib/run.mjs';
import { buildTests, compiled } from './lib/typescript.mjs';

main(async (args) => {
  await buildAll();
  await buildTests();
  return hand(process.execPath, [at(compiled('test/fuzz/main.ts')), ...args]);
});
