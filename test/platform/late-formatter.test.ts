import { expect, it } from 'vitest';
import { lateFormatter } from '../../src/platform/late-formatter.ts';

it('makes its formatter at the first use and keeps it', () => {
  const clock = lateFormatter('nl-NL', { timeZone: 'Europe/Amsterdam', timeStyle: 'short' });
  expect(clock().format(new Date('2026-07-01T06:15:00Z'))).toBe('08:15');
  expect(clock()).toBe(clock());
});

it('tells of a zone that does not exist only when it is asked', () => {
  const nowhere = lateFormatter('nl-NL', { timeZone: 'Nowhere/None' });
  expect(nowhere).toThrow(RangeError);
});
