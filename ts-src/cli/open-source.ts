/** Opening a file as what the flags, or the file itself, say that it is. */
import { Bundle } from '../containers/bundle.js';
import { openFileWith } from '../containers/container.js';
import { idMapperGeneration } from '../containers/id-mapper-generation.js';
import { type IdMapperKind, multiFormOf } from '../containers/id-mapper-kinds.js';
import { checkKindAfter, findKind, type KindDescription } from '../containers/kind.js';
import { arrayGeneration } from '../containers/mapped-array.js';
import { mappingGeneration } from '../containers/mapping-generation.js';
import { idMapperClasses } from '../containers/open.js';
import { isZip } from '../containers/zip-format.js';
import { CorruptDataError, UnsupportedError } from '../errors.js';
import type { Region } from '../region.js';
import type { Schema } from '../schema/schema.js';
import { storedNameOf } from '../schema/stored-types.js';
import { typeByStoredName } from '../types/by-stored-name.js';
import type { AnySlotType } from '../types/slot-type.js';
import { StructType } from '../types/struct.js';
import { bundleSource } from './bundle-source.js';
import { UsageError } from './failures.js';
import type { SchemaFile } from './schema-file.js';
import { type Kind, kinds, type Selection } from './selection.js';
import type { Source } from './source.js';
import { arraySource, idMapperSource, mappingSource, objectSource, valueSource } from './sources.js';

/** @throws UsageError where the flags do not suffice; whatever opening throws */
export function openSource(path: string, selection: Selection): Source {
  const { entry } = selection;
  return entry === undefined ? openPart(path, selection, wholeFile) : openEntry(path, entry, selection);
}

/** The part of a file that is opened as if it were the file. */
export interface Part {
  readonly offset: number;
  readonly size: number | undefined;
}

const wholeFile: Part = { offset: 0, size: undefined };

/** `--offset` and `--size` are about the entry. */
function openEntry(path: string, name: string, selection: Selection): Source {
  const bundle = Bundle.open(path);
  try {
    return openPart(path, { ...selection, entry: undefined }, bundle.placeOf(name));
  } finally {
    bundle.close();
  }
}

function openPart(path: string, selection: Selection, part: Part): Source {
  const source = openWithin(path, selection, part);
  return part.offset === 0 ? source : Object.assign(source, { base: part.offset });
}

function openWithin(path: string, selection: Selection, part: Part): Source {
  const { kind, type, offset = 0 } = selection;
  const size = selection.size ?? (part.size === undefined ? undefined : Math.max(part.size - offset, 0));
  if (kind === 'object') {
    const schema = requireRoot(selection.schema);
    return openWhole(path, part.offset, offset, size, (region) => objectSource(region, offset, schema));
  }
  if (kind === 'value' || (kind === undefined && type !== undefined)) {
    const valueType = typeOf(type, selection.schema);
    return openWhole(path, part.offset, offset, size, (region) => valueSource(region, offset, valueType));
  }
  const start = part.offset + offset;
  return openFileWith(path, { offset: start, ...(size !== undefined && { size }) }, (region) =>
    openContainer(region, selection, start, (entry) => openPart(path, {}, entry)),
  );
}

/** Single records and values may point to what lies before them: their region starts where the file does. */
function openWhole(
  path: string,
  start: number,
  offset: number,
  size: number | undefined,
  make: (region: Region) => Source,
): Source {
  return openFileWith(path, { offset: start, ...(size !== undefined && { size: offset + size }) }, make);
}

function openContainer(
  region: Region,
  selection: Selection,
  offset: number,
  openOther: (part: Part) => Source,
): Source {
  if (selection.kind === 'bundle' || (selection.kind === undefined && isZip(region))) {
    return bundleSource(region, offset, openOther);
  }
  const found = findKind(region);
  const schema = selection.schema?.root;
  const kind = selection.kind ?? kindOf(found, region);
  const idMapper = selection.idMapper ?? found?.idMapper;
  try {
    return containerSource(region, kind, idMapper, schema, offset);
  } catch (error) {
    checkKindAfter(error, region, [kind, ...(kind.endsWith('mapping') ? ['mapping', 'multi-mapping'] : [])]);
    throw error;
  }
}

function containerSource(
  region: Region,
  kind: Kind,
  idMapper: string | undefined,
  schema: Schema | undefined,
  offset: number,
): Source {
  switch (kind) {
    case 'array':
      return arraySource(arrayGeneration(region, schema, undefined), offset);
    case 'id-mapper':
      return idMapperSource(idMapperGeneration(region, idMapperKind(idMapper, kind)), offset);
    case 'mapping':
    case 'multi-mapping':
      return mappingSource(
        mappingGeneration(region, idMapperKind(idMapper, kind), schema, undefined),
        offset,
      );
    default:
      throw new UnsupportedError(`the file is a ${kind}, which this version does not know`);
  }
}

function kindOf(found: KindDescription | undefined, { size }: Region): Kind {
  if (found === undefined) {
    if (size === 0) throw new CorruptDataError('the file is empty', 0);
    throw new UnsupportedError(
      'the file does not say what it is: it is incomplete, or none of ours, or built by Python; name what it is ' +
        'with --kind, and where need be --id-mapper and --schema, as in --kind mapping --id-mapper StringIdMapper',
      'ERR_SHAREDBUFFERS_NOT_SELF_DESCRIBED',
    );
  }
  const known = kinds.find((kind) => kind === found.kind);
  if (known !== undefined) return known;
  throw new UnsupportedError(`the file is a ${found.kind}, which this version does not know`);
}

/** @param name from a flag, or from the file */
export function idMapperKind(name: string | undefined, kind: Kind): IdMapperKind {
  if (name === undefined) throw new UsageError(`--kind ${kind} needs --id-mapper: the file does not name it`);
  const idMapper = idMapperClasses.get(name);
  if (idMapper === undefined)
    throw new UnsupportedError(`the id mapper ${name} is not known to this version`);
  return kind === 'multi-mapping' ? multiKind(idMapper.kind) : idMapper.kind;
}

function multiKind(kind: IdMapperKind): IdMapperKind {
  const multi = multiFormOf(kind);
  if (multi !== undefined) return multi;
  throw new UsageError(`--kind multi-mapping: there is no ${kind.name} with several values a key`);
}

export function requireRoot(schema: SchemaFile | undefined): Schema {
  if (schema === undefined) throw new UsageError('--schema is needed: a file with the schema as JSON');
  if (schema.root !== undefined) return schema.root;
  throw new UsageError('the file of --schema names types, but no schema for the records');
}

/**
 * The type that `--type` names.
 * @throws UsageError where there is none; UnsupportedError where it is none that there is
 */
export function typeOf(name: string | undefined, schema: SchemaFile | undefined): AnySlotType {
  if (name === undefined) throw new UsageError('--kind value needs --type, as in --type mapped_unicode');
  const stored = storedNameOf(name);
  if (stored !== undefined) return typeByStoredName(stored);
  const struct = name.startsWith('struct:') ? schema?.types.get(name.slice('struct:'.length)) : undefined;
  if (struct !== undefined) return new StructType(() => struct);
  throw new UnsupportedError(`unknown type ${JSON.stringify(name)}`);
}
