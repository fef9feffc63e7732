/** Birthdays as the law counts them: consent.md 10.1. */
import { describe, expect, it } from 'vitest';
import { ageAt, nextTurn } from '../../src/permission/age.ts';

describe('the moment at which somebody turns 12', () => {
  it.each([
    ['a day', '2014-06-15', '2026-06-14T22:00:00Z'],
    ['a day in winter', '2014-12-15', '2026-12-14T23:00:00Z'],
    ['29 February', '2016-02-29', '2028-02-28T23:00:00Z'],
    ['a month, from its last day', '2015-02', '2027-02-28T23:00:00Z'],
    ['a month of thirty days', '2015-04', '2027-04-30T22:00:00Z'],
    ['a year, from its last day', '2014', '2026-12-30T23:00:00Z'],
  ])('of somebody born on %s', (_what, born, turn) => {
    const at = nextTurn(born, new Date('2026-01-01T00:00:00Z'));
    expect(at?.toISOString()).toBe(new Date(turn).toISOString());
    // The age changes at that very moment.
    const moment = at?.getTime() ?? 0;
    expect([moment - 1, moment].map((one) => ageAt(born, new Date(one)))).toEqual([11, 12]);
  });
});
