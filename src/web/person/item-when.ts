/** When something of the record was, as its own pages tell it. */
import type { OwnItem } from '../../consent/index.ts';
import { dayText } from '../../platform/html/day-text.ts';
import type { Language } from '../../platform/html/language.ts';
import { dateText } from '../moment-text.ts';

const CAME_IN = { nl: 'kwam binnen op', en: 'came in on' } as const;

/** As precise as the source told it; where it told no day, when it came in, and said so. */
export function whenText({ date, received }: OwnItem, language: Language): string {
  if (date !== undefined) return dateText(date, language);
  return `${CAME_IN[language]} ${dayText(received, language)}`;
}
