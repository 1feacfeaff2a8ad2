/** The slot types under the names that stored schemas give them. */
import { UnsupportedError } from '../errors.js';
import { localDateTime, utcDateTime, zonedDateTime, zonedLocalDateTime } from './datetime.js';
import { t } from './index.js';
import { anyInt, pythonFloat } from './numbers.js';
import type { AnySlotType } from './slot-type.js';

const scalars = [
  t.bool,
  t.int8,
  t.uint8,
  t.int16,
  t.uint16,
  t.int32,
  t.uint32,
  t.int64,
  t.uint64,
  t.float32,
  t.float64,
];
const dateTimes = [t.datetime, utcDateTime, localDateTime, zonedDateTime, zonedLocalDateTime];
const others = [...dateTimes, t.text, t.bytes, t.buffer, t.any, t.ndarray, t.date, t.decimal];
const collections = [
  t.list(),
  t.tuple(),
  t.set(),
  t.dict(),
  t.listView(),
  t.tupleView(),
  t.setView(),
  t.dictView(),
];

/** `int` reads whatever Python put there. */
const typesByStoredName: ReadonlyMap<string, AnySlotType> = new Map<string, AnySlotType>([
  ...[...scalars, ...others, ...collections].map((type) => [type.storedType() as string, type] as const),
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
