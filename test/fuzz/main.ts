/** `npm run fuzz -- --inputs=1000000 --seed=1 --children=2`, or `-- --replay=FILE` for a finding. */
import { parseArgs } from 'node:util';
import { replays, runCampaign, type Summary } from './campaign.js';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    children: { type: 'string', default: '2' },
    folder: { type: 'string', default: 'build/fuzz' },
    replay: { type: 'string' },
  },
});

if (values.replay === undefined) await run();
else process.exitCode = replays(values.replay) ? 0 : 1;

async function run(): Promise<void> {
  const start = performance.now();
  const seed = Number(values.seed);
  const inputs = Number(values.inputs);
  const summary = await runCampaign({
    seed,
    inputs,
    first: Number(values.first),
    children: Number(values.children),
    maxSeconds: 1,
    maxMegabytes: 256,
    folder: values.folder,
    onProgress: (soFar) => console.error(lineOf(soFar)),
  });
  for (const { number, what, path } of summary.findings) console.log(`input ${number}: ${what}\n  ${path}`);
  console.log(`seed ${seed}: ${lineOf(summary)}`);
  console.log(JSON.stringify({ seed, ...summary, findings: summary.findings.length }));
  process.exitCode = summary.findings.length === 0 ? 0 : 1;

  function lineOf({ inputs: count, calls, findings, slowest }: Summary): string {
    const seconds = (performance.now() - start) / 1000;
    const rate = Math.round(count / seconds);
    return `${count} inputs, ${calls} calls, ${findings.length} findings, slowest ${slowest.toFixed(2)} s, ${seconds.toFixed(0)} s, ${rate} a second`;
  }
}
