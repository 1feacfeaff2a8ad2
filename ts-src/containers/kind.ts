/** Whether what a file says it is, is what the caller opens it as. Files built by Python say nothing. */
import { CorruptDataError, UnsupportedError } from '../errors.js';
import type { Region } from '../region.js';
import { type IdMapperKind, storedFormOf } from './id-mapper-kinds.js';
import { type KindDescription, readKindSection, readSections } from './sections.js';
import { isZip } from './zip-format.js';

export { type KindDescription, readKindSection as readKind };

/**
 * @param idMapper whose stored form the file's id mapper must share; simple and multi forms do
 * @throws UnsupportedError `ERR_SHAREDBUFFERS_WRONG_KIND`
 */
export function checkKind(
  found: KindDescription | undefined,
  expected: readonly string[],
  idMapper: IdMapperKind | undefined,
): void {
  if (found === undefined) return;
  if (!expected.includes(found.kind)) throw wrongKind(expected[0] as string, found);
  if (idMapper === undefined || found.idMapper === undefined) return;
  if (storedFormOf(found.idMapper) !== storedFormOf(idMapper.name)) throw wrongKind(idMapper.name, found);
}

function wrongKind(expected: string, found: KindDescription): Error {
  const what = found.idMapper === undefined ? found.kind : `${found.kind} with a ${found.idMapper}`;
  return new UnsupportedError(
    `expected a file of kind ${expected}, found ${what}`,
    'ERR_SHAREDBUFFERS_WRONG_KIND',
  );
}

/**
 * What a file says it is, or a zip file must be. Id tables and arrays both have the position of their table or index in their second eight
 * bytes, and the sections lie directly below it.
 */
export function findKind(region: Region): KindDescription | undefined {
  if (isZip(region)) return { kind: 'bundle' };
  if (region.size < 24) return undefined;
  const header = region.headerBytes(8, 8, 'the position of a table or an index');
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const table = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (!(table >= 16 && table <= region.size)) return undefined;
  return readKindSection(region, readSections(region, 16, table, undefined));
}

/**
 * For an error that opening a region has met: what is garbage as one thing may well be another, and say so.
 * @throws UnsupportedError `ERR_SHAREDBUFFERS_WRONG_KIND` where it does
 */
export function checkKindAfter(
  error: unknown,
  region: Region,
  expected: readonly string[],
  idMapper?: IdMapperKind,
): void {
  if (error instanceof CorruptDataError) checkKind(findKind(region), expected, idMapper);
}
