// npm run docs: the reference of all that is exported -> build/reference. Fails on what has no description, and on links that
// lead nowhere.

import { writeReference } from './lib/reference.mjs';
import { main } from './lib/run.mjs';

main(writeReference);
