// npm run check: types, docstrings, lint and format, of TypeScript and Zig. Compiling is the type check, and stays for the tests.
import { biome, zigFmt } from './lib/lint.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { writeReference } from './lib/reference.mjs';
import { main } from './lib/run.mjs';
import { once } from './lib/stamp.mjs';
import { buildLibrary, buildTests, tsc } from './lib/typescript.mjs';

main(async () => {
  await ensurePackages();
  await buildLibrary();
  await buildTests();
  await once('shipped', { inputs: ['dist', 'tsconfig.shipped.json', 'package-lock.json'] }, async () => {
    await tsc('checking the declarations that ship (TypeScript 7)', ['-p', 'tsconfig.shipped.json']);
    await tsc(
      'checking the declarations that ship (TypeScript 5)',
      ['-p', 'tsconfig.shipped.json'],
      'typescript-5',
    );
  });
  await writeReference();
  await biome('linting and checking the format (`npm run format` repairs most of it)', [
    'ci',
    '--colors=off',
  ]);
  await zigFmt('checking the format of Zig', ['--check']);
});
