// npm run build: the library for this machine (`--all-targets`: for every one, as the package ships it).
import { buildAll } from './lib/build.mjs';
import { main } from './lib/run.mjs';

main((args) => buildAll({ allTargets: args.includes('--all-targets') }));
