/** Opening whatever a file says that it is. */
import { UnsupportedError } from '../errors.js';
import type { Region } from '../region.js';
import type { Schema } from '../schema/schema.js';
import { isPath } from './build-target.js';
import { type ContainerOptions, openFileWith, regionOfBytes } from './container.js';
import {
  type IdMapper,
  type IdMapperClass,
  idMapperGeneration,
  NumericId32Mapper,
  NumericIdMapper,
  StringId32Mapper,
  StringIdMapper,
} from './id-mapper.js';
import { type KindDescription, readKind } from './kind.js';
import { arrayGeneration, arrayOf, type MappedArray } from './mapped-array.js';
import { type Mapping, mappingGeneration, mappingOf } from './mapping.js';
import { readSections } from './sections.js';

export type AnyContainer = MappedArray | IdMapper<unknown> | Mapping;

/** The id mapper classes by the name that files give them. */
export const idMapperClasses: ReadonlyMap<string, IdMapperClass<unknown>> = new Map(
  [NumericIdMapper, NumericId32Mapper, StringIdMapper, StringId32Mapper].map((idMapper) => [
    idMapper.kind.name as string,
    idMapper as unknown as IdMapperClass<unknown>,
  ]),
);

/**
 * Opens a container that was built by this library as what it is; bytes in memory too.
 * @throws UnsupportedError `ERR_SHAREDBUFFERS_NOT_SELF_DESCRIBED` where the file does not say: files that Python
 *   built do not, and are opened with the class that they were built as
 */
export function open(
  source: string | URL | Uint8Array | ArrayBufferLike,
  options?: ContainerOptions,
): AnyContainer {
  if (isPath(source))
    return openFileWith(source, options, (region) => containerOf(region, undefined, options));
  return containerOf(regionOfBytes(source, options), undefined, options);
}

/** The container in a region that says what it is. */
export function containerOf(
  region: Region,
  schema: Schema | undefined,
  options: ContainerOptions | undefined,
): AnyContainer {
  const kind = findKind(region);
  if (kind === undefined) throw notSelfDescribed();
  if (kind.kind === 'array') return new (arrayOf())(arrayGeneration(region, schema, options));
  const idMapper = kind.idMapper === undefined ? undefined : idMapperClasses.get(kind.idMapper);
  if (idMapper === undefined || (kind.kind !== 'mapping' && kind.kind !== 'id-mapper')) {
    const what = kind.idMapper === undefined ? kind.kind : `${kind.kind} with a ${kind.idMapper}`;
    throw new UnsupportedError(`the file is a ${what}, which this version does not know`);
  }
  if (kind.kind === 'id-mapper') return new idMapper(idMapperGeneration(region, idMapper.kind));
  return new (mappingOf(idMapper))(mappingGeneration(region, idMapper.kind, schema, options)) as Mapping;
}

/**
 * What a file says it is. Id tables and arrays both have the position of their table or index in their second eight
 * bytes, and the sections lie directly below it.
 */
export function findKind(region: Region): KindDescription | undefined {
  if (region.size < 24) return undefined;
  const { view } = region.windowAt(8);
  const table = view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
  if (!(table >= 16 && table <= region.size)) return undefined;
  return readKind(region, readSections(region, 16, table, undefined));
}

function notSelfDescribed(): Error {
  return new UnsupportedError(
    'the file does not say what it is, as files built by Python do not; open it with the class it was built as, ' +
      'for instance mappingOf(StringIdMapper).open(path), or on the command line with --kind and --id-mapper',
    'ERR_SHAREDBUFFERS_NOT_SELF_DESCRIBED',
  );
}
