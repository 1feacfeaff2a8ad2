/** The slot types under the names that users give them, and under the names that stored schemas give them. */
import { UnsupportedError } from '../errors.js';
import { any } from './any.js';
import { buffer } from './buffer.js';
import { date } from './date.js';
import { datetime, localDateTime, utcDateTime, zonedDateTime, zonedLocalDateTime } from './datetime.js';
import { decimal } from './decimal.js';
import { dict, dictView } from './dicts.js';
import { ndarray } from './ndarray.js';
import {
  anyInt,
  bool,
  float32,
  float64,
  int,
  int8,
  int16,
  int32,
  int64,
  pythonFloat,
  uint8,
  uint16,
  uint32,
  uint64,
} from './numbers.js';
import { list, listView, tuple, tupleView } from './sequences.js';
import { set, setView } from './sets.js';
import type { AnySlotType } from './slot-type.js';
import { LazyMarker, SelfMarker } from './struct.js';
import { bytes, text } from './text.js';

/** The types that slots can have. `.optional()` makes a slot that records may leave out or set to `null`. */
export const t = {
  bool,
  int8,
  uint8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  uint64,
  int,
  float32,
  float64,
  text,
  bytes,
  buffer,
  /** A list, read as an array of its own: `t.list(t.text)`. */
  list,
  /** A tuple, read as an array of its own: `t.tuple(t.float64, t.float64)`. */
  tuple,
  /** A set, read as a `Set` of its own. */
  set,
  /** A dict, read as a `Map` of its own: `t.dict(t.text, t.int)`. */
  dict,
  /** A list that is read in place. */
  listView,
  /** A tuple that is read in place. */
  tupleView,
  /** A set that is read in place: `has` searches. */
  setView,
  /** A dict that is read in place: `get` searches. */
  dictView,
  any,
  ndarray,
  datetime,
  date,
  decimal,
  /** A record of the schema that is being declared. */
  self: new SelfMarker(),
  /** A record of a schema that is declared later; asked for when it is first needed. */
  lazy: <S>(resolve: () => S) => new LazyMarker(resolve),
} as const;

const scalars = [bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64];
const dateTimes = [datetime, utcDateTime, localDateTime, zonedDateTime, zonedLocalDateTime];
const collections = [list(), tuple(), set(), dict(), listView(), tupleView(), setView(), dictView()];

/** Slot types by the name that stored schemas use; `int` reads whatever Python put there. */
const typesByStoredName: ReadonlyMap<string, AnySlotType> = new Map<string, AnySlotType>([
  ...[...scalars, ...dateTimes, ...collections, text, bytes, buffer, any, ndarray, date, decimal].map(
    (type) => [type.storedType() as string, type] as const,
  ),
  ['float', pythonFloat],
  ['int', anyInt],
]);

/**
 * The slot type for a name in a stored schema.
 * @throws UnsupportedError where there is none
 */
export function typeByStoredName(name: string): AnySlotType {
  const type = typesByStoredName.get(name);
  if (type !== undefined) return type;
  throw new UnsupportedError(`the stored type ${name} is none of the types of slots`);
}

/** Whether values of a stored type can be read and written. */
export function readsStoredName(name: string): boolean {
  return typesByStoredName.has(name);
}
