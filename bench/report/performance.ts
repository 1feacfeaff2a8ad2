/** docs/performance.md: what stands between its markers is made of the results, the rest is written by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { plotGrowth } from './growth-plot.js';
import { limitsSection } from './limits-section.js';
import type { Results } from './results.js';
import * as sections from './sections.js';

const docs = new URL('../../../docs/', import.meta.url);

/** The tables, by the names that the markers have; empty where nothing was measured. */
export function describeResults(results: Results): Record<string, string> {
  return {
    machine: sections.machineSection(results),
    requirements: sections.requirementsSection(results),
    lookups: sections.lookupsSection(results),
    batches: sections.batchesSection(results),
    scans: sections.scansSection(results),
    builds: sections.buildsSection(results),
    startup: sections.startupSection(results),
    memory: sections.memorySection(results),
    limits: limitsSection(results),
    growth: sections.growthSection(results),
  };
}

/** Puts each table between its markers, `<!-- results: NAME -->` and `<!-- end -->`. */
export function fillIn(text: string, tables: Readonly<Record<string, string>>): string {
  return text.replace(
    /(<!-- results: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (whole: string, start: string, name: string, end: string) => {
      const content = tables[name];
      if (content === undefined)
        throw new Error(`docs/performance.md asks for results "${name}", which are none`);
      return content === '' ? whole : `${start}${content}\n${end}`;
    },
  );
}

export function writeDocs(results: Results): void {
  const path = fileURLToPath(new URL('performance.md', docs));
  writeFileSync(path, fillIn(readFileSync(path, 'utf8'), describeResults(results)));
  if (results.growth !== undefined) {
    writeFileSync(fileURLToPath(new URL('performance-growth.svg', docs)), plotGrowth(results.growth));
  }
}
