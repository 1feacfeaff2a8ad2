/** The value class of `t.datetime` and its forms: a `Date` that knows microseconds, and perhaps an offset. */
import { describe, InvalidTypeError, OutOfRangeError } from '../errors.js';
import { dayAt, dayPattern, daysOf, formatDay, isDay, secondsPerDay, twoDigits } from './calendar.js';
import { makeTemporal, type TemporalObject } from './temporal.js';

const microsPerSecond = 1_000_000;
const minutesPerDay = 24 * 60;

/** Seconds that 64 bits hold beside 20 bits of microseconds, and what dates are computed for. */
const mostSeconds = 2 ** 43;

let exactMicros: (dateTime: DateTime) => number | bigint;

/**
 * An instant, exact to the microsecond, as a `Date` that cannot be changed. `getTime()` and all of `Date` know the
 * milliseconds of it; `epochMicroseconds` and the texts have it all. Those read from slots with a time zone know the
 * offset from UTC that they were stored with.
 */
export class DateTime extends Date {
  readonly #micros: number | bigint;
  readonly #offset: number | undefined;

  /**
   * @param epochMicroseconds microseconds since 1970-01-01 UTC
   * @param offset what clocks there show more than UTC, in minutes, less than a day
   * @throws InvalidTypeError, OutOfRangeError
   */
  constructor(epochMicroseconds: bigint | number, offset?: number) {
    requireMicros(epochMicroseconds);
    if (offset !== undefined) requireOffset(offset);
    super(millisOf(epochMicroseconds));
    this.#micros = epochMicroseconds;
    this.#offset = offset;
  }

  /**
   * A date-time from a `Date`, or from ISO 8601 text with up to six digits of the second; text without `Z` or offset
   * is taken as local time of the process, as `Date` takes it. A `DateTime` is answered as it is.
   * @throws InvalidTypeError, OutOfRangeError where it is none of these, or invalid
   */
  static from(value: Date | string): DateTime {
    if (value instanceof DateTime) return value;
    if (typeof value === 'string') return parseDateTime(value, localOffset);
    return new DateTime(microsOfDate(value));
  }

  /** Microseconds since 1970-01-01 UTC. */
  get epochMicroseconds(): bigint {
    return BigInt(this.#micros);
  }

  /**
   * What clocks showed more than UTC where the value comes from, in minutes; `undefined` where that is not known. A
   * fraction is possible in local times before there were time zones.
   */
  get offset(): number | undefined {
    return this.#offset;
  }

  /** Whether it is the same instant, whatever the offset. */
  equals(other: Date): boolean {
    return other instanceof Date && !isInvalid(other) && BigInt(microsOf(other)) === BigInt(this.#micros);
  }

  /** `YYYY-MM-DDTHH:MM:SS.ffffffZ`: in UTC, with six digits. */
  override toISOString(): string {
    return `${formatClock(this.#micros, 0)}Z`;
  }

  /**
   * What a clock showed: `YYYY-MM-DDTHH:MM:SS.ffffff`, with the offset (`+HH:MM`) where that is known, else in local
   * time of the process and without one.
   */
  toClockString(): string {
    const seconds = this.#offset === undefined ? localOffsetAt(secondsOf(this.#micros)) : this.#offset * 60;
    const zone = this.#offset === undefined ? '' : formatOffset(seconds);
    return formatClock(this.#micros, Math.round(seconds)) + zone;
  }

  /** ISO 8601 that keeps the offset where there is one: `…+05:30`, else `…Z`. */
  override toJSON(): string {
    return this.#offset ? this.toClockString() : this.toISOString();
  }

  /**
   * The same as a `Temporal.ZonedDateTime` where the offset is known, else as a `Temporal.Instant`.
   * @throws UnsupportedError where the runtime has no `Temporal`
   */
  toTemporal(): TemporalObject<'Instant'> | TemporalObject<'ZonedDateTime'> {
    if (this.#offset === undefined) return makeTemporal('Instant', this.toISOString());
    // zones have whole minutes
    const zone = formatOffset(Math.round(this.#offset) * 60);
    return makeTemporal('ZonedDateTime', `${this.toISOString()}[${zone}]`);
  }

  static {
    exactMicros = (dateTime) => dateTime.#micros;
    // not a method, whose declaration would need the types of Node
    Object.defineProperty(DateTime.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: DateTime) {
        return `DateTime ${this.toJSON()}`;
      },
    });
    for (const name of Object.getOwnPropertyNames(Date.prototype)) {
      if (!name.startsWith('set')) continue;
      const refuse = (): never => {
        throw new InvalidTypeError(
          `${name}: a DateTime cannot be changed; new Date(dateTime) is a copy that can`,
          'ERR_SHAREDBUFFERS_READ_ONLY',
        );
      };
      Object.defineProperty(DateTime.prototype, name, { value: refuse, writable: true, configurable: true });
    }
  }
}

/** The microseconds of a `Date`, as a number where that is exact. */
export function microsOf(date: Date): number | bigint {
  return date instanceof DateTime ? exactMicros(date) : microsOfDate(date);
}

function microsOfDate(date: Date): number | bigint {
  if (!(date instanceof Date)) {
    const isMoment = typeof date === 'string' || typeof date === 'number';
    const advice = isMoment ? '; new Date(…) makes one of it' : '';
    throw new InvalidTypeError(`expected a Date or DateTime (datetime), found ${describe(date)}${advice}`);
  }
  if (isInvalid(date)) throw new OutOfRangeError('expected a valid Date (datetime), found an Invalid Date');
  return microsFrom(Math.floor(date.getTime() / 1000), (((date.getTime() % 1000) + 1000) % 1000) * 1000);
}

function isInvalid(date: Date): boolean {
  // date-times beyond what Date can hold are valid all the same
  return Number.isNaN(date.getTime()) && !(date instanceof DateTime);
}

/** Microseconds since 1970, as a number where that is exact. */
export function microsFrom(seconds: number, micros: number): number | bigint {
  const number = seconds * microsPerSecond + micros;
  return Number.isSafeInteger(number) ? number : BigInt(seconds) * BigInt(microsPerSecond) + BigInt(micros);
}

/** The whole seconds of microseconds, rounded down. */
export function secondsOf(micros: number | bigint): number {
  if (typeof micros === 'bigint') return Number((micros - BigInt(microsOfSecond(micros))) / 1_000_000n);
  return (micros - microsOfSecond(micros)) / microsPerSecond;
}

/** The microseconds beyond whole seconds: 0 to 999 999. */
export function microsOfSecond(micros: number | bigint): number {
  const rest = typeof micros === 'bigint' ? Number(micros % 1_000_000n) : micros % microsPerSecond;
  return rest < 0 ? rest + microsPerSecond : rest + 0;
}

function millisOf(micros: number | bigint): number {
  return secondsOf(micros) * 1000 + Math.floor(microsOfSecond(micros) / 1000);
}

function requireMicros(micros: number | bigint): void {
  if (typeof micros !== 'bigint' && !Number.isInteger(micros)) {
    throw new InvalidTypeError(`expected microseconds as a bigint or an integer, found ${describe(micros)}`);
  }
  if (typeof micros === 'number' && !Number.isSafeInteger(micros)) {
    throw new OutOfRangeError(`expected microseconds up to 2^53, or a bigint; found ${micros}`);
  }
  if (typeof micros === 'bigint' && Math.abs(Number(micros / 1_000_000n)) > mostSeconds) {
    throw new OutOfRangeError(`expected microseconds within 2^43 seconds of 1970, found ${describe(micros)}`);
  }
}

function requireOffset(offset: number): void {
  if (typeof offset !== 'number') throw new InvalidTypeError(`expected minutes, found ${describe(offset)}`);
  if (!(Math.abs(offset) < minutesPerDay)) {
    throw new OutOfRangeError(`expected an offset of less than a day, in minutes; found ${offset}`);
  }
}

/** @param offset seconds to add to UTC */
function formatClock(micros: number | bigint, offset: number): string {
  const clock = secondsOf(micros) + offset;
  const days = Math.floor(clock / secondsPerDay);
  const second = clock - days * secondsPerDay;
  const time = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60]
    .map(twoDigits)
    .join(':');
  return `${formatDay(dayAt(days))}T${time}.${String(microsOfSecond(micros)).padStart(6, '0')}`;
}

/** `+HH:MM`, with seconds where there are some. */
function formatOffset(seconds: number): string {
  const size = Math.round(Math.abs(seconds));
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60];
  if (size % 60 !== 0) parts.push(size % 60);
  return (seconds < 0 ? '-' : '+') + parts.map(twoDigits).join(':');
}

/** What clocks of the process's time zone show more than UTC at an instant, in seconds. */
export function localOffsetAt(epochSeconds: number): number {
  const date = new Date(epochSeconds * 1000);
  // not getTimezoneOffset, which has no seconds, as the local times before time zones do
  const days = daysOf(date.getFullYear(), date.getMonth() + 1, date.getDate());
  const clock = days * secondsPerDay + date.getHours() * 3600 + date.getMinutes() * 60 + date.getSeconds();
  return Number.isNaN(clock) ? 0 : clock - epochSeconds;
}

/** Which offset a time without one has; in seconds, given what the clock shows. */
export type OffsetRule = (clockSeconds: number) => number;

/** The offset of the process's time zone when its clocks show this; the first one where they show it twice. */
export const localOffset: OffsetRule = (clockSeconds) => {
  const days = Math.floor(clockSeconds / secondsPerDay);
  const { year, month, day } = dayAt(days);
  const date = new Date(2000, 0, 1);
  date.setFullYear(year, month - 1, day);
  date.setHours(0, 0, clockSeconds - days * secondsPerDay);
  return Number.isNaN(date.getTime()) ? 0 : clockSeconds - date.getTime() / 1000;
};

const dateTimeText = new RegExp(
  `^${dayPattern}[T ](\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d{1,6}))?)?(Z|[+-]\\d\\d:\\d\\d(?::\\d\\d)?)?$`,
);

/**
 * Reads ISO 8601 text. Text without an offset gets what `rule` says, and answers a date-time without one.
 * @throws OutOfRangeError where it is no such text
 */
export function parseDateTime(text: string, rule: OffsetRule): DateTime {
  const match = dateTimeText.exec(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] =
    match?.slice(1, 7).map(Number) ?? [];
  const seconds = Number.isNaN(second) ? 0 : second;
  const offset = parseOffset(match?.[8]);
  const valid = match !== null && isDay({ year, month, day }) && hour < 24 && minute < 60 && seconds < 60;
  if (!valid || offset === null) {
    throw new OutOfRangeError(
      `expected a date-time as 'YYYY-MM-DDTHH:MM:SS.ffffff', with Z or +HH:MM where known; found ${describe(text)}`,
    );
  }
  const clock = daysOf(year, month, day) * secondsPerDay + hour * 3600 + minute * 60 + seconds;
  const micros = Number((match[7] ?? '').padEnd(6, '0'));
  return new DateTime(
    microsFrom(clock - (offset ?? rule(clock)), micros),
    offset === undefined ? undefined : offset / 60,
  );
}

/** The seconds of `Z` or `+HH:MM[:SS]`; null where it is out of range. */
function parseOffset(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'Z') return 0;
  const [hours = 0, minutes = 0, seconds = 0] = text.slice(1).split(':').map(Number);
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const size = hours * 3600 + minutes * 60 + seconds;
  return text.startsWith('-') ? 0 - size : size;
}
