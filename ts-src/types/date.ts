/** Dates: the seconds of midnight UTC in 64 bits. See docs/format.md, "Dates and times". */
import { InvalidTypeError, OutOfRangeError } from '../errors.js';
import { describeTagged, untag } from '../exact/tagged.js';
import type { Region } from '../region.js';
import { dayAt, daysOf, firstYear, lastYear, secondsPerDay } from './calendar.js';
import { readSafeInteger, writeSafeInteger } from './numbers.js';
import { PlainDate } from './plain-date.js';
import { type ValueType, valueType } from './pointer.js';
import { registerRtti } from './rtti.js';

function read(region: Region, position: number): PlainDate {
  region.requireRange(position, 8, 'a date');
  const { view, start } = region.windowAt(position, 8);
  const exact = readSafeInteger(view, position - start);
  const days = Number.isSafeInteger(exact)
    ? Math.floor(exact / secondsPerDay)
    : Number(view.getBigInt64(position - start, true) / BigInt(secondsPerDay));
  const { year, month, day } = dayAt(days);
  return new PlainDate(year, month, day);
}

/** A day of the calendar, in the years 1 to 9999 as in Python. */
export const date: ValueType<PlainDate, PlainDate | string> = valueType({
  name: 'date',
  stored: 'mapped_date',
  read,
  append(packer, value) {
    const { year, month, day } = PlainDate.from(value);
    if (year < firstYear || year > lastYear) {
      throw new OutOfRangeError(`expected a date in the years 1 to 9999, found one in ${year}`);
    }
    packer.reserve(8);
    writeSafeInteger(packer.view, packer.length, daysOf(year, month, day) * secondsPerDay);
    packer.length += 8;
  },
  readExact: (region, position) => ({ $date: read(region, position).toString() }),
  fromExact(tagged) {
    const text = untag(tagged, '$date');
    if (typeof text === 'string') return PlainDate.from(text);
    throw new InvalidTypeError(`a date is expected, {"$date": "YYYY-MM-DD"}, not ${describeTagged(tagged)}`);
  },
});

registerRtti({ code: 'V', type: date, accepts: (value) => value instanceof PlainDate });
