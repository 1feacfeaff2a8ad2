/** The checks of a platform, with the library required by a CommonJS module. */
import library = require('sharedbuffers');

import('./smoke.js').then(({ smoke }) => smoke(library));
