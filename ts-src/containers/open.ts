/** Opening whatever a file says that it is. */
import { UnsupportedError } from '../errors.js';
import type { Region } from '../region.js';
import type { Schema } from '../schema/schema.js';
import { isPath } from './build-target.js';
import { Bundle } from './bundle.js';
import { type ContainerOptions, openFileWith, regionOfBytes } from './container.js';
import type { IdMapper, IdMapperClass } from './id-mapper.js';
import { idMapperGeneration } from './id-mapper-generation.js';
import { idMapperClasses } from './id-mappers.js';
import { type KindDescription, readKind } from './kind.js';
import { arrayGeneration, arrayOf, type MappedArray } from './mapped-array.js';
import { type Mapping, mappingOf } from './mapping.js';
import { type MappingGeneration, mappingGeneration } from './mapping-generation.js';
import type { AnyIdMapperClass } from './mapping-statics.js';
import type { MultiIdMapper, MultiIdMapperClass } from './multi-id-mapper.js';
import { type MultiMapping, multiMappingOf } from './multi-mapping.js';
import { readSections } from './sections.js';
import { isZip, readDirectory } from './zip-reading.js';

export type AnyContainer =
  | MappedArray
  | IdMapper<unknown>
  | MultiIdMapper<unknown>
  | Mapping
  | MultiMapping
  | Bundle;

export { idMapperClasses };

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
  if (isZip(region)) {
    return new Bundle({ region, directory: readDirectory(region), options: options ?? {} });
  }
  const kind = findKind(region);
  if (kind === undefined) throw notSelfDescribed();
  if (kind.kind === 'array') return new (arrayOf())(arrayGeneration(region, schema, options));
  const idMapper = kind.idMapper === undefined ? undefined : idMapperClasses.get(kind.idMapper);
  if (idMapper !== undefined) {
    if (kind.kind === 'id-mapper') return new idMapper(idMapperGeneration(region, idMapper.kind));
    const isMapping = kind.kind === 'mapping' || kind.kind === 'multi-mapping';
    if (isMapping)
      return new (mappingClassOf(idMapper))(mappingGeneration(region, idMapper.kind, schema, options));
  }
  const what = kind.idMapper === undefined ? kind.kind : `${kind.kind} with a ${kind.idMapper}`;
  throw new UnsupportedError(`the file is a ${what}, which this version does not know`);
}

function mappingClassOf(idMapper: AnyIdMapperClass): new (generation: MappingGeneration) => AnyContainer {
  return idMapper.kind.multi
    ? multiMappingOf(idMapper as MultiIdMapperClass<unknown>)
    : mappingOf(idMapper as IdMapperClass<unknown>);
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
