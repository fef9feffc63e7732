/** Years in two digits (source-formats.md on MEDLAB). */
import { expect, test } from 'vitest';
import { fullYear, yearNear } from '../../../src/ingest/edifact/element.ts';

const now = new Date('2026-12-31T12:00:00Z');

test.each([
  ['27', '2027', '1927'],
  ['26', '2026', '2026'],
  ['99', '1999', '1999'],
  ['36', '2036', '1936'],
  ['37', '1937', '1937'],
  ['76', '1976', '1976'],
])('of what happens %s is %s, of a birth %s', (digits, near, birth) => {
  expect(yearNear(digits, now)).toBe(near);
  expect(fullYear(digits, now)).toBe(birth);
});

test('at the end of a century the next year is of the next one', () => {
  expect(yearNear('00', new Date('2099-12-31T12:00:00Z'))).toBe('2100');
});
