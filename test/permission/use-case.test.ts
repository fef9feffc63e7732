/** Which requests belong to a use case, and what must be known first: consent.md 5.2 step 0. */
import { describe, expect, it } from 'vitest';
import { allowsUseCase, type UseCaseGround } from '../../src/permission/index.ts';

const KNOWN: UseCaseGround = {
  supported: true,
  consent: true,
  patientId: 'p1',
  bsn: '999990019',
  grants: [],
  ura: '90001003',
};
const search = (type: string, ...params: [string, string][]) => ({
  interaction: 'search-type',
  type,
  params,
});
const bsn = (value = '999990019'): [string, string] => [
  'identifier',
  `http://fhir.nl/fhir/NamingSystem/bsn|${value}`,
];

describe('a use case', () => {
  it('has a search with all of its parameters, and the one that names the patient', () => {
    const listed: [string, string] = ['category', 'http://snomed.info/sct|16076005'];
    const include: [string, string] = ['_include', 'MedicationRequest:medication'];
    const patient: [string, string] = ['patient', 'Patient/p1'];
    const asks = (...params: [string, string][]) =>
      allowsUseCase('bgz', search('MedicationRequest', ...params), KNOWN);
    expect(asks(listed, include)).toBe(true);
    expect(asks(patient, listed, include)).toBe(true);
    expect(asks(include, patient, listed)).toBe(true);
    expect(asks(listed)).toBe(false);
    expect(asks(listed, include, patient, patient)).toBe(false);
    expect(asks(listed, include, patient, ['_revinclude', 'Provenance:target'])).toBe(false);
    expect(asks(['category', 'http://snomed.info/sct|1'], include, patient)).toBe(false);
  });

  it.each<[string, Partial<UseCaseGround>]>([
    ['without consent', { consent: false }],
    ['for an interaction that the gateway does not have', { supported: false }],
    ['without a patient', { patientId: '', bsn: '' }],
  ])('is closed %s', (_name, change) => {
    const ground = { ...KNOWN, ...change };
    expect(allowsUseCase('bgz', search('Condition'), KNOWN)).toBe(true);
    expect(allowsUseCase('bgz', search('Condition'), ground)).toBe(false);
  });

  it('about one patient cannot be turned to another', () => {
    expect(allowsUseCase('pzp', search('Patient', bsn()), KNOWN)).toBe(true);
    expect(allowsUseCase('pzp', search('Patient', bsn('999990020')), KNOWN)).toBe(false);
  });

  it('of a hand-over rests on its grant', () => {
    const read = { interaction: 'read', type: 'Condition', id: '1', params: [] };
    expect(allowsUseCase('eoverdracht-verzender', read, KNOWN)).toBe(false);
    const granted = { ...KNOWN, grants: ['eoverdracht'] };
    expect(allowsUseCase('eoverdracht-verzender', read, granted)).toBe(true);
    expect(allowsUseCase('eoverdracht-verzender', search('Condition'), granted)).toBe(false);
  });

  it('that nobody knows allows nothing', () => {
    for (const name of ['', 'toString', '__proto__', 'anders']) {
      expect(allowsUseCase(name, search('Condition'), KNOWN)).toBe(false);
    }
  });
});
