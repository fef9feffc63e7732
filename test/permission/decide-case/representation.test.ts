/** Who may open a record, and whose choices count, by age and authority. consent.md 10. */
import { describe, expect, it } from 'vitest';
import { type Asked, answer, asks, resource, shown } from './case-words.ts';

type By = NonNullable<Asked['representative']>;
const CHILD = { birthDate: '2018-01-01' };
const TWELVE = { birthDate: '2012-09-01' };
const SIXTEEN = { birthDate: '2009-09-01' };
const ADULT = { birthDate: '1980-05-02' };
const INCAPABLE = { ...ADULT, incapacity: true };

const acts = (representative: Partial<By>, words = 'Condition/c1'): Asked => ({
  actor: 'representative',
  holder: 'ziekenhuis',
  representative: representative as By,
  resources: [resource(words)],
});
const PARENT = { rel: 'parent', custody: true } as const;
const LET_IN = { ...PARENT, childAgrees: true } as const;
const PROXY = { rel: 'proxy', scope: 'all' } as const;

describe('a person', () => {
  const own: Asked = { actor: 'patient', holder: 'ziekenhuis', purpose: 'PATRQT' };
  it.each([
    ['under 12 does not', CHILD, 'age-under-12'],
    ['of 12 opens the own record', { birthDate: '2014-03-10' }, 'c1'],
    ['a day younger does not', { birthDate: '2014-03-11' }, 'age-under-12'],
    ['of 13 does', TWELVE, 'c1'],
    ['who has died does not', { ...ADULT, deceased: true }, 'deceased'],
    ['whose birth date nobody knows does', { birthDate: undefined }, 'c1'],
  ])('%s', (_, patient, shows) => {
    expect(shown([], own, patient as object)).toBe(shows);
  });
});

describe('a representative', () => {
  it.each<readonly [string, Partial<By>, object, string]>([
    ['with custody opens that of a child', PARENT, CHILD, 'c1'],
    ['without custody does not', { rel: 'parent', custody: false }, CHILD, 'no-custody'],
    ['of whom the register says nothing does not', { rel: 'parent' }, CHILD, 'no-custody'],
    ['who is guardian does', { rel: 'guardian' }, CHILD, 'c1'],
    ['who was guardian does not', { rel: 'guardian', custody: false }, CHILD, 'no-custody'],
    ['of a child of 13 needs its agreement', PARENT, TWELVE, 'child-agreement-missing'],
    [
      'of a child that turns 12 today too',
      PARENT,
      { birthDate: '2014-03-10' },
      'child-agreement-missing',
    ],
    ['of a child that does tomorrow does not', PARENT, { birthDate: '2014-03-11' }, 'c1'],
    [
      'by mandate of one that turns 12 today does not',
      PROXY,
      { birthDate: '2014-03-10' },
      'age-16',
    ],
    ['of a child of 13 has it', LET_IN, TWELVE, 'c1'],
    ['who is guardian needs it too', { rel: 'guardian' }, TWELVE, 'child-agreement-missing'],
    ['of a child of 16 does not', LET_IN, SIXTEEN, 'age-16'],
    ['of a child that turns 16 today does not', LET_IN, { birthDate: '2010-03-10' }, 'age-16'],
    ['of one that does tomorrow still does', LET_IN, { birthDate: '2010-03-11' }, 'c1'],
    ['of an adult does not', PARENT, ADULT, 'age-16'],
    ['of somebody of unknown age does not', PARENT, { birthDate: undefined }, 'age-16'],
    ['by mandate of an adult does', PROXY, ADULT, 'c1'],
    ['by mandate of a child of 16 does', PROXY, SIXTEEN, 'c1'],
    ['by mandate of a child of 13 does not', PROXY, TWELVE, 'age-16'],
    ['by mandate of a child does not', PROXY, CHILD, 'age-under-12'],
    ['by mandate of somebody of unknown age does', PROXY, { birthDate: undefined }, 'c1'],
    ['by a mandate to read does', { rel: 'proxy', scope: 'read' }, ADULT, 'c1'],
    [
      'by a mandate for choices does not',
      { rel: 'proxy', scope: 'manage-consent' },
      ADULT,
      'scope',
    ],
    ['by a mandate for nothing does not', { rel: 'proxy' }, ADULT, 'scope'],
    ['who is curator does', { rel: 'curator' }, INCAPABLE, 'c1'],
    ['who is mentor does', { rel: 'mentor' }, INCAPABLE, 'c1'],
    ['who is curator of nobody does not', { rel: 'curator' }, ADULT, 'no-incapacity'],
    [
      'who is mentor of a minor does not',
      { rel: 'mentor' },
      { ...SIXTEEN, incapacity: true },
      'no-incapacity',
    ],
    [
      'who is mentor of unknown age does',
      { rel: 'mentor' },
      { birthDate: undefined, incapacity: true },
      'c1',
    ],
    [
      'who is mentor of one aged 18 today does',
      { rel: 'mentor' },
      { birthDate: '2008-03-10', incapacity: true },
      'c1',
    ],
    [
      'after the incapacity does not',
      { rel: 'mentor' },
      { ...INCAPABLE, incapacityUntil: '2026-03-10T10:00:00+01:00' },
      'no-incapacity',
    ],
    [
      'before it does not',
      { rel: 'mentor' },
      { ...INCAPABLE, incapacitySince: '2026-03-11T00:00:00+01:00' },
      'no-incapacity',
    ],
    ['who is spouse does not', { rel: 'spouse', scope: 'all' }, ADULT, 'not-digital'],
    ['who is family does not', { rel: 'family', scope: 'all' }, ADULT, 'not-digital'],
    [
      'who keeps the money does not',
      { rel: 'bewindvoerder', scope: 'all' },
      INCAPABLE,
      'not-digital',
    ],
    ['of oneself is none', { rel: 'self', scope: 'all' }, ADULT, 'not-digital'],
    ['of the dead does not', PROXY, { ...ADULT, deceased: true }, 'deceased'],
    [
      'before the mandate does not',
      { ...PROXY, period: { start: '2026-03-10T10:00:01+01:00' } },
      ADULT,
      'authority-ended',
    ],
    [
      'at its begin does',
      { ...PROXY, period: { start: '2026-03-10T10:00:00+01:00' } },
      ADULT,
      'c1',
    ],
    [
      'at its end does not',
      { ...PROXY, period: { end: '2026-03-10T10:00:00+01:00' } },
      ADULT,
      'authority-ended',
    ],
    ['until then does', { ...PROXY, period: { end: '2026-03-10T10:00:01+01:00' } }, ADULT, 'c1'],
    [
      'whom a provider blocks does not',
      { ...PARENT, providerBlock: true },
      CHILD,
      'provider-block',
    ],
    [
      'whom this holder blocks does not',
      { ...PROXY, blocks: [{ holder: 'ziekenhuis', until: '2026-04-01T00:00:00Z' }] },
      ADULT,
      'provider-block',
    ],
    [
      'whom another blocks does',
      { ...PROXY, blocks: [{ holder: 'linde', until: '2026-04-01T00:00:00Z' }] },
      ADULT,
      'c1',
    ],
    [
      'whose block is over does',
      { ...PROXY, blocks: [{ holder: 'ziekenhuis', until: '2026-03-10T10:00:00+01:00' }] },
      ADULT,
      'c1',
    ],
  ])('%s', (_, by, patient, shows) => {
    expect(shown([], acts(by), patient)).toBe(shows);
  });

  it.each<readonly [string, Partial<By>, object, string, string]>([
    ['what others confided', PROXY, ADULT, 'Condition/c1 third-party', '-'],
    [
      'what is hidden from a representative',
      PROXY,
      ADULT,
      'Condition/c1 hide-from-representative',
      '-',
    ],
    ['the labels of an adult', PROXY, ADULT, 'Condition/c1 V HIV', 'c1'],
    ['those of a child under 12', PARENT, CHILD, 'Condition/c1 R PSY', 'c1'],
    ['none of one of 13', LET_IN, TWELVE, 'Condition/c1 R PSY', '-'],
    [
      'none of one that is 12 today',
      LET_IN,
      { birthDate: '2014-03-10' },
      'Condition/c1 R PSY',
      '-',
    ],
    ['those that it opened', { ...LET_IN, opened: ['PSY'] }, TWELVE, 'Condition/c1 R PSY', 'c1'],
    ['no other', { ...LET_IN, opened: ['PSY'] }, TWELVE, 'Condition/c1 R PSY SUD', '-'],
    ['never sexual health', { ...LET_IN, opened: ['SRH'] }, TWELVE, 'Condition/c1 R SRH', '-'],
    ['never V', { ...LET_IN, opened: ['PSY'] }, TWELVE, 'Condition/c1 V PSY', '-'],
    ['none of R of one of 13', LET_IN, TWELVE, 'Condition/c1 R', '-'],
    ['nor as guardian', { rel: 'guardian', childAgrees: true }, TWELVE, 'Condition/c1 R PSY', '-'],
    [
      'a kind of the mandate',
      { ...PROXY, kinds: [{ level: 'type', value: 'Condition' }] },
      ADULT,
      'Condition/c1',
      'c1',
    ],
    [
      'no other kind',
      { ...PROXY, kinds: [{ level: 'type', value: 'Observation' }] },
      ADULT,
      'Condition/c1',
      '-',
    ],
  ])('sees %s', (_, by, patient, words, shows) => {
    expect(shown([], acts(by, words), patient)).toBe(shows);
  });

  it('is written down with the person', () => {
    expect(answer([], acts(PROXY), ADULT)).toMatchObject({
      reason: 'representative',
      obligations: ['AUDIT', 'AUDIT-ON-BEHALF'],
    });
  });
});

describe('a choice of', () => {
  const GP = asks('linde', 'ziekenhuis');
  it.each<readonly [string, readonly string[], object, string]>([
    ['a parent counts for a child', ['+ZKH > HA by parent'], CHILD, 'c1'],
    ['a guardian too', ['+ZKH > HA by guardian'], CHILD, 'c1'],
    ['a parent without custody does not', ['+ZKH > HA by outsider'], CHILD, '-'],
    ['a parent of whom nothing says so does not', ['+ZKH > HA by unsure'], CHILD, '-'],
    ['a child under 12 does not', ['+ZKH > HA'], CHILD, '-'],
    ['a child of 13 alone does not', ['+ZKH > HA'], TWELVE, '-'],
    ['its parent alone does not', ['+ZKH > HA by parent'], TWELVE, '-'],
    [
      'its parent does not from its 12th birthday',
      ['+ZKH > HA by parent'],
      { birthDate: '2014-03-10' },
      '-',
    ],
    [
      'its parent does until the day before',
      ['+ZKH > HA by parent'],
      { birthDate: '2014-03-11' },
      'c1',
    ],
    ['both does', ['+ZKH > HA by parent+self'], TWELVE, 'c1'],
    ['a guardian and the child does', ['+ZKH > HA by guardian+self'], TWELVE, 'c1'],
    ['a child of 16 does', ['+ZKH > HA'], SIXTEEN, 'c1'],
    ['its parent does not any more', ['+ZKH > HA by parent'], SIXTEEN, '-'],
    ['a proxy of a child of 13 does not', ['+ZKH > HA by mandated'], TWELVE, '-'],
    ['a proxy of one of 16 does', ['+ZKH > HA by mandated'], SIXTEEN, 'c1'],
    ['a proxy whose mandate names nothing does not', ['+ZKH > HA by unnamed'], SIXTEEN, '-'],
    ['both still does at 16', ['+ZKH > HA by parent+self'], SIXTEEN, 'c1'],
    [
      'a child of 13 that refuses counts',
      ['+ZKH > HA by parent+self', '-ziekenhuis > HA'],
      TWELVE,
      '-',
    ],
    [
      'its parent who refuses too',
      ['+ZKH > HA by parent+self', '-ziekenhuis > HA by parent'],
      TWELVE,
      '-',
    ],
    [
      'a guardian who refuses too',
      ['+ZKH > HA by parent+self', '-ziekenhuis > HA by guardian'],
      TWELVE,
      '-',
    ],
    [
      'one without custody who refuses does not',
      ['+ZKH > HA by parent+self', '-ziekenhuis > HA by outsider'],
      TWELVE,
      'c1',
    ],
    [
      'a parent who refused stands at 16',
      ['+ZKH > HA', '-ziekenhuis > HA by parent'],
      SIXTEEN,
      '-',
    ],
    [
      'until it is replaced',
      ['+ziekenhuis > HA', '-ziekenhuis > HA by parent on 2023-01-01'],
      SIXTEEN,
      'c1',
    ],
    ['an adult of unknown age counts', ['+ZKH > HA'], { birthDate: undefined }, 'c1'],
    ['who is incapable does not', ['+ZKH > HA'], INCAPABLE, '-'],
    ['the curator does', ['+ZKH > HA by curator'], INCAPABLE, 'c1'],
    ['the mentor does', ['+ZKH > HA by mentor'], INCAPABLE, 'c1'],
    ['the curator of nobody does not', ['+ZKH > HA by curator'], ADULT, '-'],
    [
      'who is incapable and refuses does',
      ['+ZKH > HA by curator', '-ziekenhuis > HA'],
      INCAPABLE,
      '-',
    ],
    [
      'a curator who refuses does',
      ['+ZKH > HA by mentor', '-ziekenhuis > HA by curator'],
      INCAPABLE,
      '-',
    ],
    [
      'a mentor who refuses does',
      ['+ZKH > HA by curator', '-ziekenhuis > HA by mentor'],
      INCAPABLE,
      '-',
    ],
    [
      'before the incapacity stays',
      ['+ZKH > HA'],
      { ...INCAPABLE, incapacitySince: '2026-01-01T00:00:00Z' },
      'c1',
    ],
    [
      'since then does not',
      ['+ZKH > HA on 2026-01-02T00:00:00Z'],
      { ...INCAPABLE, incapacitySince: '2026-01-01T00:00:00Z' },
      '-',
    ],
    [
      'after it does',
      ['+ZKH > HA'],
      { ...INCAPABLE, incapacityUntil: '2026-01-01T00:00:00Z' },
      'c1',
    ],
  ])('%s', (_, rules, patient, shows) => {
    expect(shown(rules, GP, patient)).toBe(shows);
  });
});

it('nobody represents without evidence', () => {
  const { representative: _, ...nobody } = acts(PROXY);
  expect(shown([], nobody, ADULT)).toBe('not-digital');
});

describe('of two parents', () => {
  const GP = asks('linde', 'ziekenhuis');
  const NO = '-ZKH > HA by moeder';
  it.each<readonly [string, readonly string[], object, string]>([
    ['the refusal of one stands', [NO, '+ziekenhuis > linde by vader'], CHILD, '-'],
    [
      'a later permit of the other does not replace it',
      [NO, '+ZKH > HA by vader on 2026-01-01'],
      CHILD,
      '-',
    ],
    ['nor one of a parent unnamed', [NO, '+ziekenhuis > linde by parent'], CHILD, '-'],
    ['who refused may open it again', [NO, '+ZKH > HA by moeder on 2026-01-01'], CHILD, 'c1'],
    ['who refused may make an exception', [NO, '+ziekenhuis > linde by moeder'], CHILD, 'c1'],
    ['both may too', [NO, '+ziekenhuis > linde by moeder+vader'], CHILD, 'c1'],
    [
      'each keeps what the other refused',
      [NO, '-ZKH > HA by vader', '+ziekenhuis > linde by moeder'],
      CHILD,
      '-',
    ],
    [
      'a referral is not held by it',
      [NO, '+ziekenhuis > linde within Task/t1 as implicit on 2026-01-01'],
      CHILD,
      'c1',
    ],
    ['a permit of each stands', ['+ZKH > HA by moeder', '+ziekenhuis > HA by vader'], CHILD, 'c1'],
    ['one may be guardian', ['-ZKH > HA by voogd', '+ziekenhuis > HA by vader'], CHILD, '-'],
    [
      'the one with the child replaces it',
      [NO, '+ZKH > HA by moeder+self on 2026-01-01'],
      TWELVE,
      'c1',
    ],
    [
      'the other with the child does not',
      [NO, '+ZKH > HA by vader+self on 2026-01-01'],
      TWELVE,
      '-',
    ],
    ['at 16 one replaces it alone', [NO, '+ZKH > HA on 2026-01-01'], SIXTEEN, 'c1'],
    ['neither decides from 16 on', [NO, '+ziekenhuis > linde'], SIXTEEN, 'c1'],
    [
      'with the child of 13 it still stands',
      [NO, '+ziekenhuis > linde by vader+self'],
      TWELVE,
      '-',
    ],
  ])('%s', (_, rules, patient, shows) => {
    expect(shown(rules, { ...GP, referral: 'Task/t1' }, patient)).toBe(shows);
  });
});
