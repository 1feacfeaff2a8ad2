// Makes .tools/python-env, with the Python library in it, and prints the path of its Python. --optimized: with the library
// compiled for speed, in .tools/python-env-optimized, where the benchmarks look for it.
import { ensurePythonEnv } from './lib/python.mjs';
import { main } from './lib/run.mjs';

main(async (args) => {
  console.log(await ensurePythonEnv({ optimized: args.includes('--optimized') }));
});
