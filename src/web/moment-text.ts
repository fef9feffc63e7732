/** Dates as people read and type them, in the time of Amsterdam. */
import { dayText } from '../platform/html/day-text.ts';
import type { Language } from '../platform/html/language.ts';
import { lateFormatter } from '../platform/late-formatter.ts';

const timeZone = 'Europe/Amsterdam';
const LOCALE = { nl: 'nl-NL', en: 'en-GB' } as const;

const inBoth = (style: Intl.DateTimeFormatOptions) => ({
  nl: lateFormatter(LOCALE.nl, { timeZone, ...style }),
  en: lateFormatter(LOCALE.en, { timeZone, ...style }),
});
const MONTH = inBoth({ month: 'long', year: 'numeric' });
const TIME = inBoth({ timeStyle: 'short' });
const calendar = lateFormatter('en-CA', { timeZone });

/** A day as it was recorded: of a year or month alone no more is said. */
export function dateText(recorded: string, language: Language): string {
  if (/^\d{4}$/.test(recorded)) return recorded;
  const day = new Date(/^\d{4}-\d{2}$/.test(recorded) ? `${recorded}-01` : recorded);
  if (Number.isNaN(day.getTime())) return recorded;
  if (recorded.length > 7) return dayText(day, language);
  return MONTH[language]().format(day);
}

/** For instance "08:15". */
export function timeText(at: Date | string, language: Language): string {
  return TIME[language]().format(new Date(at));
}

/** For instance "2 maart 2026 08:15". */
export function momentText(at: Date | string, language: Language): string {
  return `${dayText(at, language)} ${timeText(at, language)}`;
}

/** The calendar day in Amsterdam, `YYYY-MM-DD`. */
export function dayOf(at: Date | string): string {
  return calendar().format(new Date(at));
}

/**
 * The instant at which a day starts in Amsterdam.
 * @returns undefined for a text that is no date.
 */
export function startOfDay(date: string | undefined, daysLater = 0): Date | undefined {
  if (date === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const utc = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(utc.getTime()) || utc.toISOString().slice(0, 10) !== date) return undefined;
  utc.setUTCDate(utc.getUTCDate() + daysLater);
  const day = utc.toISOString().slice(0, 10);
  // Amsterdam runs one or two hours ahead of UTC.
  const summer = new Date(utc.getTime() - 2 * 3_600_000);
  return dayOf(summer) === day ? summer : new Date(utc.getTime() - 3_600_000);
}
