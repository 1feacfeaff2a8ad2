/** Opening whatever a file says that it is. */
import { InvalidTypeError, UnsupportedError } from '../errors.js';
import type { Region } from '../region.js';
import { Bundle, bundleForm } from './bundle.js';
import { type Container, type ContainerOptions, type Generation, regionOfBytes } from './container.js';
import type { ContainerDescriptor } from './descriptor.js';
import type { IdMapper, IdMapperClass } from './id-mapper.js';
import { idMapperForm } from './id-mapper-statics.js';
import { idMapperClasses } from './id-mappers.js';
import { type KindDescription, readKind } from './kind.js';
import { arrayForm, arrayOf, type MappedArray } from './mapped-array.js';
import { type Mapping, mappingOf } from './mapping.js';
import type { MappingGeneration } from './mapping-generation.js';
import { type AnyIdMapperClass, mappingForm } from './mapping-statics.js';
import type { MultiIdMapper, MultiIdMapperClass } from './multi-id-mapper.js';
import { type MultiMapping, multiMappingOf } from './multi-mapping.js';
import { type ContainerType, type FileSource, isFileSource, openBytesAs, openFile } from './opening.js';
import type { ContainerForm } from './origin.js';
import { readSections } from './sections.js';
import { isZip } from './zip-reading.js';

export type AnyContainer =
  | MappedArray
  | IdMapper<unknown>
  | MultiIdMapper<unknown>
  | Mapping
  | MultiMapping
  | Bundle;

export { idMapperClasses };

/**
 * Opens a container that was built by this library as what it is: by the path of its file, by its descriptor, or in
 * bytes in memory.
 * @throws UnsupportedError `ERR_SHAREDBUFFERS_NOT_SELF_DESCRIBED` where the file does not say: files that Python
 *   built do not, and are opened with the class that they were built as, or by descriptor; SharedBuffersError
 *   `ERR_SHAREDBUFFERS_FILE_CHANGED` where a descriptor names a file that has changed
 */
export function open(
  source: FileSource | Uint8Array | ArrayBufferLike,
  options?: ContainerOptions,
): AnyContainer {
  if (isFileSource(source)) return openFile(source, options, typeOf);
  const region = regionOfBytes(source, options);
  const { make, form } = typeOf(region, undefined);
  return openBytesAs(make, source, options, form);
}

type AnyType = ContainerType<Generation, Container<Generation> & AnyContainer>;

/** What its descriptor says that a region is, else what it says itself. */
export function typeOf(region: Region, described: ContainerDescriptor | undefined): AnyType {
  if (isZip(region)) return anyType(Bundle, bundleForm);
  const found: Pick<KindDescription, 'kind' | 'idMapper'> | undefined = described ?? findKind(region);
  if (found === undefined) throw notSelfDescribed();
  const { kind } = found;
  if (kind === 'array') return anyType(arrayOf(), arrayForm(undefined));
  if (kind === 'pool') throw needsSchema();
  const idMapper = found.idMapper === undefined ? undefined : idMapperClasses.get(found.idMapper);
  if (idMapper !== undefined) {
    if (kind === 'id-mapper') return anyType(idMapper, idMapperForm(idMapper.kind));
    if (kind === 'mapping' || kind === 'multi-mapping') {
      return anyType(
        mappingClassOf(idMapper),
        mappingForm(idMapper.kind.multi ? 'multi-mapping' : 'mapping', idMapper, undefined),
      );
    }
  }
  const what = found.idMapper === undefined ? kind : `${kind} with a ${found.idMapper}`;
  throw new UnsupportedError(`the file is a ${what}, which this version does not know`);
}

function anyType<G extends Generation>(
  type: new (generation: G) => Container<G>,
  form: ContainerForm<G>,
): AnyType {
  return { make: (generation: G) => new type(generation), form } as unknown as AnyType;
}

function mappingClassOf(
  idMapper: AnyIdMapperClass,
): new (
  generation: MappingGeneration,
) => Mapping | MultiMapping {
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

function needsSchema(): Error {
  return new InvalidTypeError(
    'the descriptor is that of a pool, which only its schema can read: Pool.load(schema, descriptor)',
  );
}
