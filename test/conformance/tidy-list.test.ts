/** One tidy list with provenance; contradictions stay apart (capabilities A8), plain words (A9). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layTermOf } from '../../src/conformance/lay-terms.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { substanceOf } from '../../src/conformance/tidy-facts.ts';
import { type Sourced, tidyList } from '../../src/conformance/tidy-list.ts';

const SCT = 'http://snomed.info/sct';
const ICPC = 'http://hl7.org/fhir/sid/icpc-1-nl';
const PRK = 'urn:oid:2.16.840.1.113883.2.4.4.10';

let number = 0;
const of = (custodian: string, resource: Omit<Resource, 'id'>): Sourced => {
  number += 1;
  return { custodian, resource: { ...resource, id: `r${number}` } as Resource };
};
const concept = (system: string, code: string, text: string) => ({
  coding: [{ system, code, display: text }],
  text,
});
const problem = (custodian: string, system: string, code: string, text: string, more = {}) =>
  of(custodian, { resourceType: 'Condition', code: concept(system, code, text), ...more });
const medicine = (custodian: string, text: string, dose: string, code = '') =>
  of(custodian, {
    resourceType: 'MedicationRequest',
    medicationCodeableConcept: code ? concept(PRK, code, text) : { text },
    dosageInstruction: [{ text: dose }],
  });
const result = (custodian: string, code: string, day: string, value: number) =>
  of(custodian, {
    resourceType: 'Observation',
    code: concept('http://loinc.org', code, 'Bepaling'),
    effectiveDateTime: `${day}T09:00:00+01:00`,
    valueQuantity: { value, code: 'mmol/L' },
  });
const vaccine = (custodian: string, code: string, day: string) =>
  of(custodian, {
    resourceType: 'Immunization',
    status: 'completed',
    vaccineCode: concept('http://www.whocc.no/atc', code, 'Vaccin'),
    occurrenceDateTime: day,
  });
const letter = (custodian: string, master: string, hash: string) =>
  of(custodian, {
    resourceType: 'DocumentReference',
    masterIdentifier: { value: master },
    content: [{ attachment: { hash } }],
  });

/** Pairs with what somebody who knows the record would say. */
const PAIRS: readonly (readonly [name: string, a: Sourced, b: Sourced, same: boolean])[] = [
  [
    'a code at two sources',
    problem('ha', SCT, '38341003', 'Hypertensie'),
    problem('zkh', SCT, '38341003', 'Hoge bloeddruk'),
    true,
  ],
  [
    'ICPC and SNOMED of one meaning',
    problem('ha', ICPC, 'K77', 'Decompensatio cordis'),
    problem('zkh', SCT, '84114007', 'Hartfalen'),
    true,
  ],
  [
    'the same words without a shared code',
    problem('ha', ICPC, 'S87.01', 'Handeczeem'),
    problem('zkh', SCT, '1', 'Handeczeem'),
    true,
  ],
  [
    'two problems',
    problem('ha', ICPC, 'R95', 'COPD'),
    problem('zkh', SCT, '195967001', 'Astma'),
    false,
  ],
  [
    'diabetes type 1 and 2',
    problem('ha', ICPC, 'T90.01', 'Diabetes mellitus type 1'),
    problem('zkh', SCT, '44054006', 'Diabetes mellitus type 2'),
    false,
  ],
  [
    'two episodes at one source',
    problem('ha', ICPC, 'R81', 'Pneumonie', { onsetDateTime: '2020-01-01' }),
    problem('ha', ICPC, 'R81', 'Pneumonie', { onsetDateTime: '2024-01-01' }),
    false,
  ],
  [
    'one medicine, other products',
    medicine('ha', 'METOPROLOL TABLET MGA 50MG', '1x per dag', '1'),
    medicine('apo', 'METOPROLOL TABLET 50MG', '1x per dag', '2'),
    true,
  ],
  [
    'one medicine, other doses',
    medicine('ha', 'FUROSEMIDE TABLET 40MG', '1x per dag'),
    medicine('zkh', 'FUROSEMIDE TABLET 40MG', '2x per dag'),
    true,
  ],
  [
    'two insulins',
    medicine('ha', 'INSULINE ASPART INJVLST', '3x'),
    medicine('zkh', 'INSULINE GLARGINE INJVLST', '1x'),
    false,
  ],
  [
    'a combination and its part',
    medicine('ha', 'AMOXICILLINE/CLAVULAANZUUR TABLET', '3x'),
    medicine('zkh', 'AMOXICILLINE CAPSULE 500MG', '3x'),
    false,
  ],
  [
    'a result sent twice',
    result('lab', '718-7', '2026-01-05', 8.1),
    result('zkh', '718-7', '2026-01-05', 8.1),
    true,
  ],
  [
    'a result of another day',
    result('lab', '718-7', '2026-01-05', 8.1),
    result('zkh', '718-7', '2026-02-05', 8.1),
    false,
  ],
  [
    'another test',
    result('lab', '718-7', '2026-01-05', 8.1),
    result('zkh', '2823-3', '2026-01-05', 4.1),
    false,
  ],
  [
    'a vaccination at two places',
    vaccine('jgz', 'J07BD52', '2020-03-01'),
    vaccine('ha', 'J07BD52', '2020-03-01'),
    true,
  ],
  [
    'the second of a series',
    vaccine('jgz', 'J07BD52', '2020-03-01'),
    vaccine('ha', 'J07BD52', '2028-03-01'),
    false,
  ],
  ['a letter and its copy', letter('zkh', 'urn:1', 'abc'), letter('ha', 'urn:2', 'abc'), true],
  ['two letters', letter('zkh', 'urn:1', 'abc'), letter('ha', 'urn:2', 'def'), false],
];

describe('the tidy list', () => {
  it.each(PAIRS)('%s: together %s', (_name, a, b, same) => {
    expect(tidyList([a, b]).length === 1).toBe(same);
  });

  it('is right for at least 98 % of what it puts together, and finds 90 %', () => {
    const told = PAIRS.map(([, a, b, same]) => ({ same, found: tidyList([a, b]).length === 1 }));
    const found = told.filter((one) => one.found);
    const right = found.filter((one) => one.same).length;
    expect(right / found.length).toBeGreaterThanOrEqual(0.98);
    expect(right / told.filter((one) => one.same).length).toBeGreaterThanOrEqual(0.9);
  });

  it('keeps two doses as two rows, flagged', () => {
    const [group] = tidyList([
      medicine('ha', 'FUROSEMIDE TABLET 40MG', '1x per dag'),
      medicine('zkh', 'FUROSEMIDE TABLET 80MG', '1x per dag'),
    ]);
    expect(group?.rows).toHaveLength(2);
    expect(group?.conflicts).toEqual(['strength']);
    const same = [
      medicine('ha', 'METOPROLOL TABLET 50MG', '1x'),
      medicine('apo', 'METOPROLOL TABLET 50MG', '1x'),
    ];
    expect(tidyList(same)[0]?.conflicts).toEqual([]);
  });

  it('says why, and what contradicts: the same problem that is over for one source', () => {
    const status = (code: string) => ({ clinicalStatus: { coding: [{ code }] } });
    const [group] = tidyList([
      problem('ha', ICPC, 'K77', 'Hartfalen', status('active')),
      problem('zkh', SCT, '84114007', 'Hartfalen', status('resolved')),
    ]);
    expect(group).toMatchObject({ because: 'same-meaning', conflicts: ['clinicalStatus'] });
  });

  it('loses no row and invents none, whatever the order', () => {
    const pool = PAIRS.flatMap(([, a, b]) => [a, b]);
    fc.assert(
      fc.property(fc.shuffledSubarray(pool), (some) => {
        const rows = tidyList(some).flatMap((group) =>
          group.rows.map(({ resource }) => resource.id),
        );
        expect(rows.toSorted()).toEqual(some.map(({ resource }) => resource.id).toSorted());
        const sizes = (list: readonly Sourced[]) =>
          tidyList(list)
            .map((group) =>
              group.rows
                .map(({ resource }) => resource.id)
                .toSorted()
                .join(),
            )
            .toSorted();
        expect(sizes([...some].reverse())).toEqual(sizes(some));
      }),
    );
  });
});

describe('plain words', () => {
  it('stand beside the code, and an unknown one has none', () => {
    expect(layTermOf([`${ICPC}|K86`])?.nl.term).toBe('hoge bloeddruk');
    expect(layTermOf([`${SCT}|38341003`])?.en.term).toBe('high blood pressure');
    expect(layTermOf(['urn:eigen|X1'])).toBeUndefined();
  });

  it('cover nine in ten of the codes of the demo region', () => {
    const codes = [
      ...'13645005 84114007 44054006 77386006 5913000 24079001 37796009 35489007 38341003 55822004 195967001 279039007'
        .split(' ')
        .map((code) => `${SCT}|${code}`),
      ...'R95 K77 T90.02 W78 L75.01 S87 N89 P76 K86 T93 R96 L03'
        .split(' ')
        .map((code) => `${ICPC}|${code}`),
      ...'718-7 14749-6 14682-9 2823-3 2951-2 59261-8 14647-2 1742-6 3016-3 1988-5'
        .split(' ')
        .map((code) => `http://loinc.org|${code}`),
    ];
    const known = codes.filter((code) => layTermOf([code]));
    expect(known.length / codes.length).toBeGreaterThanOrEqual(0.9);
  });

  it.each([
    ['METOPROLOL TABLET MGA 50MG', 'metoprolol'],
    ['Amoxicilline/clavulaanzuur tablet 500/125mg', 'amoxicilline+clavulaanzuur'],
    ['SALBUTAMOL AEROSOL 100UG/DO', 'salbutamol'],
    ['tablet', undefined],
  ])('the substance of %s', (title, substance) => expect(substanceOf(title)).toBe(substance));
});
