/** The proleptic Gregorian calendar, for days and seconds since 1970-01-01; years beyond those of `Date` too. */

export const secondsPerDay = 86_400;

/** The years that Python's dates and date-times can be in. */
export const firstYear = 1;
export const lastYear = 9999;

export interface CalendarDay {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  /** 1 to 31 */
  readonly day: number;
}

const daysPerEra = 146_097;
const yearsPerEra = 400;
/** From the first of March of the year 0, where the eras start, to 1970-01-01. */
const daysTo1970 = 719_468;

/** Number of days from 1970-01-01. Years are counted from March here, so that leap days come last. */
export function daysOf(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / yearsPerEra);
  const yearOfEra = marchYear - era * yearsPerEra;
  const dayOfYear = daysToMonth((month + 9) % 12) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * daysPerEra + dayOfEra - daysTo1970;
}

/** The day that lies so many days after 1970-01-01. */
export function dayAt(days: number): CalendarDay {
  const fromMarch = days + daysTo1970;
  const era = Math.floor(fromMarch / daysPerEra);
  const dayOfEra = fromMarch - era * daysPerEra;
  const leapDays =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = era * yearsPerEra + yearOfEra + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - daysToMonth(monthFromMarch) + 1 };
}

/** @param monthFromMarch 0 is March */
function daysToMonth(monthFromMarch: number): number {
  return Math.floor((153 * monthFromMarch + 2) / 5);
}

export function isDay({ year, month, day }: CalendarDay): boolean {
  if (!Number.isInteger(year) || Math.abs(year) > 1e12) return false;
  if (!Number.isInteger(month) || month < 1 || month > 12) return false;
  if (!Number.isInteger(day) || day < 1 || day > 31) return false;
  return day <= 28 || dayAt(daysOf(year, month, day)).day === day;
}

/** `YYYY-MM-DD`; years that need more digits have a sign and six of them, as in ISO 8601. */
export function formatDay({ year, month, day }: CalendarDay): string {
  return `${formatYear(year)}-${twoDigits(month)}-${twoDigits(day)}`;
}

function formatYear(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0');
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
}

export function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** What regular expressions match a day by: three groups. */
export const dayPattern = '(\\d{4}|[+-]\\d{6,12})-(\\d\\d)-(\\d\\d)';
