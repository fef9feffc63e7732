/** What ends by itself is told in time, to both. consent.md 10.4; J10. */
import { describe, expect, it } from 'vitest';
import type { Choices, Mandate } from '../../../src/consent/index.ts';
import type { ConsentRule } from '../../../src/permission/index.ts';
import {
  childTurns,
  mandateEndingFor,
  mandatesEnding,
  ownTurns,
} from '../../../src/web/person/turns.ts';

const at = (text: string) => new Date(text);
const END = '2026-12-01T23:00:00.000Z';
const mandate = (more: Partial<Mandate> = {}): Mandate => ({
  ...{ vault: 'v', id: 'm', version: 1, proxy: 'aa', status: 'active' },
  ...{ name: 'Marieke', principal: 'Henk', given: '2025-12-02T00:00:00Z', until: END },
  ...more,
});

describe('a mandate that ends', () => {
  it.each([
    ['2026-11-17T22:59:59Z', false],
    ['2026-11-17T23:00:00Z', true],
    ['2026-12-01T22:59:59Z', true],
    [END, false],
  ])('is told to both a fortnight before and not longer: %s', (moment, isTold) => {
    const own = mandatesEnding([mandate()], at(moment));
    const held = mandateEndingFor('Henk', END, at(moment));
    expect([own.length === 1, held !== undefined]).toEqual([isTold, isTold]);
    if (!isTold) return;
    expect(own[0]?.nl).toContain('Marieke mag meekijken tot en met 1 december 2026');
    expect(held?.nl).toContain('bij Henk tot en met 1 december 2026');
  });

  it('is not told when it was ended, or is the agreement of a child', () => {
    const now = at('2026-11-20T12:00:00Z');
    expect(mandatesEnding([mandate({ status: 'ended' }), mandate({ rel: 'parent' })], now)).toEqual(
      [],
    );
  });
});

const rule = (type: ConsentRule['type'], rels: ('parent' | 'self')[]): ConsentRule => ({
  ...{ id: 'r', source: 'dhtv', type, status: 'active', dateTime: '2020-01-01T00:00:00Z' },
  ...{ holder: { level: 'any' }, recipient: { level: 'any' }, data: { level: 'all' } },
  performers: rels.map((rel) => ({ rel, ...(rel === 'parent' ? { custody: true } : {}) })),
});
const choicesWith = (...rules: ConsentRule[]) =>
  ({ change: 0, choices: rules.map((one) => ({ rule: one, version: 1 })) }) as unknown as Choices;
const given = choicesWith(
  rule('permit', ['parent']),
  rule('permit', ['parent', 'self']),
  rule('deny', ['parent']),
  rule('permit', ['self']),
);
const words = (birthDate: string, moment: string) =>
  ownTurns({ birthDate }, given, at(moment)).map(({ nl }) => nl);

describe('a birthday', () => {
  it('is told to a parent two months before the 12th and the 16th, and to nobody before', () => {
    expect(childTurns('2014-12-01', at('2026-10-01T12:00:00Z'))).toBeUndefined();
    expect(childTurns('2014-12-01', at('2026-10-03T12:00:00Z'))?.nl).toContain(
      'wordt 12 op 1 december 2026',
    );
    expect(childTurns('2010-12-01', at('2026-11-30T22:59:00Z'))?.nl).toContain('wordt 16 op 1');
    expect(childTurns('2008-12-01', at('2026-11-30T12:00:00Z'))).toBeUndefined();
    expect(childTurns(undefined, at('2026-11-30T12:00:00Z'))).toBeUndefined();
  });

  it('on 29 February is told for 1 March', () => {
    expect(childTurns('2016-02-29', at('2028-01-20T12:00:00Z'))?.nl).toContain('29 februari 2028');
    expect(childTurns('2015-02-28', at('2027-01-20T12:00:00Z'))?.nl).toContain('28 februari 2027');
    const leap = childTurns('2012-02-29', at('2028-02-10T12:00:00Z'));
    expect(leap?.nl).toContain('29 februari 2028');
  });

  it('of 12 is told to the child from that midnight on, with what ends and what stays', () => {
    expect(words('2014-12-01', '2026-11-30T22:59:59Z')).toEqual([]);
    const [turned, counted] = words('2014-12-01', '2026-11-30T23:00:00Z');
    expect(turned).toContain('U bent 12 geworden');
    expect(counted).toContain('niet meer tellen: 1. Weigeringen van uw ouder die blijven: 1');
    expect(words('2014-12-01', '2027-03-02T12:00:00Z')).toEqual([]);
  });

  it('of 16 is told two months before, and after with what ends and what stays', () => {
    expect(words('2010-12-01', '2026-09-01T12:00:00Z')).toEqual([]);
    expect(words('2010-12-01', '2026-11-01T12:00:00Z')[0]).toContain('U wordt 16 op 1 december');
    const [turned, counted] = words('2010-12-01', '2026-12-01T12:00:00Z');
    expect(turned).toContain('U bent 16 geworden');
    expect(counted).toContain('niet meer tellen: 1. Weigeringen van uw ouder die blijven: 1');
    expect(words('2008-12-01', '2026-12-01T12:00:00Z')).toEqual([]);
  });
});
