/** What a bundle holds, in plain data: what `sharedbuffers info` prints of it. */
import { Region } from '../region.js';
import type { Bundle } from './bundle.js';
import { generationIn } from './container.js';
import { type ContainerDescription, type EntryDescription, placeIn } from './describe.js';
import { findKind } from './kind.js';

/** @param size bytes of the whole bundle */
export function describeBundle(bundle: Bundle, offset: number, size: number): ContainerDescription {
  const entries = [...bundle.names()].map((name) => describeEntry(bundle, name));
  const { region } = generationIn(bundle);
  return { kind: 'bundle', count: entries.length, ...placeIn(region, offset), size, entries };
}

function describeEntry(bundle: Bundle, name: string): EntryDescription {
  const { size = 0, refused } = bundle.entry(name) ?? {};
  if (refused !== undefined) return { name, size, refused };
  return { name, ...kindOfEntry(bundle, name), ...bundle.placeOf(name) };
}

/** What an entry says it is: nothing, where it was built by Python, or is no container. */
function kindOfEntry(bundle: Bundle, name: string): Pick<EntryDescription, 'kind' | 'idMapper'> {
  const region = Region.fromBytes(bundle.bytes(name));
  const found = findKind(region);
  if (found === undefined) return {};
  return { kind: found.kind, ...(found.idMapper !== undefined && { idMapper: found.idMapper }) };
}
