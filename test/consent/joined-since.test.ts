/** Whom a choice lets in that came after it (consent.md 13, point 4). */
import { describe, expect, it } from 'vitest';
import { joinedSince } from '../../src/consent/index.ts';
import type { Organisation } from '../../src/identity/index.ts';
import type { ConsentRule } from '../../src/permission/index.ts';

const AT = new Date('2026-06-01T00:00:00Z');
const rule = (more: Partial<ConsentRule> = {}): ConsentRule => ({
  ...{ id: 'r', source: 'dhtv', type: 'permit', status: 'active', performers: [{ rel: 'self' }] },
  dateTime: '2026-03-01T00:00:00Z',
  holder: { level: 'cat', value: 'ZKH' },
  recipient: { level: 'cat', value: 'HA' },
  data: { level: 'ggc', value: 'GGC002' },
  ...more,
});
const member = (
  regions: Organisation['regions'],
  more: Partial<Organisation> = {},
): Organisation => ({
  ...{ id: 'new', ura: '1', name: 'Nieuw', type: 'Z3', category: 'HA', services: [] },
  ...{ aliases: [], connection: 'connected', regions },
  ...more,
});
const joined = (rules: readonly ConsentRule[], one: Organisation) =>
  joinedSince(rules, [one], AT).map(({ organisation }) => organisation);
const LATER = [{ id: 'noord', from: '2026-04-01T00:00:00Z' }];

describe('an organisation that joined', () => {
  it('after a choice for its kind, or for anybody, is told', () => {
    expect(joined([rule()], member(LATER))).toEqual(['new']);
    expect(joined([rule({ recipient: { level: 'any' } })], member(LATER))).toEqual(['new']);
    // A laboratory asks as a hospital.
    const laboratory = member(LATER, { category: 'LAB' });
    const hospitals = rule({ recipient: { level: 'cat', value: 'ZKH' } });
    expect(joined([hospitals], laboratory)).toEqual(['new']);
  });

  it.each<[string, readonly ConsentRule[], Organisation]>([
    ['before the choice', [rule()], member([{ id: 'noord', from: '2026-01-01T00:00:00Z' }])],
    ['from the beginning on', [rule()], member([{ id: 'noord' }, ...LATER])],
    ['and will only be a member later', [rule()], member([{ id: 'noord', from: '2026-07-01' }])],
    ['and left', [rule()], member([{ id: 'noord', from: '2026-04-01', until: '2026-05-01' }])],
    ['and is not connected', [rule()], member(LATER, { connection: 'planned' as never })],
    ['under a refusal', [rule({ type: 'deny' })], member(LATER)],
    ['under a choice that ended', [rule({ status: 'inactive' })], member(LATER)],
    ['and was named itself', [rule({ recipient: { level: 'org', value: 'new' } })], member(LATER)],
    ['of another kind', [rule()], member(LATER, { category: 'GGZ' })],
  ])('%s is not', (_name, rules, one) => {
    expect(joined(rules, one)).toEqual([]);
  });
});
