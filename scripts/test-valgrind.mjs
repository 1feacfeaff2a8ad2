// npm run test:valgrind: the native parsers over changed files, under valgrind, which sees reads of memory that is not
// theirs, or that nobody has written, and memory that is never given back. `npm run test:valgrind -- COUNT SEED`.
import { buildSafe, fuzzNative } from './lib/native.mjs';
import { capture, Failure, main } from './lib/run.mjs';

main(async ([count = '3000', seed = '1']) => {
  if ((await capture('valgrind', ['--version'])).code !== 0) {
    throw new Failure(
      'There is no valgrind here. Install it (on Debian: apt-get install valgrind); it needs Linux.',
    );
  }
  await buildSafe();
  await fuzzNative({ seed: Number(seed), count: Number(count), under: 'valgrind' });
  return 0;
});
