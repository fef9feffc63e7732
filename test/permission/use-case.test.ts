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

  describe('has what its list says, to the last part', () => {
    const NOBODY: UseCaseGround = { supported: false, consent: false, grants: [] };
    const granted = { ...KNOWN, grants: ['eoverdracht'] };
    const post = { interaction: 'notify', method: 'POST', path: '', params: [] };
    const task = { interaction: 'update', type: 'Task', id: '1', method: 'PUT', params: [] };
    const document = {
      interaction: 'operation',
      type: 'Composition',
      operation: 'document',
      id: '1',
      params: [],
    };
    const medication = search('MedicationRequest', ['patient', 'Patient/p1']);
    const will = [
      ['patient', 'Patient/p1'],
      ['scope', 'http://terminology.hl7.org/CodeSystem/consentscope|treatment'],
      ['category', 'http://snomed.info/sct|129125009'],
    ] as [string, string][];
    type Asked = Parameters<typeof allowsUseCase>[1];
    it.each<readonly [string, string, Asked, UseCaseGround, boolean]>([
      ['a notice', 'eoverdracht-ontvanger', post, KNOWN, true],
      ['of one who says who it is', 'eoverdracht-ontvanger', post, { ...KNOWN, ura: '' }, false],
      ['sent', 'eoverdracht-ontvanger', { ...post, method: 'GET' }, KNOWN, false],
      ['to the base', 'eoverdracht-ontvanger', { ...post, path: '/Task' }, KNOWN, false],
      ['as a notice', 'eoverdracht-ontvanger', { ...post, interaction: 'create' }, KNOWN, false],
      ['a task', 'eoverdracht-verzender', task, granted, true],
      ['under its grant', 'eoverdracht-verzender', task, { ...KNOWN, grants: ['bgz'] }, false],
      ['that is put', 'eoverdracht-verzender', { ...task, method: 'PATCH' }, granted, false],
      ['by its id', 'eoverdracht-verzender', { ...task, id: '' }, granted, false],
      [
        'and no other type',
        'eoverdracht-verzender',
        { ...task, type: 'Condition' },
        granted,
        false,
      ],
      ['a document', 'eoverdracht-verzender', document, granted, true],
      ['by its id too', 'eoverdracht-verzender', { ...document, id: '' }, granted, false],
      [
        'and no other operation',
        'eoverdracht-verzender',
        { ...document, operation: 'x' },
        granted,
        false,
      ],
      ['the address book', 'adresboek', search('Organization', ['name', 'x']), KNOWN, true],
      [
        'to anybody here',
        'adresboek',
        search('Organization'),
        { ...NOBODY, supported: true },
        true,
      ],
      ['and nobody’s record', 'adresboek', search('Condition'), KNOWN, false],
      ['where it is supported', 'adresboek', search('Organization'), NOBODY, false],
      ['medication', 'medicatieoverdracht', medication, KNOWN, true],
      ['to read', 'medicatieoverdracht', { ...medication, interaction: 'read' }, KNOWN, false],
      [
        'by number',
        'medicatieoverdracht',
        search('MedicationRequest', ['patient:Patient.identifier', 'x']),
        KNOWN,
        true,
      ],
      [
        'by number as well',
        'medicatieoverdracht',
        search('MedicationRequest', ['subject.identifier', 'x']),
        KNOWN,
        true,
      ],
      [
        'by no other way',
        'medicatieoverdracht',
        search('MedicationRequest', ['patient.name', 'x']),
        KNOWN,
        false,
      ],
      [
        'without a condition',
        'medicatieoverdracht',
        search('MedicationRequest', ['patient', 'x'], ['status', 'active']),
        KNOWN,
        false,
      ],
      [
        'in pages',
        'medicatieoverdracht',
        search('MedicationRequest', ['patient', 'x'], ['_count', '5'], ['_format', 'json']),
        KNOWN,
        true,
      ],
      ['the will', 'pzp', search('Consent', ...will), KNOWN, true],
      ['of this patient', 'pzp', search('Consent', ...will), { ...KNOWN, patientId: 'p2' }, false],
      ['by id', 'pzp', search('Consent', ...will), { ...KNOWN, patientId: '' }, false],
      ['with all of it', 'pzp', search('Consent', ...will.slice(0, 2)), KNOWN, false],
      ['and no more', 'pzp', search('Consent', ...will, ['status', 'active']), KNOWN, false],
      ['each once', 'pzp', search('Consent', ...will, ['scope', 'x']), KNOWN, false],
      ['the person by number', 'pzp', search('Patient', bsn()), { ...KNOWN, patientId: '' }, true],
      ['that is known', 'pzp', search('Patient', bsn('')), { ...KNOWN, bsn: '' }, false],
      [
        'a search of the summary',
        'bgz',
        search('Condition', ['patient:Patient.identifier', 'x']),
        KNOWN,
        false,
      ],
      ['named as it says', 'bgz', search('Condition', ['patient.identifier', 'x']), KNOWN, true],
    ])('%s', (_, name, asked, ground, expected) => {
      expect(allowsUseCase(name, asked, ground)).toBe(expected);
    });
  });

  it('that nobody knows allows nothing', () => {
    for (const name of ['', 'toString', '__proto__', 'anders']) {
      expect(allowsUseCase(name, search('Condition'), KNOWN)).toBe(false);
    }
  });
});
