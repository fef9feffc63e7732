/** Emergencies: who, where, how, and what. consent.md 9. */
import { describe, expect, it } from 'vitest';
import { type Asked, answer, asks, resource, shown } from './case-words.ts';

const URGENT = {
  level: 'urgent',
  reasonCode: 'BEWUSTELOOS',
  reasonText: 'Niet aanspreekbaar na een val',
} as const;
const VITAL = { ...URGENT, level: 'vital', patientIncapable: true } as const;
const ALLERGY = resource('AllergyIntolerance/a1');

const inNeed = (more: Partial<Asked> = {}, recipient = 'post', holder = 'linde') =>
  asks(recipient, holder, {
    purpose: 'ETREAT',
    emergency: URGENT,
    resources: [ALLERGY],
    ...more,
  });
const vital = (...words: string[]) =>
  inNeed({ emergency: VITAL, resources: words.map((one) => resource(one)) });
const AT_ED = { department: 'SEH', role: '01.000' };

type Row = readonly [what: string, rules: readonly string[], asked: Asked, shows: string];
const decide = (_: string, rules: readonly string[], asked: Asked, shows: string) => {
  expect(shown(rules, asked)).toBe(shows);
};

describe('the emergency route', () => {
  it.each<Row>([
    ['is for an out-of-hours post', [], inNeed(), 'a1'],
    ['is for any department of it', [], inNeed({ department: 'HAP' }), 'a1'],
    ['does not wait for the register', [], inNeed({ otvAnswer: 'Indeterminate' }), 'a1'],
    ['is for an ambulance', [], inNeed({ role: '30.000' }, 'ambulance'), 'a1'],
    ['is for the emergency department', [], inNeed(AT_ED, 'ziekenhuis'), 'a1'],
    ['is for no other department', [], inNeed({ ...AT_ED, department: 'KNO' }, 'ziekenhuis'), '-'],
    ['is for no hospital at large', [], inNeed({ role: '01.000' }, 'ziekenhuis'), '-'],
    ['is for no practice', [], inNeed({}, 'linde', 'ziekenhuis'), '-'],
    ['is for no practice that says SEH', [], inNeed(AT_ED, 'linde', 'ziekenhuis'), '-'],
    ['is for no pharmacist', [], inNeed({ role: '17.000' }), '-'],
    ['is not without a role', [], inNeed({ role: '' }), '-'],
    ['is not for treatment', [], inNeed({ purpose: 'TREAT' }), '-'],
    [
      'is refused without words',
      [],
      inNeed({ emergency: { ...URGENT, reasonText: 'kort' } }),
      'reason-required',
    ],
    [
      'counts no blanks',
      [],
      inNeed({ emergency: { ...URGENT, reasonText: 'kort         ' } }),
      'reason-required',
    ],
    [
      'is refused without a code',
      [],
      inNeed({ emergency: { ...URGENT, reasonCode: ' ' } }),
      'reason-required',
    ],
    [
      'is refused when nothing is said',
      [],
      asks('post', 'linde', { purpose: 'ETREAT' }),
      'reason-required',
    ],
    [
      'asks for words whatever the purpose',
      [],
      inNeed({ purpose: 'TREAT', emergency: { level: 'urgent' } }),
      'reason-required',
    ],
    [
      'needs the annex of the region',
      [],
      inNeed({ ...AT_ED, region: 'midden' }, 'umc', 'umc'),
      '-',
    ],
    ['has it in the other', [], inNeed({ ...AT_ED, region: 'noord' }, 'umc', 'umc'), 'a1'],
    ['needs it of both when none is named', [], inNeed(AT_ED, 'umc', 'umc'), '-'],
    [
      'shows the subset',
      [],
      inNeed({ resources: [ALLERGY, resource('Observation/o1'), resource('Flag/f1')] }),
      'a1 f1',
    ],
  ])('%s', decide);
});

describe('urgent', () => {
  it.each<Row>([
    ['honours a refusal', ['-HA > HA'], inNeed(), '-'],
    ['honours one for treatment', ['-HA > HA {TREAT}'], inNeed(), '-'],
    ['is not held by one for research', ['-HA > HA {HRESCH}'], inNeed(), 'a1'],
    ['is not held by one to others', ['-HA > APO'], inNeed(), 'a1'],
    ['is not held by one that ended', ['-HA > HA is inactive'], inNeed(), 'a1'],
    ['is held by one about this type', ['-HA > HA [type AllergyIntolerance]'], inNeed(), '-'],
    ['is not held by one about another', ['-HA > HA [type Flag]'], inNeed(), 'a1'],
    ['is opened again by what is narrower', ['-HA > HA', '+linde > post'], inNeed(), 'a1'],
    ['leaves labelled data out', [], inNeed({ resources: [resource('Condition/c1 R HIV')] }), '-'],
    ['leaves R out', [], inNeed({ resources: [resource('Condition/c1 R')] }), '-'],
    ['shows what is N', [], inNeed({ resources: [resource('Condition/c1 N')] }), 'c1'],
    [
      'is what vital is for who can answer',
      ['-HA > HA'],
      inNeed({ emergency: { ...VITAL, patientIncapable: false } }),
      '-',
    ],
    [
      'is urgent, able to answer or not',
      ['-HA > HA'],
      inNeed({ emergency: { ...VITAL, level: 'urgent' } }),
      '-',
    ],
  ])('%s', decide);
});

describe('vital', () => {
  const asked = inNeed({ emergency: VITAL });
  it.each<Row>([
    ['overrides a refusal', ['-HA > HA'], asked, 'a1'],
    ['overrides one that names both', ['-linde > post'], asked, 'a1'],
    ['never one of emergencies', ['-HA > HA {ETREAT}'], asked, '-'],
    ['never one of emergencies among others', ['-HA > HA {TREAT,ETREAT}'], asked, '-'],
    ['overrides one of emergencies elsewhere', ['-ZKH > HA {ETREAT}'], asked, 'a1'],
    ['is not held by a permit for emergencies', ['+HA > HA {ETREAT}', '-HA > HA'], asked, 'a1'],
    ['shows labelled data', [], vital('Condition/c1 R HIV', 'Condition/c2 R'), 'c1 c2'],
    ['never V', [], vital('Condition/c1 V'), '-'],
    ['never violence', [], vital('Condition/c1 R VIO', 'Condition/c2 R SDV'), '-'],
    ['keeps to the subset', [], vital('Observation/o1'), '-'],
  ])('%s', decide);
});

describe('what it brings along', () => {
  const DUTIES = ['AUDIT', 'AUDIT-BTG', 'NOTIFY-PATIENT', 'REVIEW-FG', 'TTL-3600'];
  it('are notice, review and an end', () => {
    expect(answer([], inNeed()).obligations).toEqual(DUTIES);
    expect(answer([], inNeed({ emergency: VITAL })).obligations).toEqual(DUTIES);
  });

  it('is nothing where an ordinary permit covers it', () => {
    const decided = answer(['+HA > HA {ETREAT}'], inNeed());
    expect(decided).toMatchObject({ obligations: ['AUDIT'], basis: ['r1'] });
  });

  it('is there where the permit is for treatment only', () => {
    expect(answer(['+HA > HA {TREAT}'], inNeed()).obligations).toEqual(DUTIES);
  });

  it('is nothing where it was refused', () => {
    expect(answer(['-HA > HA'], inNeed()).obligations).toEqual(['AUDIT']);
  });
});
