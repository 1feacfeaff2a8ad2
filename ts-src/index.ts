/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Shared-memory typed buffers: pack records once into a file, map it in every process and thread, read single fields
 * in place.
 */
export type { Advice, AdviceOptions } from './advice.js';
export type { BuildOptions, BuildProgress, BuildReport, Entries } from './building/build.js';
export { Bundle, type BundleEntry, type BundleEntryClass } from './containers/bundle.js';
export type {
  AsyncBundleEntries,
  BundleBuildOptions,
  BundleEntries,
  BundlePlan,
  BundleProgress,
  BundleReport,
  BundleSource,
} from './containers/bundle-building.js';
export type { ChangeEvent, ChangeListener, ContainerOptions } from './containers/container.js';
export { Cursor } from './containers/cursor.js';
export type { ContainerDescriptor, ContainerKind } from './containers/descriptor.js';
export type { Finding } from './containers/findings.js';
export type { FollowOptions } from './containers/follower.js';
export {
  IdMapper,
  type IdMapperClass,
  NumericId32Mapper,
  NumericIdMapper,
  ObjectIdMapper,
  StringId32Mapper,
  StringIdMapper,
} from './containers/id-mapper.js';
export { arrayOf, MappedArray, type MappedArrayClass } from './containers/mapped-array.js';
export { Mapping, type MappingClass, mappingOf } from './containers/mapping.js';
export {
  ApproxStringId32MultiMapper,
  ApproxStringIdMultiMapper,
  MultiIdMapper,
  type MultiIdMapperClass,
  NumericId32MultiMapper,
  NumericIdMultiMapper,
  StringId32MultiMapper,
  StringIdMultiMapper,
} from './containers/multi-id-mapper.js';
export { MultiMapping, type MultiMappingClass, multiMappingOf } from './containers/multi-mapping.js';
export { type AnyContainer, open } from './containers/open.js';
export type { FileSource } from './containers/opening.js';
export { LoadedPool, Pool, type PoolOptions } from './containers/pool.js';
export type {
  ColumnOptions,
  ColumnRange,
  ColumnResult,
  ColumnResults,
  MaskedColumn,
} from './containers/record-columns.js';
export type { ObjectKey, ObjectKeyInput } from './containers/table-keys.js';
export { type VerifyOptions, type VerifyReport, verify, verifySync } from './containers/verify-container.js';
export {
  ClosedError,
  CorruptDataError,
  InvalidTypeError,
  OutOfRangeError,
  SharedBuffersError,
  type SharedBuffersErrorCode,
  TooLargeError,
  UnsupportedError,
} from './errors.js';
export { type MappedFile, mapFile } from './map-file.js';
export { equals, schemaOf } from './proxies/operations.js';
export { toObject } from './proxies/record.js';
export type { DictView } from './proxies/views/dict-view.js';
export type { ListView, TupleView } from './proxies/views/list-view.js';
export type { SetLike, SetView } from './proxies/views/set-view.js';
export type { ContainerStats, OpenOptions } from './region.js';
export type { AnyColumn, AnyColumns, ColumnsOf, Infer, InferInput, SlotMap } from './schema/infer.js';
export { Schema, type SchemaOptions, type SchemaSlot } from './schema/schema.js';
export { DateTime } from './types/date-time.js';
export { Decimal, type DecimalLike } from './types/decimal-value.js';
export { Float, float } from './types/float.js';
export { t } from './types/index.js';
export { NdArray, type NdArrayOptions, type NdData, type NdNested } from './types/nd-array.js';
export type { DType } from './types/ndarray-dtype.js';
export type { Complex, NdItem } from './types/ndarray-items.js';
export { PlainDate } from './types/plain-date.js';
export { OptionalSlot } from './types/slot-type.js';
export { Tuple, tuple } from './types/tuple.js';
