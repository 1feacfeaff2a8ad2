/** The value class of `t.date`: a day of the calendar, in no time zone. */
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { type CalendarDay, dayPattern, formatDay, isDay } from './calendar.js';
import { makeTemporal, type TemporalObject } from './temporal.js';

const dayText = new RegExp(`^${dayPattern}$`);

/**
 * A day of the (proleptic Gregorian) calendar, without time and time zone. Immutable; for the years 0 to 9999, `<` and
 * `>` compare dates as they should.
 */
export class PlainDate implements CalendarDay {
  /** The year; months and days count from 1. */
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  /** 1 to 31 */
  readonly day: number;

  /** @throws OutOfRangeError where there is no such day */
  constructor(year: number, month: number, day: number) {
    this.year = year;
    this.month = month;
    this.day = day;
    if (!isDay(this)) {
      throw new OutOfRangeError(
        `expected a day of the calendar, found year ${describe(year)}, month ${describe(month)}, day ${describe(day)}`,
      );
    }
    Object.freeze(this);
  }

  /**
   * A date from `'YYYY-MM-DD'`; a `PlainDate` is answered as it is.
   * @throws InvalidTypeError, OutOfRangeError where it is neither, or there is no such day
   */
  static from(value: PlainDate | string): PlainDate {
    if (value instanceof PlainDate) return value;
    if (typeof value !== 'string') throw notADate(value);
    const [, year, month, day] = dayText.exec(value) ?? [];
    if (year === undefined || !isDay({ year: Number(year), month: Number(month), day: Number(day) })) {
      throw new OutOfRangeError(`expected a date as 'YYYY-MM-DD', found ${describe(value)}`);
    }
    return new PlainDate(Number(year), Number(month), Number(day));
  }

  /** Whether it is the same day. */
  equals(other: PlainDate): boolean {
    return (
      other instanceof PlainDate &&
      other.year === this.year &&
      other.month === this.month &&
      other.day === this.day
    );
  }

  /** `YYYY-MM-DD` */
  toString(): string {
    return formatDay(this);
  }

  /** `YYYY-MM-DD`. */
  toJSON(): string {
    return formatDay(this);
  }

  /**
   * The same day as a `Temporal.PlainDate`.
   * @throws UnsupportedError where the runtime has no `Temporal`
   */
  toTemporal(): TemporalObject<'PlainDate'> {
    return makeTemporal('PlainDate', this.toString());
  }
}

function notADate(value: unknown): Error {
  const advice = value instanceof Date ? '; which day a Date is in depends on the time zone, so say it' : '';
  return new InvalidTypeError(
    `expected a PlainDate or 'YYYY-MM-DD' (date), found ${describe(value)}${advice}`,
  );
}
