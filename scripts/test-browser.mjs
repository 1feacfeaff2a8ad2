// npm run test:browser: the page of `sharedbuffers serve` in a real Chromium. It installs none: it takes the one that
// CHROMIUM names, else the one that is found where systems put it.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { buildAll } from './lib/build.mjs';
import { Failure, main } from './lib/run.mjs';
import { findTests, readArguments, runTests } from './lib/tests.mjs';
import { buildTests } from './lib/typescript.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome.exe'];
const usual = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function findChromium() {
  const given = process.env.CHROMIUM;
  if (given) {
    if (existsSync(given)) return given;
    throw new Failure(`CHROMIUM names ${given}, which is not there.`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const found = [...onPath, ...usual].find((path) => existsSync(path));
  if (found) return found;
  throw new Failure(
    'There is no Chromium here. Install one (on Debian: apt-get install chromium), or name one with CHROMIUM=PATH.',
  );
}

main(async (args) => {
  const { names: wanted, flags } = readArguments(args);
  const chromium = findChromium();
  await buildAll();
  await buildTests();
  return runTests(findTests('test/browser', wanted), flags, { CHROMIUM: chromium });
});
