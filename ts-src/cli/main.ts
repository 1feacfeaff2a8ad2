#!/usr/bin/env node
/** The program `sharedbuffers`. */
import { run } from './program.js';

process.exitCode = await run(process.argv);
