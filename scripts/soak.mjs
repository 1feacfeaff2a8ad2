// npm run soak: the long forms of demonstrations, test/soak/*.soak.ts, one after another, each in a process of its own
// that prints its figures and fails where something is wrong. `npm run soak -- NAME…` selects by name; what begins with
// '-' goes to the demonstration.
import { buildAll } from './lib/build.mjs';
import { at, filesBelow } from './lib/paths.mjs';
import { Failure, hand, main } from './lib/run.mjs';
import { readArguments } from './lib/tests.mjs';
import { buildTests, compiled } from './lib/typescript.mjs';

main(async (args) => {
  const { names, flags } = readArguments(args);
  await buildAll();
  await buildTests();
  const files = filesBelow('test/soak')
    .filter((file) => file.endsWith('.soak.ts'))
    .filter((file) => names.length === 0 || names.some((name) => file.includes(name)));
  if (files.length === 0) throw new Failure('There is no such demonstration.');
  let failed = 0;
  for (const file of files) {
    console.log(`\n${file}`);
    if ((await hand(process.execPath, ['--expose-gc', at(compiled(file)), ...flags])) !== 0) failed++;
  }
  return failed === 0 ? 0 : 1;
});
