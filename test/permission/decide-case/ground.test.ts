/** Regions, referrals, the register and research: consent.md 4, 11, 12 and 13. */
import { describe, expect, it } from 'vitest';
import { type Asked, answer, asks, resource, shown } from './case-words.ts';

type Row = readonly [what: string, rules: readonly string[], asked: Asked, shows: string];
const decide = (_: string, rules: readonly string[], asked: Asked, shows: string) => {
  expect(shown(rules, asked)).toBe(shows);
};

describe('a region', () => {
  const OPEN = ['+any > any'];
  const atUmc = (region?: string) => asks('umc', 'umc', region ? { region } : {});
  it.each<Row>([
    ['that both share is enough', OPEN, asks('umc', 'ziekenhuis'), 'c1'],
    ['that neither shares is not', OPEN, asks('linde', 'eik'), 'no-region-agreement'],
    ['that is not active is not', OPEN, asks('eik', 'thuiszorg'), 'no-region-agreement'],
    [
      'that does not allow the purpose is not',
      OPEN,
      { ...atUmc('midden'), purpose: 'HRESCH' },
      'no-region-agreement',
    ],
    [
      'that is named must be shared',
      OPEN,
      asks('umc', 'ziekenhuis', { region: 'midden' }),
      'no-region-agreement',
    ],
    [
      'that nobody knows is none',
      OPEN,
      asks('umc', 'umc', { region: 'elders' }),
      'no-region-agreement',
    ],
    [
      'with the name of a part of an object is none',
      OPEN,
      asks('umc', 'umc', { region: 'constructor' }),
      'no-region-agreement',
    ],
    [
      'is never one for marketing',
      OPEN,
      asks('linde', 'ziekenhuis', { purpose: 'HMARKT' }),
      'no-region-agreement',
    ],
    ['does not let in who is suspended', OPEN, asks('gestopt', 'ziekenhuis'), 'partner-suspended'],
    [
      'does not let in who left just now',
      OPEN,
      asks('vertrokken', 'ziekenhuis'),
      'no-region-agreement',
    ],
    ['lets in who joined just now', OPEN, asks('blijft', 'ziekenhuis'), 'c1'],
    ['does not let in a stranger', OPEN, asks('niemand', 'ziekenhuis'), 'no-region-agreement'],
    ['of a choice is that of the question', ['+ZKH > ZKH within noord'], atUmc('noord'), 'c1'],
    ['of a choice is not another', ['+ZKH > ZKH within midden'], atUmc('noord'), '-'],
    ['of a permit is not one of two', ['+ZKH > ZKH within noord'], atUmc(), '-'],
    ['of a refusal is one of two', ['+ZKH > ZKH', '-ZKH > ZKH within midden'], atUmc(), '-'],
    [
      'of a refusal leaves the other',
      ['+ZKH > ZKH', '-ZKH > ZKH within midden'],
      atUmc('noord'),
      'c1',
    ],
    ['that is named twice is one', ['+ZKH > ZKH within noord'], asks('umc', 'ziekenhuis'), 'c1'],
  ])('%s', decide);
});

describe('a referral', () => {
  const TASK = 'within Task/t1 as implicit on 2026-03-06T09:00:00Z';
  const GIVEN = `+ziekenhuis > thuiszorg {COC,TREAT} ${TASK}`;
  const care = (more: Partial<Asked> = {}) =>
    asks('thuiszorg', 'ziekenhuis', { purpose: 'COC', referral: 'Task/t1', ...more });
  const STI = { resources: [resource('Condition/c1 R STD')] };
  it.each<Row>([
    ['opens for whom it names', [GIVEN], care(), 'c1'],
    ['for treatment too', [GIVEN], care({ purpose: 'TREAT' }), 'c1'],
    ['not by another task', [GIVEN], care({ referral: 'Task/t2' }), '-'],
    ['not without its task', [GIVEN], asks('thuiszorg', 'ziekenhuis', { purpose: 'COC' }), '-'],
    [
      'not for another with its task',
      [GIVEN],
      asks('ggz', 'ziekenhuis', { purpose: 'COC', referral: 'Task/t1' }),
      '-',
    ],
    ['not at another holder', [GIVEN], { ...care(), holder: 'linde' }, '-'],
    [
      'not for an emergency',
      [GIVEN],
      care({
        purpose: 'ETREAT',
        emergency: { level: 'urgent', reasonCode: 'X', reasonText: 'Niet aanspreekbaar' },
      }),
      '-',
    ],
    [
      'is outweighed by a later objection',
      [GIVEN, '-ziekenhuis > thuiszorg on 2026-03-07T09:00:00Z'],
      care(),
      '-',
    ],
    ['by one that is wider too', [GIVEN, '-any > thuiszorg on 2026-03-07T09:00:00Z'], care(), '-'],
    [
      'by one to the professional',
      [GIVEN, '-any > person:d1 on 2026-03-07T09:00:00Z'],
      care({ practitioner: 'd1' }),
      '-',
    ],
    [
      'not by one that names a category',
      [GIVEN, '-any > VV on 2026-03-07T09:00:00Z'],
      care(),
      'c1',
    ],
    [
      'not by an older one',
      [GIVEN, '-ziekenhuis > thuiszorg on 2026-03-01T09:00:00Z'],
      care(),
      'c1',
    ],
    [
      'not by one of the same moment',
      [GIVEN, '-ziekenhuis > thuiszorg on 2026-03-06T09:00:00Z'],
      care(),
      'c1',
    ],
    [
      'not by a permit that is later',
      [GIVEN, '+any > thuiszorg on 2026-03-07T09:00:00Z'],
      care(),
      'c1',
    ],
    [
      'not by one about something else',
      [GIVEN, '-any > thuiszorg [type Flag] on 2026-03-07T09:00:00Z'],
      care(),
      'c1',
    ],
    [
      'not by a permit that names less',
      [
        `+ziekenhuis > thuiszorg [instance Condition/c1] {COC} ${TASK}`,
        '+any > thuiszorg on 2026-03-07T09:00:00Z',
      ],
      care(STI),
      'c1',
    ],
    [
      'leaves what was permitted apart',
      [
        GIVEN,
        '+ziekenhuis > thuiszorg [instance Condition/c1] on 2026-02-01',
        '-any > thuiszorg on 2026-03-07T09:00:00Z',
      ],
      care(),
      'c1',
    ],
    ['does not cover what is labelled', [GIVEN], care(STI), '-'],
    [
      'covers what it lists',
      [`+ziekenhuis > thuiszorg [instance Condition/c1] {COC} ${TASK}`],
      care(STI),
      'c1',
    ],
    ['does not need the person of 13', [GIVEN.replace('{', 'by parent {')], care(), 'c1'],
  ])('%s', decide);

  it('limits what may be done with it', () => {
    expect(answer([GIVEN], care()).obligations).toEqual(['AUDIT', 'LIMIT-TO-REFERRAL']);
    expect(answer([GIVEN], care({ purpose: 'TREAT' })).obligations).toEqual(['AUDIT']);
    expect(answer(['+ZKH > VV'], care()).obligations).toEqual(['AUDIT']);
  });
});

describe('the register', () => {
  const says = (otvAnswer: string, more: Partial<Asked> = {}) =>
    asks('linde', 'ziekenhuis', { otvAnswer, ...more });
  const RESULT = { resources: [resource('Observation/l1', { ggc: 'GGC012' })] };
  it.each<Row>([
    ['opens', [], says('Permit'), 'c1'],
    ['closes', ['+ZKH > HA'], says('Deny'), '-'],
    ['is outweighed by who names both', ['+ziekenhuis > linde'], says('Deny'), 'c1'],
    ['is outweighed by who names the holder', ['+ziekenhuis > HA'], says('Deny'), 'c1'],
    [
      'is outweighed by results, which are narrower',
      ['+ZKH > HA [ggc GGC012]'],
      says('Deny', RESULT),
      'l1',
    ],
    ['has said nothing', ['+ZKH > HA'], says('NotApplicable'), 'c1'],
    ['closes what it might refuse when silent', ['+ZKH > HA'], says('Indeterminate'), '-'],
    ['leaves who names both when silent', ['+ziekenhuis > linde'], says('timeout'), 'c1'],
    ['does not open beside a local refusal', ['-ZKH > HA'], says('Permit'), '-'],
    ['speaks of treatment only', [], says('Permit', { purpose: 'COC' }), '-'],
    ['refuses treatment only', ['+ZKH > HA'], says('Deny', { purpose: 'COC' }), 'c1'],
    ['of a pharmacy opens medication', [], { ...says('Permit'), holder: 'apotheek' }, '-'],
    ['of a laboratory opens results', [], { ...says('Permit', RESULT), holder: 'lab' }, 'l1'],
  ])('%s', decide);

  it('that is silent is told the same of everybody', () => {
    expect(answer([], says('Indeterminate')).visible).toEqual({ http: 503 });
    const some = [resource('Condition/c1'), resource('Condition/c2')];
    const rules = ['+ziekenhuis > linde [instance Condition/c1]'];
    const asked = says('Indeterminate', { resources: some });
    expect(answer(rules, asked).visible).toEqual({ http: 200, total: 1 });
  });
});

describe('research', () => {
  const study = (words = 'Condition/c1') =>
    asks('studie', 'ziekenhuis', { purpose: 'HRESCH', resources: [resource(words)] });
  it.each<Row>([
    ['needs a permit of its own', ['+ZKH > any'], study(), '-'],
    ['has it', ['+ZKH > RES {HRESCH}'], study(), 'c1'],
    ['has it for one study', ['+any > studie {HRESCH}'], study(), 'c1'],
    ['gives no ground for treatment', ['+ZKH > HA {HRESCH}'], asks('linde', 'ziekenhuis'), '-'],
    ['leaves labelled data', ['+ZKH > RES {HRESCH}'], study('Condition/c1 R HIV'), '-'],
    [
      'has a label that is named',
      ['+ZKH > RES [label HIV] {HRESCH}'],
      study('Condition/c1 R HIV'),
      'c1',
    ],
  ])('%s', decide);

  it('is pseudonymous and not passed on', () => {
    const duties = ['AUDIT', 'NO-REDISCLOSURE', 'PSEUDONYMISE'];
    expect(answer(['+ZKH > RES {HRESCH}'], study()).obligations).toEqual(duties);
  });
});

describe('where nothing was chosen', () => {
  const ask = (words = 'Condition/c1', more: Partial<Asked> = {}) =>
    asks('oostarts', 'oosthuis', { resources: [resource(words)], ...more });
  it.each<Row>([
    ['an agreement may open', [], ask(), 'c1'],
    ['never what is labelled', [], ask('Condition/c1 R PSY'), '-'],
    ['never for research', [], { ...ask(), recipient: 'ooststudie', purpose: 'HRESCH' }, '-'],
    ['not beside a refusal', ['-ZKH > HA'], ask(), '-'],
    ['beside a refusal of something else', ['-ZKH > HA [type Flag]'], ask(), 'c1'],
    ['not beside a permit that a label keeps shut', ['+ZKH > HA'], ask('Condition/c1 R'), '-'],
  ])('%s', decide);
});

describe('where a care relation is asked for', () => {
  const relation = (more: object = {}) => ({
    id: 'k1',
    organisation: 'westarts',
    kind: 'admission' as const,
    from: '2026-03-01T00:00:00Z',
    evidence: 'Encounter/e1',
    source: 'westhuis',
    ...more,
  });
  it.each([
    ['it opens what was permitted', [relation()], 'c1'],
    ['without it nothing opens', [], '-'],
    ['that of another opens nothing', [relation({ organisation: 'linde' })], '-'],
    ['one that was taken back opens nothing', [relation({ withdrawn: true })], '-'],
  ])('%s', (_, relations, shows) => {
    expect(shown(['+ZKH > HA'], asks('westarts', 'westhuis'), {}, relations)).toBe(shows);
    expect(shown([], asks('westarts', 'westhuis'), {}, relations)).toBe('-');
  });

  it('hand-over does not need one', () => {
    const handOver = asks('westarts', 'westhuis', { purpose: 'COC', region: 'west' });
    expect(shown(['+ZKH > HA'], handOver)).toBe('c1');
  });

  it.each([
    ['a referral to who asks is one', '+westhuis > westarts within Task/t1 as implicit', 'c1'],
    ['one to another is none', '+westhuis > linde within Task/t1 as implicit', '-'],
    ['a permit is none', '+westhuis > westarts', '-'],
    ['an objection is none', '-westhuis > westarts [type Flag] as implicit', '-'],
  ])('%s', (_, given, shows) => {
    const asked = asks('westarts', 'westhuis', { referral: 'Task/t1' });
    expect(shown(['+ZKH > HA', given], asked)).toBe(shows);
  });

  it('it is not where only another region asks for it', () => {
    const there = asks('westarts', 'westhuis', { region: 'westerlijk' });
    expect(shown(['+ZKH > HA'], there)).toBe('c1');
  });
});
