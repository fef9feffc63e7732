/**
 * Ages in whole years as the law counts them: the birthday itself counts, from midnight in
 * Amsterdam; somebody born on 29 February has a birthday on 1 March in other years. consent.md
 * 10.1.
 */
import { lateFormatter } from '../platform/late-formatter.ts';

const calendar = lateFormatter('en-CA', {
  timeZone: 'Europe/Amsterdam',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** The ages at which something about consent changes. */
const TURNING_AGES = [12, 16, 18] as const;

/** The calendar date in Amsterdam at an instant, `YYYY-MM-DD`. */
export function localDate(at: Date): string {
  return calendar().format(at);
}

/**
 * @param birthDate FHIR date; an incomplete one counts from its last possible day.
 * @returns undefined when no birth date is known.
 */
export function ageAt(birthDate: string | undefined, at: Date): number | undefined {
  const born = parts(birthDate);
  const today = parts(localDate(at));
  if (!born || !today) return undefined;
  const had = today.month > born.month || (today.month === born.month && today.day >= born.day);
  return today.year - born.year - (had ? 0 : 1);
}

/** Midnight in Amsterdam of the next birthday at which a decision may change, if any. */
export function nextTurn(birthDate: string | undefined, at: Date): Date | undefined {
  const born = parts(birthDate);
  if (!born) return undefined;
  const turns = TURNING_AGES.map((age) => birthday({ ...born, year: born.year + age }));
  return turns.find((turn) => turn > at);
}

/** A day that its month has not got that year comes with the next month. */
function birthday({ year, month, day }: { year: number; month: number; day: number }): Date {
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day > days ? midnight(year, month + 1, 1) : midnight(year, month, day);
}

/** Midnight in Amsterdam at which a calendar date begins; undefined for what is no date. */
export function localMidnight(date: string): Date | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (!match) return undefined;
  const at = midnight(Number(match[1]), Number(match[2]), Number(match[3]));
  return Number.isNaN(at.getTime()) ? undefined : at;
}

const clock = lateFormatter('sv-SE', {
  timeZone: 'Europe/Amsterdam',
  dateStyle: 'short',
  timeStyle: 'medium',
});
const HOUR_MS = 3_600_000;

/**
 * The instant that a text names: with its offset, or as clocks in Amsterdam show it; of a date, or
 * a part of one, its beginning. @returns undefined for what is no moment.
 */
export function localInstant(text: string): Date | undefined {
  const [, year, month = '01', day = '01'] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text) ?? [];
  if (year !== undefined) return localMidnight(`${year}-${month}-${day}`);
  const at = Date.parse(/(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`);
  if (Number.isNaN(at)) return undefined;
  if (/(Z|[+-]\d{2}:?\d{2})$/i.test(text)) return new Date(at);
  const summer = new Date(at - 2 * HOUR_MS);
  const shows = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  return clock().format(summer) === shows ? summer : new Date(at - HOUR_MS);
}

/** The first midnight in Amsterdam after an instant. */
export function nextLocalDate(at: Date): Date {
  const [year = 0, month = 1, day = 1] = localDate(at).split('-').map(Number);
  return midnight(year, month, day + 1);
}

function parts(date: string | undefined): { year: number; month: number; day: number } | undefined {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(date ?? '');
  if (!match) return undefined;
  return {
    year: Number(match[1]),
    month: Number(match[2] ?? '12'),
    day: Number(match[3] ?? '31'),
  };
}

/** Date.UTC turns 29 February into 1 March where the year has none, which is the rule we need. */
function midnight(year: number, month: number, day: number): Date {
  const utc = Date.UTC(year, month - 1, day);
  const wanted = new Date(utc).toISOString().slice(0, 10);
  // Amsterdam runs one or two hours ahead of UTC.
  const summer = new Date(utc - 2 * 3_600_000);
  return localDate(summer) === wanted ? summer : new Date(utc - 3_600_000);
}
