/** What a token answer tells of the end of its consent (capabilities A3). */
import { describe, expect, it } from 'vitest';
import { expiresIn } from '../../src/medmij/consent-end.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const mandated = (until: string) => ({
  representative: { authority: `voluntary:alles:${until}` },
});

describe('Consent-Expires-In', () => {
  it('is half a year after each use', () => {
    expect(expiresIn({}, AT)).toBe('P183D');
    expect(expiresIn({ representative: { authority: 'parental' } }, AT)).toBe('P183D');
    expect(expiresIn({ representative: { authority: 'voluntary:alles' } }, AT)).toBe('P183D');
  });

  it.each([
    ['2026-03-09T23:00:00.000Z', 'P9D'],
    ['2026-03-01T13:00:00.000Z', 'P1D'],
    ['2026-02-01T23:00:00.000Z', 'P0D'],
    ['2029-01-01T23:00:00.000Z', 'P183D'],
  ])('never promises more than the mandate that it was given under: %s', (until, told) => {
    expect(expiresIn(mandated(until), AT)).toBe(told);
  });
});
