/** The id mapper classes by the name that files give them. */
import {
  NumericId32Mapper,
  NumericIdMapper,
  ObjectIdMapper,
  StringId32Mapper,
  StringIdMapper,
} from './id-mapper.js';
import type { AnyIdMapperClass } from './mapping-statics.js';
import {
  ApproxStringId32MultiMapper,
  ApproxStringIdMultiMapper,
  NumericId32MultiMapper,
  NumericIdMultiMapper,
  StringId32MultiMapper,
  StringIdMultiMapper,
} from './multi-id-mapper.js';

const classes = [
  NumericIdMapper,
  NumericId32Mapper,
  StringIdMapper,
  StringId32Mapper,
  ObjectIdMapper,
  NumericIdMultiMapper,
  NumericId32MultiMapper,
  StringIdMultiMapper,
  StringId32MultiMapper,
  ApproxStringIdMultiMapper,
  ApproxStringId32MultiMapper,
] as unknown as AnyIdMapperClass[];

export const idMapperClasses: ReadonlyMap<string, AnyIdMapperClass> = new Map(
  classes.map((idMapper) => [idMapper.kind.name, idMapper]),
);
