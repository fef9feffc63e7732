import { describe, expect, it } from 'vitest';
import { R4 } from '../../src/conformance/fhir-version.ts';
import { includeTargets } from '../../src/conformance/search-include.ts';
import { indexTokens } from '../../src/conformance/search-index.ts';
import { matches } from '../../src/conformance/search-matches.ts';
import { narrow } from '../../src/conformance/search-narrow.ts';
import { selfLink } from '../../src/conformance/search-self-link.ts';
import { ask, BASE } from './search-ask.ts';

const SCT = 'http://snomed.info/sct';
const EXT = 'http://nictiz.nl/fhir/StructureDefinition/ext-';
const ROLE =
  '&_include:iterate=PractitionerRole:organization&_include:iterate=PractitionerRole:practitioner&_include:iterate=PractitionerRole:location';

const sct = (code: string) => ({ coding: [{ system: SCT, code }] });
const ref = (reference: string) => ({ reference });
const period = (valuePeriod: object) => [{ url: `${EXT}TimeInterval.Period`, valuePeriod }];
const days = (value: number) => [
  {
    url: `${EXT}TimeInterval.Duration`,
    valueDuration: { value, unit: 'dag', system: 'http://unitsofmeasure.org', code: 'd' },
  },
];
const treatment = (value: string) => [
  {
    url: `${EXT}PharmaceuticalTreatment.Identifier`,
    valueIdentifier: { system: 'urn:oid:1', value },
  },
];

type Case = [search: string, hit: Record<string, unknown>, miss?: Record<string, unknown>];

const CASES: Case[] = [
  // 68: the seven blocks
  [
    `MedicationRequest?category=${SCT}|33633005&_include=MedicationRequest:medication&_include=MedicationRequest:reason&_include=MedicationRequest:next-practitioner&_include=MedicationRequest:requester${ROLE}`,
    { category: [sct('33633005')] },
    { category: [sct('52711000146108')] },
  ],
  [
    `MedicationRequest?category=${SCT}|52711000146108&_include=MedicationRequest:medication&_include=MedicationRequest:requester&_include=MedicationRequest:dispense-location${ROLE}`,
    { category: [sct('52711000146108')] },
    {},
  ],
  [
    `MedicationRequest?category=${SCT}|395067002&_include=MedicationRequest:medication&_include=MedicationRequest:subject`,
    { category: [sct('395067002')] },
    {},
  ],
  [
    `MedicationDispense?category=${SCT}|422037009&_include=MedicationDispense:medication&_include=MedicationDispense:performer${ROLE}`,
    { category: sct('422037009') },
    {},
  ],
  [
    `MedicationDispense?category=${SCT}|373784005&_include=MedicationDispense:medication&_include=MedicationDispense:performer&_include=MedicationDispense:destination${ROLE}`,
    { category: sct('373784005') },
    {},
  ],
  [
    `MedicationStatement?category=${SCT}|422979000&_include=MedicationStatement:medication&_include=MedicationStatement:author&_include=MedicationStatement:prescriber&_include=MedicationStatement:source${ROLE}`,
    { category: sct('422979000') },
    {},
  ],
  [
    `MedicationAdministration?category=${SCT}|18629005&_include=MedicationAdministration:medication&_include=MedicationAdministration:performer${ROLE}`,
    { category: sct('18629005') },
    {},
  ],
  // 68: filters
  [
    'MedicationRequest?identifier=urn:oid:1|A',
    { identifier: [{ system: 'urn:oid:1', value: 'A' }] },
    {},
  ],
  [
    'MedicationAdministration?pharmaceutical-treatment-identifier=urn:oid:1|B',
    { extension: treatment('B') },
    { extension: treatment('C') },
  ],
  [
    'MedicationDispense?whenhandedover=ge2026-03-01',
    { whenHandedOver: '2026-03-01' },
    { whenHandedOver: '2026-02-28' },
  ],
  [
    'MedicationAdministration?effective-time=lt2026-03-01',
    { effectiveDateTime: '2026-02-28T23:59:59+01:00' },
    { effectiveDateTime: '2026-03-01' },
  ],
  [
    'MedicationRequest?period-of-use=ge2026-03-08',
    { extension: period({ start: '2026-03-02T00:00:00+01:00', extension: days(7) }) },
    { extension: period({ start: '2026-03-01T00:00:00+01:00', extension: days(7) }) },
  ],
  [
    'MedicationDispense?period-of-use=le2026-03-01',
    { extension: period({ end: '2026-03-07T23:59:59+01:00', extension: days(7) }) },
    { extension: period({ end: '2026-03-10T23:59:59+01:00', extension: days(7) }) },
  ],
  [
    'MedicationStatement?period-of-use=ge2026-03-01&period-of-use=le2026-03-31',
    { effectivePeriod: { start: '2020-01-01' } },
    { effectivePeriod: { start: '2026-04-01' } },
  ],
  [
    'MedicationRequest?medication.code=123',
    { medicationReference: ref('Medication/m') },
    { medicationReference: ref('Medication/n') },
  ],
  // 63, 66
  ['Immunization', {}],
  [
    'Immunization?_include=Immunization:patient&_include=Immunization:performer&_include=Immunization:location',
    {},
  ],
  // 9000002
  [
    'DocumentReference?status=current&contenttype=application/pdf',
    { status: 'current', content: [{ attachment: { contentType: 'application/pdf' } }] },
    { status: 'current', content: [{ attachment: { contentType: 'application/dicom' } }] },
  ],
  // Pathologie
  [
    `DiagnosticReport?category=${SCT}|108257001&status=final&_include=DiagnosticReport:based-on&_include=DiagnosticReport:result&_include=DiagnosticReport:results-interpreter&_include=DiagnosticReport:specimen`,
    { category: [sct('108257001')], status: 'final' },
    { category: [sct('108257001')], status: 'preliminary' },
  ],
  // granular services
  ['Patient', {}],
  ['Goal', {}],
  [`Observation?code=${SCT}|413347006`, { code: sct('413347006') }, {}],
  ['Coverage', {}],
  ['Encounter', {}],
  [`Procedure?category=${SCT}|225362009`, { category: sct('225362009') }, { category: sct('1') }],
  // Aanbiedertaken
  [
    'Task?_tag=http://medmij.nl/fhir/CodeSystem/information-standard|providertasks&_include=Task:based-on&_include=Task:focus',
    {
      meta: {
        tag: [
          {
            system: 'http://medmij.nl/fhir/CodeSystem/information-standard',
            code: 'providertasks',
          },
        ],
      },
    },
    {},
  ],
  ['Flag?category=safety', { category: [{ coding: [{ code: 'safety' }] }] }, {}],
];

describe('the R4 services', () => {
  it.each(CASES)('%s', (search, hit, miss) => {
    const query = ask(R4, search);
    const test = (content: object) =>
      matches(query, { ...content, resourceType: query.type }, (reference) =>
        reference === 'Medication/m'
          ? { resourceType: 'Medication', code: { coding: [{ code: '123' }] } }
          : undefined,
      );
    expect(test(hit)).toBe(true);
    if (miss) expect(test(miss)).toBe(false);
    expect(decodeURIComponent(selfLink(BASE, query))).toBe(`${BASE}/${search}`);
    const { tokens } = indexTokens({ ...hit, resourceType: query.type });
    // One token of every group: a code is asked for in capitals and in small letters too.
    for (const group of narrow(query).tokens) {
      expect(
        group.some((token) => tokens.includes(token)),
        group.join(),
      ).toBe(true);
    }
  });
});

describe('the includes of the R4 services', () => {
  it.each<[string, object, string[]]>([
    ['MedicationRequest:reason', { reasonReference: [ref('Condition/1')] }, ['Condition/1']],
    [
      'MedicationRequest:next-practitioner',
      {
        extension: [
          {
            url: `${EXT}MedicationAgreement.NextPractitioner`,
            valueReference: ref('PractitionerRole/1'),
          },
        ],
      },
      ['PractitionerRole/1'],
    ],
    [
      'MedicationRequest:dispense-location',
      {
        dispenseRequest: {
          extension: [
            { url: `${EXT}DispenseRequest.DispenseLocation`, valueReference: ref('Location/1') },
          ],
        },
      },
      ['Location/1'],
    ],
    [
      'MedicationDispense:performer',
      { performer: [{ actor: ref('PractitionerRole/1') }] },
      ['PractitionerRole/1'],
    ],
    ['MedicationDispense:location', { location: ref('Location/1') }, ['Location/1']],
    [
      'MedicationStatement:author',
      { extension: [{ url: `${EXT}MedicationUse2.Author`, valueReference: ref('Patient/1') }] },
      ['Patient/1'],
    ],
    [
      'MedicationStatement:prescriber',
      {
        extension: [
          { url: `${EXT}MedicationUse2.Prescriber`, valueReference: ref('PractitionerRole/1') },
        ],
      },
      ['PractitionerRole/1'],
    ],
    ['MedicationStatement:source', { informationSource: ref('Patient/1') }, ['Patient/1']],
    [
      'DiagnosticReport:results-interpreter',
      { resultsInterpreter: [ref('PractitionerRole/1')] },
      ['PractitionerRole/1'],
    ],
    [
      'Immunization:performer',
      { performer: [{ actor: ref('Organization/1') }] },
      ['Organization/1'],
    ],
  ])('%s', (include, content, expected) => {
    const [type = ''] = include.split(':');
    const targets = includeTargets(ask(R4, `${type}?_include=${include}`), {
      ...content,
      resourceType: type,
    });
    expect(targets).toEqual(expected.map((reference) => ({ reference, iterate: false })));
  });

  it('reach the practitioner and organisation behind a role', () => {
    const query = ask(R4, `MedicationRequest?_include=MedicationRequest:requester${ROLE}`);
    const role = {
      resourceType: 'PractitionerRole',
      practitioner: ref('Practitioner/1'),
      organization: ref('Organization/2'),
    };
    expect(
      includeTargets(query, role).map(({ reference, iterate }) => [reference, iterate]),
    ).toEqual([
      ['Organization/2', true],
      ['Practitioner/1', true],
    ]);
  });
});
