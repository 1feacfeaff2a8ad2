// npm run bench: runs bench/*.bench.ts, each in a process of its own. `npm run bench -- NAME…` selects by name; what
// begins with '-' goes to the benchmark. What they compare with is installed on demand, into bench/peers.
import { buildAll } from './lib/build.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { at, filesBelow } from './lib/paths.mjs';
import { Failure, hand, main } from './lib/run.mjs';
import { readArguments } from './lib/tests.mjs';
import { buildTests, compiled } from './lib/typescript.mjs';

main(async (args) => {
  const { names, flags } = readArguments(args);
  await buildAll();
  await ensurePackages('bench/peers', 'installing what the benchmarks compare with');
  await buildTests();
  const files = filesBelow('bench')
    .filter((file) => file.endsWith('.bench.ts'))
    .filter((file) => names.length === 0 || names.some((name) => file.includes(name)));
  if (files.length === 0) throw new Failure('There is no such benchmark.');
  for (const file of files) {
    const code = await hand(process.execPath, ['--expose-gc', at(compiled(file)), ...flags]);
    if (code !== 0) return code;
  }
  return 0;
});
