/** Dutch wall-clock time: a date, or a time without offset, is meant as in Europe/Amsterdam. */
import { lateFormatter } from '../platform/late-formatter.ts';

const zone = lateFormatter('en-US', {
  timeZone: 'Europe/Amsterdam',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
});

/** The European rule of last Sundays in March and October holds from this year on. */
const LAST_SUNDAYS_SINCE = 1996;
const HOUR_MS = 3_600_000;

const summers = new Map<number, readonly [fromMs: number, untilMs: number]>();

/**
 * The instant, in milliseconds since 1970, at which Dutch clocks show this time. Fields may
 * overflow as with `Date.UTC`. A time that the spring change skips is read as one hour later; one
 * that the autumn change repeats is its first occurrence.
 */
export function amsterdamMs(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  ms = 0,
): number {
  const wall = utcMs(year, month, day, hour, minute, second, ms);
  const early = wall - offsetMs(wall - 2 * HOUR_MS);
  if (early + offsetMs(early) === wall) return early;
  const late = wall - offsetMs(wall);
  return late + offsetMs(late) === wall ? late : early;
}

/** The Dutch calendar date of an instant. */
export function amsterdamDate(ms: number): { year: number; month: number; day: number } {
  const wall = new Date(ms + offsetMs(ms));
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() };
}

/** `Date.UTC` reads the years 0 to 99 as 1900 to 1999; this does not. */
function utcMs(year: number, month: number, ...rest: [number, number, number, number, number]) {
  const [day, hour, minute, second, ms] = rest;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, ms);
  return date.getTime();
}

function offsetMs(ms: number): number {
  const year = new Date(ms).getUTCFullYear();
  if (year < LAST_SUNDAYS_SINCE) return recordedOffsetMs(ms);
  let summer = summers.get(year);
  if (!summer) {
    summer = [lastSundayMs(year, 3), lastSundayMs(year, 10)];
    summers.set(year, summer);
  }
  return ms >= summer[0] && ms < summer[1] ? 2 * HOUR_MS : HOUR_MS;
}

/** One o'clock UTC on the last Sunday of a month with 31 days. */
function lastSundayMs(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month - 1, 31));
  return Date.UTC(year, month - 1, 31 - last.getUTCDay(), 1);
}

/** Before 1996 (birth dates, mostly) the time zone database knows. */
function recordedOffsetMs(ms: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of zone().formatToParts(ms)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return utcMs(year, month, day, hour, minute, second, 0) - Math.floor(ms / 1000) * 1000;
}
