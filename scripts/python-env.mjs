// Makes .tools/python-env, with the Python library in it, and prints the path of its Python.
import { ensurePythonEnv } from './lib/python.mjs';
import { main } from './lib/run.mjs';

main(async () => {
  console.log(await ensurePythonEnv());
});
