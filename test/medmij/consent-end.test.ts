/** What a token answer tells of the end of its consent (capabilities A3). */
import { describe, expect, it } from 'vitest';
import { expiresIn, representationEnds } from '../../src/medmij/consent-end.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const mandated = (until: string) => ({
  representative: { subject: 's', authority: `voluntary:alles:${until}` },
});
const CHILD_TURNS_12 = new Date('2026-03-20T23:00:00Z');

/** A record that says until when the age of the person fits. */
const told = async (
  { representative }: { representative?: { subject: string; authority: string } },
  fits: { until?: Date } | { reason: string } = { until: CHILD_TURNS_12 },
) => {
  const door = {
    database: {} as never,
    clock: () => AT,
    stillAvailable: async () => ({ vault: 'v', ...fits }),
  };
  const ground = { vault: 'v', aanbieder: 'a', ...(representative ? { representative } : {}) };
  return expiresIn(await representationEnds(door, ground), AT);
};
const parent = { representative: { subject: 's', authority: 'parental' } };

describe('Consent-Expires-In', () => {
  it('is half a year after each use', async () => {
    expect(await told({})).toBe('P183D');
    expect(await told({ representative: { subject: 's', authority: 'voluntary:alles' } })).toBe(
      'P183D',
    );
  });

  it.each([
    ['2026-03-09T23:00:00.000Z', 'P9D'],
    ['2026-03-01T13:00:00.000Z', 'P1D'],
    ['2026-02-01T23:00:00.000Z', 'P0D'],
    ['2029-01-01T23:00:00.000Z', 'P183D'],
  ])('never promises more than the mandate that it was given under: %s', async (until, days) => {
    expect(await told(mandated(until))).toBe(days);
  });

  it('never promises a parent more than until the child turns 12', async () => {
    expect(await told(parent)).toBe('P20D');
    expect(await told(parent, { until: new Date('2030-03-20T23:00:00Z') })).toBe('P183D');
    expect(await told(parent, {})).toBe('P183D');
  });

  it('promises a parent nothing any more of a child that turned 12 meanwhile', async () => {
    expect(await told(parent, { reason: 'too-old' })).toBe('P0D');
  });
});
