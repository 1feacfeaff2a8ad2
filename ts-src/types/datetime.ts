/**
 * Date-times: seconds since 1970 shifted left by 20 bits, plus microseconds; forms with a time zone have the offset in
 * minutes behind that. See docs/format.md, "Dates and times".
 */
import { CorruptDataError, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { describeTagged, untag } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { daysOf, firstYear, lastYear, secondsPerDay } from './calendar.js';
import {
  DateTime,
  localOffset,
  localOffsetAt,
  microsFrom,
  microsOf,
  microsOfSecond,
  type OffsetRule,
  parseDateTime,
  secondsOf,
} from './date-time.js';
import { type ValueType, valueType } from './pointer.js';
import { registerRtti } from './rtti.js';

export type DateTimeType = ValueType<DateTime, Date>;

const firstSecond = daysOf(firstYear, 1, 1) * secondsPerDay;
const endSecond = daysOf(lastYear + 1, 1, 1) * secondsPerDay;

const microsMask = 0xfffff;
/** The low 32 bits hold the microseconds below this many bits of the seconds. */
const lowSeconds = 2 ** 12;
const minutesPerDay = 24 * 60;

interface Form {
  name: string;
  stored: string;
  /** The offset of date-times that are stored without one, in seconds; `undefined`: they have none. */
  offsetAt?: (epochSeconds: number) => number;
  /** What tagged text means that has no offset. */
  naive: OffsetRule;
}

const noOffset = () => 0;

/** Reads the 8 bytes that all forms start with. */
function readInstant(region: Region, position: number): { seconds: number; micros: number | bigint } {
  region.requireRange(position, 8, 'a date-time');
  const { view, start } = region.windowAt(position, 8);
  const low = view.getUint32(position - start, true);
  const seconds = view.getInt32(position - start + 4, true) * lowSeconds + (low >>> 20);
  return { seconds, micros: microsFrom(seconds, low & microsMask) };
}

function dateTimeType({ name, stored, offsetAt, naive }: Form): DateTimeType {
  function read(region: Region, position: number): DateTime {
    const { seconds, micros } = readInstant(region, position);
    return new DateTime(micros, offsetAt && offsetAt(seconds) / 60);
  }
  return valueType({
    name,
    stored,
    read,
    append(packer, value) {
      const { seconds, micros } = partsOf(value);
      packer.reserve(8);
      writeInstant(packer.view, packer.length, seconds, micros);
      packer.length += 8;
    },
    readExact: (region, position) => ({ $datetime: read(region, position).toClockString() }),
    fromExact: (tagged) => parseDateTime(taggedText(tagged), naive),
  });
}

/** Date-times that are stored with their offset; `offsetAt` is for those that come without one. */
function zonedType({ name, stored, offsetAt = noOffset, naive }: Form): DateTimeType {
  function read(region: Region, position: number): DateTime {
    region.requireRange(position, 10, 'a date-time with its offset');
    const { micros } = readInstant(region, position);
    const { view, start } = region.windowAt(position, 10);
    const offset = view.getInt16(position - start + 8, true);
    if (Math.abs(offset) >= minutesPerDay) {
      throw new CorruptDataError(
        `a date-time has an offset of ${offset} minutes, which is a day or more`,
        position,
      );
    }
    return new DateTime(micros, offset);
  }
  return valueType({
    name,
    stored,
    read,
    append(packer, value) {
      const { seconds, micros } = partsOf(value);
      const known = value instanceof DateTime ? value.offset : undefined;
      const offset = Math.floor(known ?? offsetAt(seconds) / 60);
      packer.reserve(10);
      writeInstant(packer.view, packer.length, seconds, micros);
      packer.view.setInt16(packer.length + 8, offset, true);
      packer.length += 10;
    },
    readExact: (region, position) => ({ $datetime: read(region, position).toClockString() }),
    fromExact: (tagged) => parseDateTime(taggedText(tagged), naive),
  });
}

/** @throws InvalidTypeError, OutOfRangeError where it is no date-time that Python can read */
function partsOf(value: Date): { seconds: number; micros: number } {
  const micros = microsOf(value);
  const seconds = secondsOf(micros);
  if (seconds < firstSecond || seconds >= endSecond) {
    throw new OutOfRangeError(
      `expected a date-time in the years 1 to 9999 (UTC), found ${value.toISOString()}`,
    );
  }
  return { seconds, micros: microsOfSecond(micros) };
}

function writeInstant(view: DataView, offset: number, seconds: number, micros: number): void {
  const high = Math.floor(seconds / lowSeconds);
  view.setUint32(offset, (((seconds - high * lowSeconds) << 20) | micros) >>> 0, true);
  view.setInt32(offset + 4, high, true);
}

function taggedText(tagged: Parameters<typeof untag>[0]): string {
  const text = untag(tagged, '$datetime');
  if (typeof text === 'string') return text;
  throw new InvalidTypeError(
    `a date-time is expected, {"$datetime": "YYYY-MM-DDTHH:MM:SS.ffffff"}, not ${describeTagged(tagged)}`,
  );
}

const naiveDateTime = dateTimeType({ name: 'datetime', stored: 'mapped_datetime', naive: localOffset });

export const utcDateTime = dateTimeType({
  name: 'datetime.utc',
  stored: 'mapped_datetime_utc',
  offsetAt: noOffset,
  naive: noOffset,
});

export const localDateTime = dateTimeType({
  name: 'datetime.local',
  stored: 'mapped_datetime_local',
  offsetAt: localOffsetAt,
  naive: localOffset,
});

export const zonedDateTime = zonedType({
  name: 'datetime.zoned',
  stored: 'mapped_datetime_tz',
  naive: noOffset,
});

export const zonedLocalDateTime = zonedType({
  name: 'datetime.zonedLocal',
  stored: 'mapped_datetime_tz_local',
  offsetAt: localOffsetAt,
  naive: localOffset,
});

/**
 * An instant, exact to the microsecond, in the years 1 to 9999. All forms take any `Date` and store the instant; they
 * differ in what a reader makes of it:
 * - `t.datetime`: no offset; Python makes a naive datetime of it, in local time of the reading process
 * - `t.datetime.utc`: in UTC
 * - `t.datetime.local`: in local time of the reading process, with its offset
 * - `t.datetime.zoned`: with the offset that the value had when it was stored, UTC for a plain `Date`
 * - `t.datetime.zonedLocal`: the same, for a plain `Date` the offset of the process that packs it
 */
export const datetime = Object.assign(naiveDateTime, {
  /** An instant that reads as UTC. Python reads this form as a value of its own, not as a slot. */
  utc: utcDateTime,
  /** An instant that reads in the time zone of the reader. Python reads this form as a value of its own, not as a slot. */
  local: localDateTime,
  /** An instant with its offset, UTC for a plain `Date`. Python reads this form as a value of its own, not as a slot. */
  zoned: zonedDateTime,
  /** An instant with its offset, that of the packing process for a plain `Date`. Python reads it as a value, not as a slot. */
  zonedLocal: zonedLocalDateTime,
});

registerRtti({ code: 'v', type: naiveDateTime, accepts: (value) => value instanceof Date });
