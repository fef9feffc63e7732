/** Instants of the database, read by their digits, are what a general reading makes of them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utcInstant } from '../../src/platform/utc-instant.ts';

const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** As PostgreSQL writes it: no zeros at the end of a fraction. */
const written = (at: Date): string =>
  at
    .toISOString()
    .replace('T', ' ')
    .replace(/(?:\.0+|(\.\d*?)0*)Z$/, '$1+00');

it('reads what PostgreSQL writes in UTC', () => {
  expect(written(new Date('2026-03-10T09:00:00.120Z'))).toBe('2026-03-10 09:00:00.12+00');
  expect(written(new Date('2026-03-10T09:00:00.000Z'))).toBe('2026-03-10 09:00:00+00');
  const instants = fc.integer({ min: Date.parse('0100-01-01T00:00:00Z'), max: LAST });
  fc.assert(
    fc.property(instants, (ms) => {
      expect(utcInstant(written(new Date(ms)))).toEqual(new Date(ms));
    }),
    { numRuns: 2_000 },
  );
});

it('leaves every other spelling to the general reading', () => {
  for (const text of [
    '2026-03-10 09:00:00.123456+00',
    '2026-03-10 10:00:00+01',
    '2026-03-10 09:00:00+00 BC',
    '10000-03-10 09:00:00+00',
    '0044-03-15 09:00:00+00',
    'infinity',
  ]) {
    expect(utcInstant(text)).toBeUndefined();
  }
});
