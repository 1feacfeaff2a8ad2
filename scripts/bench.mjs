// npm run bench: the comparison with what users pick otherwise (bench/suite.ts, which describes its options).
// `npm run bench -- NAME…` runs the benchmarks bench/*.bench.ts with such a name instead, each in a process of its own;
// what begins with '-' goes to the benchmark. What they compare with is installed on demand, into bench/peers.
import { buildAll } from './lib/build.mjs';
import { buildLimits } from './lib/native.mjs';
import { at, filesBelow } from './lib/paths.mjs';
import { ensurePeers } from './lib/peers.mjs';
import { Failure, hand, main } from './lib/run.mjs';
import { readArguments } from './lib/tests.mjs';
import { buildTests, compiled } from './lib/typescript.mjs';

function select(names) {
  if (names.length === 0) return ['bench/suite.ts'];
  const files = filesBelow('bench')
    .filter((file) => file.endsWith('.bench.ts'))
    .filter((file) => names.some((name) => file.includes(name)));
  if (files.length === 0) throw new Failure('There is no such benchmark.');
  return files;
}

main(async (args) => {
  const { names, flags } = readArguments(args);
  const files = select(names);
  await buildAll();
  await ensurePeers();
  await buildLimits();
  await buildTests();
  for (const file of files) {
    const code = await hand(process.execPath, ['--expose-gc', at(compiled(file)), ...flags]);
    if (code !== 0) return code;
  }
  return 0;
});
