/** Days as people read them. */
import { expect, it } from 'vitest';
import { dayText } from '../../../src/platform/html/day-text.ts';

it.each([
  ['2026-03-01T23:30:00Z', '2 maart 2026', '2 March 2026'],
  ['2026-06-30T21:59:00Z', '30 juni 2026', '30 June 2026'],
])('%s is a day of Amsterdam, in both languages', (at, nl, en) => {
  expect([dayText(at, 'nl'), dayText(new Date(at), 'en')]).toEqual([nl, en]);
});
