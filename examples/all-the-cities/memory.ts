/** How much memory a process takes, its part of shared pages counted in proportion. */
import { readFileSync } from 'node:fs';

/** Linux tells proportional sizes of any process; elsewhere there is only the process's own resident size. */
export function memoryOf(pid: number): number {
  if (process.platform !== 'linux') return process.memoryUsage().rss;
  const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(pss) * 1024;
}
