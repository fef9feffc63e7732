/**
 * Buckets of time for narrowing: `2026-03`, `2026`, `202x`. A resource carries each bucket that its
 * clinical date touches; a range of a query is covered by as few buckets as can be.
 */
import type { Prefix, TimeRange } from './search-date.ts';
import { LIMITS } from './search-limits.ts';
import { amsterdamDate } from './search-local-time.ts';

/** What lasts long, is open, or is out of order carries this one bucket, which every cover has. */
const LONG = 'long';
const FIRST_YEAR = 1900;
const LAST_YEAR = 2199;
const BEFORE = 'before';
const AFTER = 'after';

/** The buckets that a range touches. */
export function bucketsOf({ low, high }: TimeRange): string[] {
  if (!Number.isFinite(low) || !Number.isFinite(high) || high <= low) return [LONG];
  const [from, to] = [monthIndex(low), monthIndex(high - 1)];
  if (to - from >= LIMITS.monthsPerResourceMax) return [LONG];
  const buckets = new Set<string>();
  for (let month = from; month <= to; month++) {
    const year = Math.floor(month / 12);
    if (year < FIRST_YEAR) buckets.add(BEFORE);
    else if (year > LAST_YEAR) buckets.add(AFTER);
    else {
      buckets.add(monthName(month));
      buckets.add(String(year));
      buckets.add(decadeName(year));
    }
  }
  return [...buckets];
}

/**
 * The range of instants in which a stored range has a part, whenever it answers this prefix;
 * undefined: anywhere.
 */
export function reach(prefix: Prefix, asked: TimeRange): TimeRange | undefined {
  switch (prefix) {
    case 'eq':
    case 'ap':
      return asked;
    case 'ge':
    case 'gt':
    case 'sa':
      return { low: asked.low, high: Infinity };
    case 'le':
    case 'lt':
    case 'eb':
      return { low: -Infinity, high: asked.high };
    case 'ne':
      return undefined;
  }
}

/** Buckets of which every range that overlaps this one carries at least one. */
export function coverOf({ low, high }: TimeRange): string[] {
  const buckets = [LONG];
  const start = FIRST_YEAR * 12;
  const end = LAST_YEAR * 12 + 11;
  let month = Number.isFinite(low) ? monthIndex(low) : start - 1;
  let last = Number.isFinite(high) ? monthIndex(high - 1) : end + 1;
  if (month < start) {
    buckets.push(BEFORE);
    month = start;
  }
  if (last > end) {
    buckets.push(AFTER);
    last = end;
  }
  while (month <= last) {
    const year = Math.floor(month / 12);
    if (month % 120 === 0 && month + 119 <= last) {
      buckets.push(decadeName(year));
      month += 120;
    } else if (month % 12 === 0 && month + 11 <= last) {
      buckets.push(String(year));
      month += 12;
    } else {
      buckets.push(monthName(month));
      month += 1;
    }
  }
  return buckets;
}

function monthIndex(ms: number): number {
  const { year, month } = amsterdamDate(ms);
  return year * 12 + month - 1;
}

function monthName(month: number): string {
  return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
}

function decadeName(year: number): string {
  return `${Math.floor(year / 10)}x`;
}
