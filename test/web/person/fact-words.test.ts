/** What a person reads of a fact: words, never the keys by which facts are compared. */
import { describe, expect, it } from 'vitest';
import { dateText } from '../../../src/web/moment-text.ts';
import { dayOfFact, factWords } from '../../../src/web/person/fact-words.ts';

const of = (resourceType: string, rest: object, language: 'nl' | 'en' = 'nl') =>
  factWords({ resourceType, ...rest }, language);
const mm = (value: number) => ({ value, unit: 'mm[Hg]', code: 'mm[Hg]' });

describe('what a source says of a fact', () => {
  it('is how much and how often, in its own words where it has them', () => {
    const timing = { repeat: { frequency: 3, period: 1, periodUnit: 'd' } };
    const doseAndRate = [{ doseQuantity: { value: 1.5, unit: 'stuk', code: '1' } }];
    const dispense = (more: object) =>
      of('MedicationDispense', { dosageInstruction: [{ timing, doseAndRate, ...more }] });
    expect(dispense({})).toEqual(['3 maal per dag 1,5 stuk']);
    expect(dispense({ text: 'zo nodig' })).toEqual(['zo nodig']);
    const weekly = { repeat: { frequency: 1, period: 2, periodUnit: 'wk' } };
    expect(of('MedicationStatement', { dosage: [{ timing: weekly }] }, 'en')).toEqual([
      '1 time per 2 weeks',
    ]);
    expect(of('MedicationStatement', { dosage: [{ timing: { repeat: {} } }] })).toEqual([]);
  });

  it('is a value with its unit, and of a panel each part by its name', () => {
    const reading = {
      status: 'final',
      component: [
        { code: { coding: [{ code: '8480-6', display: 'Systolisch' }] }, valueQuantity: mm(134) },
        { code: { text: 'Diastolisch' }, valueQuantity: mm(82) },
        { code: { text: 'Manchet' } },
      ],
    };
    expect(of('Observation', reading)).toEqual(['Systolisch: 134 mmHg, Diastolisch: 82 mmHg']);
    const low = { comparator: '<', value: 0.5, unit: 'umol/L' };
    expect(of('Observation', { valueQuantity: low })).toEqual(['<0,5 µmol/L']);
    expect(of('Observation', { valueQuantity: low }, 'en')).toEqual(['<0.5 µmol/L']);
    expect(of('Observation', { valueCodeableConcept: { text: 'Rookt niet' } })).toEqual([
      'Rookt niet',
    ]);
  });

  it('is whether it is over or not certain, and nothing where it simply holds', () => {
    const coded = (code: string) => ({ coding: [{ code }] });
    const problem = (clinical: string, verified: string) =>
      of('Condition', { clinicalStatus: coded(clinical), verificationStatus: coded(verified) });
    expect(problem('active', 'confirmed')).toEqual([]);
    expect(problem('resolved', 'unconfirmed')).toEqual(['voorbij', 'niet zeker']);
    expect(of('AllergyIntolerance', { criticality: 'high' }, 'en')).toEqual(['can be serious']);
    expect(of('Immunization', { status: 'not-done' })).toEqual(['niet gedaan']);
  });
});

it('knows when it was by whatever element says so', () => {
  const day = (rest: object) => dayOfFact({ resourceType: 'X', ...rest });
  expect(day({ effectivePeriod: { start: '2026-01-05T09:00:00+01:00' } })).toBe('2026-01-05');
  expect(day({ whenHandedOver: '2026-02-01', authoredOn: '2026-01-01' })).toBe('2026-02-01');
  expect(day({ onsetDateTime: '2020' })).toBe('2020');
  expect(day({})).toBeUndefined();
});

it('tells no day where only a year or month was recorded', () => {
  expect(dateText('2020', 'nl')).toBe('2020');
  expect(dateText('2020-03', 'nl')).toBe('maart 2020');
  expect(dateText('2020-03-29', 'en')).toBe('29 March 2020');
  expect(dateText('vorig jaar', 'nl')).toBe('vorig jaar');
});
