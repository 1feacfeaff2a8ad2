/** The slot types under the names that users give them. */
import { any } from './any.js';
import { buffer } from './buffer.js';
import { date } from './date.js';
import { datetime } from './datetime.js';
import { decimal } from './decimal.js';
import { dict, dictView } from './dicts.js';
import { ndarray } from './ndarray.js';
import {
  bool,
  float32,
  float64,
  int,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
} from './numbers.js';
import { list, listView, tuple, tupleView } from './sequences.js';
import { set, setView } from './sets.js';
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
