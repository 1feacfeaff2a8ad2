// npm run platforms: the packed package under every runtime, system and tool that can be had here, and the table of
// docs/platforms.md. `npm run platforms -- NAME…` runs the rows whose name begins so. Fetches what it lacks (about 700 MB) into
// .tools/platforms.
import { buildAll } from './lib/build.mjs';
import { install, pack } from './lib/platforms/package.mjs';
import { keep, writePage } from './lib/platforms/report.mjs';
import { rows } from './lib/platforms/rows.mjs';
import { Failure, main } from './lib/run.mjs';
import { readArguments } from './lib/tests.mjs';
import { buildTests } from './lib/typescript.mjs';

main(async (args) => {
  const { names } = readArguments(args);
  const chosen = rows.filter(({ id }) => names.length === 0 || names.some((name) => id.startsWith(name)));
  if (chosen.length === 0)
    throw new Failure(`There is no such row; there are ${rows.map(({ id }) => id).join(', ')}.`);
  await buildAll({ allTargets: true });
  await buildTests();
  const setting = { installed: await install(await pack()) };
  let failed = 0;
  for (const { id, run } of chosen) {
    let outcome;
    try {
      outcome = await run(setting);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      outcome = { untried: error.message.trim().split('\n').at(-1) };
    }
    keep(id, outcome);
    if (outcome.failed !== 0) failed++;
    console.log(
      outcome.untried
        ? `– ${id}: not tried: ${outcome.untried}`
        : `${outcome.failed === 0 ? '✓' : '✗'} ${id} (${outcome.version}): ${outcome.passed} passed, ${outcome.failed} failed${outcome.note ? `: ${outcome.note}` : ''}`,
    );
  }
  writePage(rows);
  return failed === 0 ? 0 : 1;
});
