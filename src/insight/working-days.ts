/** Days on which a privacy officer works: Monday to Friday, in Amsterdam. */
import { lateFormatter } from '../platform/late-formatter.ts';

const calendar = lateFormatter('en-CA', { timeZone: 'Europe/Amsterdam' });

/** The date `count` working days after this moment, `YYYY-MM-DD`. */
export function workingDaysAfter(from: Date, count: number): string {
  const day = new Date(`${calendar().format(from)}T00:00:00Z`);
  let left = count;
  while (left > 0) {
    day.setUTCDate(day.getUTCDate() + 1);
    const weekday = day.getUTCDay();
    if (weekday !== 0 && weekday !== 6) left -= 1;
  }
  return day.toISOString().slice(0, 10);
}
