/** Reads by descriptor: as a thread, or as a process of its own (`reader.js DESCRIPTOR`) that prints its answer. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ContainerDescriptor } from 'sharedbuffers';
import type { Library } from './checks.js';

export interface Answer {
  readonly size: number;
  readonly sum: number;
  readonly label: string | undefined;
}

export function pointsOf({ mappingOf, Schema, StringIdMapper, t }: Library) {
  return mappingOf(StringIdMapper, new Schema('Point', { x: t.int32, label: t.text }));
}

export function read(library: Library, descriptor: ContainerDescriptor): Answer {
  using points = pointsOf(library).open(descriptor);
  let sum = 0;
  for (const { x } of points.values()) sum += x;
  return { size: points.size, sum, label: points.get('key 7')?.label };
}

const asThread = (workerData as { descriptor?: ContainerDescriptor } | null)?.descriptor;
const asProgram = process.argv[1]?.endsWith('reader.js') ? process.argv[2] : undefined;
if (asThread !== undefined) {
  parentPort?.postMessage(read(await import('sharedbuffers'), asThread));
} else if (asProgram !== undefined) {
  console.log(JSON.stringify(read(await import('sharedbuffers'), JSON.parse(asProgram))));
}
