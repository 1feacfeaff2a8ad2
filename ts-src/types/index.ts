/** The slot types under the names that users give them, and under the names that stored schemas give them. */
import { UnsupportedError } from '../errors.js';
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
import type { AnySlotType, PointerType } from './slot-type.js';
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
  /** A record of the schema that is being declared. */
  self: new SelfMarker(),
  /** A record of a schema that is declared later; asked for when it is first needed. */
  lazy: <S>(resolve: () => S) => new LazyMarker(resolve),
} as const;

/** Slot types by the name that stored schemas use; `int` reads whatever Python put there. */
const typesByStoredName: ReadonlyMap<string, AnySlotType> = new Map<string, AnySlotType>([
  ...[bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64, text, bytes].map(
    (type) => [type.storedType() as string, type] as const,
  ),
  ['float', pythonFloat],
  ['int', anyInt],
]);

/** The slot type for a name in a stored schema. */
export function typeByStoredName(name: string): AnySlotType {
  return typesByStoredName.get(name) ?? unreadable(name);
}

/** Whether values of a stored type can be read and written. */
export function readsStoredName(name: string): boolean {
  return typesByStoredName.has(name);
}

/** Stands for a stored type that this version does not read: its slots can be stepped over, not looked at. */
function unreadable(name: string): PointerType<never, never> {
  const refuse = (): never => {
    throw new UnsupportedError(`the stored type ${name} cannot be read or written by this version`);
  };
  return {
    inline: false,
    size: 8,
    name,
    columnKind: undefined,
    storedType: () => name,
    read: refuse,
    write: refuse,
    readExact: refuse,
    fromExact: refuse,
    verify: refuse,
  };
}
