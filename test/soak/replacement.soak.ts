/** Four processes read a table for a minute that is replaced every 200 ms. */
import { replaceUnderLoad } from './replacement.js';

const { replacements, badFiles, readers } = await replaceUnderLoad({
  readers: 4,
  replacements: 300,
  everyMs: 200,
});
console.log(`${replacements} replacements, and ${badFiles} bad files in between`);
console.table(readers.map(({ faults, ...counts }) => counts));
const faults = readers.flatMap((reader) => reader.faults);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
