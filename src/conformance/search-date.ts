/**
 * Dates in searches. Both sides are ranges of instants: `2026-03` is the whole month, a Period runs
 * from its start to the end of its end, a missing end is open.
 * https://hl7.org/fhir/R4/search.html#date
 */
import { amsterdamMs } from './search-local-time.ts';

/** Milliseconds since 1970; `low` is in the range, `high` is the first instant after it. */
export interface TimeRange {
  readonly low: number;
  readonly high: number;
}

export type Prefix = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'sa' | 'eb' | 'ap';

const DAY = String.raw`(\d{4})(?:-(\d{2})(?:-(\d{2})`;
const TIME = String.raw`(?:T(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?(Z|[+ -]\d{2}:\d{2})?)?`;
const DATE = new RegExp(`^${DAY}${TIME})?)?$`);

/** Around a moment "approximately" is a tenth of its distance from now. */
const APPROXIMATE_SHARE = 0.1;

/**
 * The range that a FHIR date, dateTime or instant covers; undefined when the text is none.
 * A `+` that a form decoded to a space is read as the plus it was.
 */
export function dateRange(text: string): TimeRange | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [, years, months, days, hours, minutes, seconds, fraction, zone] = match;
  const year = Number(years);
  const month = Number(months ?? 1);
  const day = Number(days ?? 1);
  if (!isCalendarDate(year, month, day)) return undefined;
  if (months === undefined) return between(amsterdamMs(year, 1, 1), amsterdamMs(year + 1, 1, 1));
  if (days === undefined) {
    return between(amsterdamMs(year, month, 1), amsterdamMs(year, month + 1, 1));
  }
  if (hours === undefined) {
    return between(amsterdamMs(year, month, day), amsterdamMs(year, month, day + 1));
  }
  const time: [number, number, number] = [Number(hours), Number(minutes), Number(seconds ?? 0)];
  if (time[0] > 24 || time[1] > 59 || time[2] > 60) return undefined;
  const ms = Number(fraction?.slice(0, 4) ?? 0) * 1000;
  const low = instantMs([year, month, day], time, ms, zone);
  if (low === undefined) return undefined;
  if (fraction === undefined) return between(low, low + (seconds === undefined ? 60_000 : 1000));
  return withinMs(low, fraction.slice(4));
}

/**
 * What follows the milliseconds counts as well, as far as a number can hold it beside a date:
 * microseconds. Both ends are made of whole ones, so that equal moments are equal.
 */
function withinMs(ms: number, further: string): TimeRange {
  if (further === '') return between(ms, ms + 1);
  const digits = further.slice(0, 3);
  const from = Number(digits.padEnd(3, '0'));
  const until = from + 10 ** (3 - digits.length);
  return between(ms + from / 1000, ms + until / 1000);
}

function isCalendarDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

function instantMs(
  date: readonly [number, number, number],
  time: readonly [number, number, number],
  ms: number,
  zone: string | undefined,
): number | undefined {
  const whole = Math.floor(ms);
  if (zone === undefined) return amsterdamMs(...date, ...time, whole);
  const utc = new Date(0);
  utc.setUTCFullYear(date[0], date[1] - 1, date[2]);
  utc.setUTCHours(time[0], time[1], time[2], whole);
  if (zone === 'Z') return utc.getTime();
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4, 6))];
  if (hours > 14 || minutes > 59) return undefined;
  const sign = zone.startsWith('-') ? 1 : -1;
  return utc.getTime() + sign * (hours * 60 + minutes) * 60_000;
}

function between(low: number, high: number): TimeRange {
  return { low, high };
}

/**
 * The range of a date-like element: a date in its forms, a Period, or a Timing (its outer bounds).
 */
export function rangeOf(value: unknown): TimeRange | undefined {
  if (typeof value === 'string') return dateRange(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const { start, end, event, repeat } = value as Record<string, unknown>;
  if (event !== undefined || repeat !== undefined) return timingRange(event, repeat);
  if (start === undefined && end === undefined) return undefined;
  const from = typeof start === 'string' ? dateRange(start) : undefined;
  const until = typeof end === 'string' ? dateRange(end) : undefined;
  return between(from?.low ?? -Infinity, until?.high ?? Infinity);
}

function timingRange(event: unknown, repeat: unknown): TimeRange | undefined {
  const parts = [
    ...(Array.isArray(event) ? event : []),
    (repeat as { boundsPeriod?: unknown } | undefined)?.boundsPeriod,
  ]
    .map(rangeOf)
    .filter((range) => range !== undefined);
  if (parts.length === 0) return undefined;
  return between(
    Math.min(...parts.map((range) => range.low)),
    Math.max(...parts.map((range) => range.high)),
  );
}

/**
 * Compares what is stored with what is asked. `ge` and `le` also hold where the stored range
 * overlaps the asked one: medication that ends today is still in use from today on.
 */
export function compareRanges(prefix: Prefix, stored: TimeRange, asked: TimeRange): boolean {
  switch (prefix) {
    case 'eq':
      return asked.low <= stored.low && stored.high <= asked.high;
    case 'ne':
      return !(asked.low <= stored.low && stored.high <= asked.high);
    case 'gt':
      return stored.high > asked.high;
    case 'lt':
      return stored.low < asked.low;
    case 'ge':
      return stored.high > asked.low;
    case 'le':
      return stored.low < asked.high;
    case 'sa':
      return stored.low >= asked.high;
    case 'eb':
      return stored.high <= asked.low;
    case 'ap':
      return stored.low < asked.high && stored.high > asked.low;
  }
}

/** The asked range of `ap`, widened by a tenth of its distance from now. */
export function approximately(asked: TimeRange, now: Date | undefined): TimeRange {
  if (!now) return asked;
  const away = Math.max(0, asked.low - now.getTime(), now.getTime() - asked.high);
  const margin = away * APPROXIMATE_SHARE;
  return between(asked.low - margin, asked.high + margin);
}
