/** A day as people read it, in the time of Amsterdam. */
import { lateFormatter } from '../late-formatter.ts';
import type { Language } from './language.ts';

const style = { timeZone: 'Europe/Amsterdam', dateStyle: 'long' } as const;
const DAY = { nl: lateFormatter('nl-NL', style), en: lateFormatter('en-GB', style) };

/** For instance "2 maart 2026". */
export function dayText(at: Date | string, language: Language): string {
  return DAY[language]().format(new Date(at));
}
