/** The checks of a platform, with the library imported. */
import * as library from 'sharedbuffers';
import { smoke } from './smoke.js';

await smoke(library);
