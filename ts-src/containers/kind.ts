/** Whether what a file says it is, is what the caller opens it as. Files built by Python say nothing. */
import { UnsupportedError } from '../errors.js';
import { type IdMapperKind, storedFormOf } from './id-mapper-kinds.js';
import { type KindDescription, readKindSection } from './sections.js';

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
