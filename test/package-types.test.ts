/** The declarations of the installed package, by every way in which TypeScript looks for them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, describe, it } from 'node:test';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { example, installPackage } from './support/installed-package.js';

/** The README's example, and types that would not be there if anything was `any`. */
const typed = `${example}
const name: string | undefined = cities.get('BE/Gent')?.name;
// @ts-expect-error: a number is no string
const wrong: string | undefined = cities.get('BE/Gent')?.population;
export { name, wrong };
`;
const required = `import sharedbuffers = require('sharedbuffers');
const Point = new sharedbuffers.Schema('Point', { x: sharedbuffers.t.int32 });
export const x: number = Point.unpackFrom(Point.pack({ x: 1 }), 0).x;
`;

describe('the declarations of the package', () => {
  const installed = installPackage();
  before(() => {
    writeFileSync(join(installed.folder, 'imports.mts'), typed);
    writeFileSync(join(installed.folder, 'requires.cts'), required);
  });

  for (const typescript of ['typescript', 'typescript-5']) {
    for (const [module, moduleResolution, files] of [
      ['nodenext', 'nodenext', ['imports.mts', 'requires.cts']],
      ['esnext', 'bundler', ['imports.mts']],
    ] as const) {
      it(`compile under ${moduleResolution} resolution of ${typescript}`, () => {
        const compiler = resolve('node_modules', typescript, 'bin', 'tsc');
        const flags = ['--strict', '--noEmit', '--target', 'es2022', '--module', module];
        const { stdout } = spawnSync(
          process.execPath,
          [compiler, ...flags, '--moduleResolution', moduleResolution, ...files],
          { cwd: installed.folder, encoding: 'utf8' },
        );
        assert.equal(stdout, '');
      });
    }
  }

  it('are found wrong by nobody who looks for that', async () => {
    const data = new Uint8Array(readFileSync(installed.tarball));
    const analysis = await checkPackage(createPackageFromTarballData(data));
    assert.ok(analysis.types);
    const problems = analysis.problems.map((problem) =>
      'resolutionKind' in problem ? `${problem.kind} under ${problem.resolutionKind}` : problem.kind,
    );
    // ES modules alone are shipped: `require` reads them from Node 20.19 on, and the oldest resolution knows no exports.
    const known =
      /^(CJSResolvesToESM under node16-cjs|NoResolution under node10|UntypedResolution under node10)$/;
    assert.deepEqual(
      problems.filter((problem) => !known.test(problem)),
      [],
    );
  });
});
