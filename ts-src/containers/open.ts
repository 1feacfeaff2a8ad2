/** Opening whatever a file says that it is. */
import { CorruptDataError, InvalidTypeError, UnsupportedError } from '../errors.js';
import type { Region } from '../region.js';
import { Bundle, bundleForm } from './bundle.js';
import { type Container, type ContainerOptions, type Generation, regionOfBytes } from './container.js';
import type { ContainerDescriptor } from './descriptor.js';
import type { IdMapper, IdMapperClass } from './id-mapper.js';
import { idMapperForm } from './id-mapper-statics.js';
import { idMapperClasses } from './id-mappers.js';
import { findKind, type KindDescription } from './kind.js';
import { arrayForm, arrayOf, type MappedArray } from './mapped-array.js';
import { type Mapping, mappingOf } from './mapping.js';
import type { MappingGeneration } from './mapping-generation.js';
import { type AnyIdMapperClass, mappingForm } from './mapping-statics.js';
import type { MultiIdMapper, MultiIdMapperClass } from './multi-id-mapper.js';
import { type MultiMapping, multiMappingOf } from './multi-mapping.js';
import { type ContainerType, type FileSource, isFileSource, openBytesAs, openFile } from './opening.js';
import type { ContainerForm } from './origin.js';
import { isZip } from './zip-format.js';

/** Whatever `open` answers. */
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
  if (found === undefined) throw notSelfDescribed(region);
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

function notSelfDescribed({ size }: Region): Error {
  if (size === 0) return new CorruptDataError('the file is empty', 0);
  return new UnsupportedError(
    'the file does not say what it is: it is incomplete, or none of this library, or built by Python; if it was, open ' +
      'it with the class it was built as, for instance mappingOf(StringIdMapper).open(path), or on the command line ' +
      'with --kind and --id-mapper',
    'ERR_SHAREDBUFFERS_NOT_SELF_DESCRIBED',
  );
}

function needsSchema(): Error {
  return new InvalidTypeError(
    'the descriptor is that of a pool, which only its schema can read: Pool.load(schema, descriptor)',
  );
}
