/** What Linux tells about the memory of this process, in bytes; `undefined` elsewhere. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

function field(file: string, name: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Pages that this process alone has, and has written to. */
export const privateDirty = () => field('/proc/self/smaps_rollup', 'Private_Dirty');

/** Its share of all pages: those that several processes have are divided among them. */
export const proportionalSize = () => field('/proc/self/smaps_rollup', 'Pss');

export const residentSize = () => field('/proc/self/status', 'VmRSS');

/** The peak of the resident size since it was reset. */
export const peakSize = () => field('/proc/self/status', 'VmHWM');

export function resetPeakSize(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux, or not allowed: the peak counts from the start.
  }
}
