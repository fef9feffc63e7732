/** In which regions an organisation is at a moment: days begin at midnight in Amsterdam. */
import { describe, expect, it } from 'vitest';
import { partiesAt, partyOf } from '../../src/consent/grant-for.ts';
import type { Organisation } from '../../src/identity/index.ts';
import { PRACTICE } from '../support/gateway.ts';

const member = (membership: object): Organisation => ({
  ...PRACTICE,
  regions: [{ id: 'noord', ...membership }],
});
const regionsAt = (membership: object, at: string) =>
  partyOf(member(membership), new Date(at)).regions;

describe('a membership of a region', () => {
  it.each([
    ['2026-06-30T21:59:59Z', ['noord']],
    ['2026-06-30T22:00:00Z', []],
    ['2026-06-30T23:30:00Z', []],
  ])('until 1 July is at %s in %j', (at, regions) => {
    expect(regionsAt({ until: '2026-07-01' }, at)).toEqual(regions);
  });

  it('begins with its day, in winter too', () => {
    expect(regionsAt({ from: '2026-12-01' }, '2026-11-30T22:59:59Z')).toEqual([]);
    expect(regionsAt({ from: '2026-12-01' }, '2026-11-30T23:00:00Z')).toEqual(['noord']);
  });

  it('from what is no day is none', () => {
    expect(regionsAt({ from: 'morgen' }, '2026-12-01T12:00:00Z')).toEqual([]);
  });

  it('ends for the whole directory at that moment', () => {
    const all = [member({ until: '2026-07-01' })];
    const at = (text: string) => partiesAt(all, new Date(text)).get(PRACTICE.id)?.regions;
    expect(at('2026-06-30T21:59:00Z')).toEqual(['noord']);
    expect(at('2026-06-30T22:01:00Z')).toEqual([]);
  });
});
