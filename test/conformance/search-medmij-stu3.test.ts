import { describe, expect, it } from 'vitest';
import { STU3 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { includeTargets } from '../../src/conformance/search-include.ts';
import { matches } from '../../src/conformance/search-matches.ts';
import { narrow } from '../../src/conformance/search-narrow.ts';
import { selfLink } from '../../src/conformance/search-self-link.ts';
import { ask, BASE } from './search-ask.ts';

const SCT = 'http://snomed.info/sct';
const LOINC = 'http://loinc.org';
const NHG45 = 'https://referentiemodel.nhg.org/tabellen/nhg-tabel-45-diagnostische-bepalingen';
const MGB = 'urn:oid:2.16.840.1.113883.2.4.3.11.60.20.77.5.3';
const ZIB = 'http://nictiz.nl/fhir/StructureDefinition/zib-';

const concept = (system: string, code: string) => ({ coding: [{ system, code }] });
const sct = (code: string) => concept(SCT, code);
const loinc = (code: string) => concept(LOINC, code);
const use = (start: string, end: string) => [
  { url: `${ZIB}Medication-PeriodOfUse`, valuePeriod: { start, end } },
];
const ref = (reference: string) => ({ reference });

/**
 * The search, the content of a resource that answers it, and one of the same type that does not.
 */
type Case = [search: string, hit: Record<string, unknown>, miss?: Record<string, unknown>];

const BGZ: Case[] = [
  ['Patient?_include=Patient:general-practitioner', {}],
  ['Coverage?_include=Coverage:payor:Patient&_include=Coverage:payor:Organization', {}],
  [
    `Consent?category=${SCT}|11291000146105`,
    { category: [sct('11291000146105')] },
    { category: [sct('11341000146107')] },
  ],
  [`Consent?category=${SCT}|11341000146107`, { category: [sct('11341000146107')] }, {}],
  [
    `Observation/$lastn?category=${SCT}|118228005,${SCT}|384821006`,
    { category: [sct('384821006')] },
    { category: [sct('275711006')] },
  ],
  ['Condition', {}],
  [
    `Observation/$lastn?code=${SCT}|365508006`,
    { code: sct('365508006') },
    { code: loinc('365508006') },
  ],
  [`Observation?code=${SCT}|228366006`, { code: sct('228366006') }, { code: sct('228273003') }],
  [`Observation?code=${SCT}|228273003`, { code: sct('228273003') }, {}],
  [`Observation?code=${SCT}|365980008`, { code: sct('365980008') }, {}],
  ['NutritionOrder', {}],
  ['Flag', {}],
  ['AllergyIntolerance', {}],
  [
    `MedicationStatement?category=${MGB}|6&_include=MedicationStatement:medication`,
    { category: concept(MGB, '6') },
    { category: concept(MGB, '5') },
  ],
  [
    `MedicationRequest?category=${SCT}|16076005&_include=MedicationRequest:medication`,
    { category: sct('16076005') },
    { category: sct('52711000146108') },
  ],
  [
    `MedicationDispense?category=${SCT}|422037009&_include=MedicationDispense:medication`,
    { category: sct('422037009') },
    { category: sct('373784005') },
  ],
  ['DeviceUseStatement?_include=DeviceUseStatement:device', {}],
  ['Immunization?status=completed', { status: 'completed' }, { status: 'entered-in-error' }],
  [
    `Observation/$lastn?code=${LOINC}|85354-9`,
    { code: loinc('85354-9') },
    { code: loinc('29463-7') },
  ],
  [`Observation/$lastn?code=${LOINC}|29463-7`, { code: loinc('29463-7') }, {}],
  [
    `Observation/$lastn?code=${LOINC}|8302-2,${LOINC}|8306-3,${LOINC}|8308-9`,
    { code: loinc('8308-9') },
    { code: loinc('8309-9') },
  ],
  [
    `Observation/$lastn?category=${SCT}|275711006&_include=Observation:related-target&_include=Observation:specimen`,
    { category: [sct('49581000146104'), sct('275711006')] },
    { category: [sct('49581000146104')] },
  ],
  [`Procedure?category=${SCT}|387713003`, { category: sct('387713003') }, {}],
  [
    'Encounter?class=http://hl7.org/fhir/v3/ActCode|IMP,http://hl7.org/fhir/v3/ActCode|ACUTE,http://hl7.org/fhir/v3/ActCode|NONAC',
    { class: { system: 'http://hl7.org/fhir/v3/ActCode', code: 'NONAC' } },
    { class: { system: 'http://hl7.org/fhir/v3/ActCode', code: 'AMB' } },
  ],
  ['ProcedureRequest?status=active', { status: 'active' }, { status: 'completed' }],
  ['ImmunizationRecommendation', {}],
  [
    'DeviceRequest?status=active&_include=DeviceRequest:device',
    { status: 'active' },
    { status: 'draft' },
  ],
  ['Appointment?status=booked,pending,proposed', { status: 'pending' }, { status: 'fulfilled' }],
];

const HUISARTS: Case[] = [
  ['EpisodeOfCare', {}],
  [
    `MedicationRequest?periodofuse=ge2026-03-10&category=${SCT}|16076005&_include=MedicationRequest:medication`,
    {
      category: sct('16076005'),
      extension: use('2026-03-01T00:00:00+01:00', '2026-03-10T23:59:59+01:00'),
    },
    {
      category: sct('16076005'),
      extension: use('2026-02-01T00:00:00+01:00', '2026-03-09T23:59:59+01:00'),
    },
  ],
  [
    'AllergyIntolerance?category=medication',
    { category: ['food', 'medication'] },
    { category: ['food'] },
  ],
  [
    `Observation?code=${NHG45}|&_include=Observation:related-target&_include=Observation:specimen&date=ge2025-01-10`,
    {
      code: {
        coding: [
          { system: LOINC, code: '1' },
          { system: NHG45, code: '2' },
        ],
      },
      effectiveDateTime: '2025-01-10T00:30:00+01:00',
    },
    { code: concept(NHG45, '2'), effectiveDateTime: '2025-01-09T23:30:00+01:00' },
  ],
  [`Composition?type=${LOINC}|67781-5`, { type: loinc('67781-5') }, { type: loinc('1') }],
  ['Encounter', {}],
];

const GGZ: Case[] = [
  [`Observation?category=${SCT}|118228005,${SCT}|384821006`, { category: [sct('118228005')] }, {}],
  [`Observation?code=${SCT}|365470003`, { code: sct('365470003') }, {}],
  [`Observation?code=${SCT}|314845004`, { code: sct('314845004') }, {}],
  [
    `CarePlan?category=${SCT}|243114000`,
    { category: [sct('243114000')] },
    { category: [sct('1')] },
  ],
  [
    'Observation?category=http://hl7.org/fhir/observation-category|survey',
    { category: [concept('http://hl7.org/fhir/observation-category', 'survey')] },
    { category: [concept('http://hl7.org/fhir/observation-category', 'laboratory')] },
  ],
  ['Procedure', {}],
  ['DiagnosticReport', {}],
  ['CareTeam?_include=CareTeam:participant', {}],
];

const OTHERS: Case[] = [
  // 61 long-term care
  [
    'CarePlan?_include=CarePlan:activity-goal:Goal&_include=CarePlan:activity-outcomereference:Observation&_include=CarePlan:activity-medicaldevice:DeviceUseStatement&_include:recurse=DeviceUseStatement:device:Device',
    {},
  ],
  // 51 documents
  ['DocumentReference?status=current', { status: 'current' }, { status: 'superseded' }],
  [
    'DocumentReference?indexed=ge2026-03-01&indexed=le2026-03-02&status=current',
    { status: 'current', indexed: '2026-03-02T23:30:00+01:00' },
    { status: 'current', indexed: '2026-03-02T23:30:00Z' },
  ],
  [
    'DocumentManifest?status=current&created=ge2026-03-01&created=le2026-03-02',
    { status: 'current', created: '2026-03-01' },
    { status: 'current', created: '2026-02-28' },
  ],
  // 47 appointments
  [
    'Appointment?date=ge2026-03-01&date=le2026-03-31',
    { start: '2026-03-31T22:30:00+02:00' },
    { start: '2026-03-31T22:30:00Z' },
  ],
  // 46 laboratory
  [`Observation?category=${SCT}|49581000146104`, { category: [sct('49581000146104')] }, {}],
  [
    `DiagnosticReport?category=${SCT}|1&date=ge2026&_include=DiagnosticReport:result`,
    { category: sct('1'), effectivePeriod: { start: '2025-12-01', end: '2026-01-02' } },
    { category: sct('1'), effectivePeriod: { start: '2025-12-01', end: '2025-12-31' } },
  ],
  // 31 medication
  [
    'MedicationRequest?identifier=urn:oid:1|MA1',
    { identifier: [{ system: 'urn:oid:1', value: 'MA1' }] },
    {},
  ],
  [
    'MedicationRequest?medicationtreatment=urn:oid:2|T1',
    {
      extension: [
        {
          url: `${ZIB}Medication-MedicationTreatment`,
          valueIdentifier: { system: 'urn:oid:2', value: 'T1' },
        },
      ],
    },
    {
      extension: [
        {
          url: `${ZIB}Medication-MedicationTreatment`,
          valueIdentifier: { system: 'urn:oid:2', value: 'T2' },
        },
      ],
    },
  ],
  [
    'MedicationRequest?medication.code=urn:oid:2.16.840.1.113883.2.4.4.10|123',
    { medicationReference: ref('Medication/m1') },
    { medicationReference: ref('Medication/m2') },
  ],
  [
    'MedicationRequest?periodofuse=ge2026-03-01&periodofuse=le2026-03-31',
    { extension: use('2026-03-31T00:00:00+02:00', '2026-04-30T23:59:59+02:00') },
    { extension: use('2026-04-01T00:00:00+02:00', '2026-04-30T23:59:59+02:00') },
  ],
  [
    'MedicationDispense?whenhandedover=ge2026-03-01',
    { whenHandedOver: '2026-03-01T09:00:00+01:00' },
    { whenPrepared: '2026-03-01T09:00:00+01:00' },
  ],
  [
    'MedicationDispense?whendispensed=ge2026-03-01',
    { whenPrepared: '2026-03-01T09:00:00+01:00' },
    { whenPrepared: '2026-03-01', whenHandedOver: '2026-02-01' },
  ],
  [
    `MedicationDispense?category=${SCT}|373784005,${SCT}|422037009&_include=MedicationDispense:medication&_include=MedicationDispense:patient&_include=MedicationDispense:performer`,
    { category: sct('373784005') },
    {},
  ],
  [
    'MedicationDispense?periodofuse=gt2026-01-01&periodofuse=lt2026-02-01',
    { extension: use('2026-01-10', '2026-01-20') },
    { extension: use('2026-02-10', '2026-02-20') },
  ],
  [
    'MedicationDispense?requestdate=ge2026-01-01&requestdate=le2026-01-31',
    {
      extension: [
        { url: `${ZIB}Dispense-RequestDate`, valueDateTime: '2026-01-31T12:00:00+01:00' },
      ],
    },
    {
      extension: [
        { url: `${ZIB}Dispense-RequestDate`, valueDateTime: '2026-02-01T00:00:00+01:00' },
      ],
    },
  ],
  // 65, 67 pregnancy card
  [
    `EpisodeOfCare?type=${SCT}|364320009&status=active&_include=EpisodeOfCare:organization&_include=EpisodeOfCare:care-manager`,
    { type: [sct('364320009')], status: 'active' },
    { type: [sct('364320009')], status: 'finished' },
  ],
  [
    'Condition?context=EpisodeOfCare/ep1',
    { context: ref('EpisodeOfCare/ep1') },
    { context: ref('EpisodeOfCare/ep2') },
  ],
  [
    'Procedure?context=EpisodeOfCare/ep1&_include=Procedure:performer&_include=Procedure:based-on',
    { context: ref('EpisodeOfCare/ep1') },
    { context: ref('Encounter/ep1') },
  ],
  [
    'Encounter?episodeofcare=ep1&_include=Encounter:practitioner',
    { episodeOfCare: [ref('EpisodeOfCare/ep1')] },
    {},
  ],
  [
    'Encounter?episodeofcare=EpisodeOfCare/ep1,EpisodeOfCare/ep3',
    { episodeOfCare: [ref('EpisodeOfCare/ep3')] },
    {},
  ],
  [
    'Observation?context=ep1',
    { context: ref('EpisodeOfCare/ep1') },
    { context: ref('EpisodeOfCare/ep2') },
  ],
  [
    'Observation?context:Encounter.episodeofcare=EpisodeOfCare/ep1',
    { context: ref('Encounter/en1') },
    { context: ref('EpisodeOfCare/ep1') },
  ],
  ['DiagnosticReport?context=EpisodeOfCare/ep1', { context: ref('EpisodeOfCare/ep1') }, {}],
  ['ReferralRequest?context=EpisodeOfCare/ep1', { context: ref('EpisodeOfCare/ep1') }, {}],
  ['CareTeam?context=EpisodeOfCare/ep1', { context: ref('EpisodeOfCare/ep1') }, {}],
  ['FamilyMemberHistory', {}],
  ['RelatedPerson', {}],
  // 52 measurements
  [
    `Observation?code=${LOINC}|8867-4,${LOINC}|8893-0&date=ge2026-03-01&date=le2026-03-01`,
    {
      code: loinc('8893-0'),
      effectivePeriod: { start: '2026-03-01T10:00:00+01:00', end: '2026-03-01T10:05:00+01:00' },
    },
    { code: loinc('8893-0'), effectiveDateTime: '2026-03-02T00:10:00+01:00' },
  ],
  [
    'Observation?category=vital-signs',
    { category: [concept('http://hl7.org/fhir/observation-category', 'vital-signs')] },
    {},
  ],
  // 59 questionnaires
  [
    `Task?code=${LOINC}|74468-0&status=requested`,
    { code: loinc('74468-0'), status: 'requested' },
    { code: loinc('74468-0'), status: 'completed' },
  ],
];

const OTHER_RESOURCES: Record<string, Resource> = {
  'Medication/m1': {
    resourceType: 'Medication',
    code: concept('urn:oid:2.16.840.1.113883.2.4.4.10', '123'),
  },
  'Medication/m2': {
    resourceType: 'Medication',
    code: concept('urn:oid:2.16.840.1.113883.2.4.4.10', '124'),
  },
  'Encounter/en1': { resourceType: 'Encounter', episodeOfCare: [ref('EpisodeOfCare/ep1')] },
};

describe.each([
  ['Basisgegevens Zorg (48)', BGZ],
  ['Huisartsgegevens (49)', HUISARTS],
  ['Basisgegevens GGZ (50)', GGZ],
  ['the other STU3 services', OTHERS],
])('%s', (_, cases) => {
  it.each(cases)('%s', (search, hit, miss) => {
    const query = ask(STU3, search);
    const resolve = (reference: string) => OTHER_RESOURCES[reference];
    const test = (content: object) =>
      matches(query, { ...content, resourceType: query.type }, resolve);
    expect(test(hit)).toBe(true);
    if (miss) expect(test(miss)).toBe(false);
    const link = decodeURIComponent(selfLink(BASE, query));
    expect(link).toBe(`${BASE}/${search}`);
    expect(narrow(query).types).toHaveLength(1);
  });
});

describe('the includes of the STU3 services', () => {
  const targets = (search: string, resource: Resource) =>
    includeTargets(ask(STU3, search), resource).map(({ reference }) => reference);

  it.each<[string, object, string[]]>([
    [
      'Patient?_include=Patient:general-practitioner',
      { generalPractitioner: [ref('Practitioner/1')] },
      ['Practitioner/1'],
    ],
    [
      'Coverage?_include=Coverage:payor:Patient',
      { payor: [ref('Patient/1'), ref('Organization/2')] },
      ['Patient/1'],
    ],
    [
      'Observation?_include=Observation:related-target&_include=Observation:specimen',
      {
        related: [{ type: 'has-member', target: ref('Observation/2') }],
        specimen: ref('Specimen/3'),
      },
      ['Observation/2', 'Specimen/3'],
    ],
    [
      'Encounter?_include=Encounter:practitioner',
      {
        participant: [
          { individual: ref('Practitioner/1') },
          { individual: ref('RelatedPerson/2') },
        ],
      },
      ['Practitioner/1'],
    ],
    [
      'CareTeam?_include=CareTeam:participant',
      { participant: [{ member: ref('Practitioner/1') }] },
      ['Practitioner/1'],
    ],
    [
      'CarePlan?_include=CarePlan:activity-goal:Goal&_include=CarePlan:activity-outcomereference:Observation&_include=CarePlan:activity-medicaldevice:DeviceUseStatement',
      {
        activity: [
          {
            outcomeReference: [ref('Observation/1'), ref('Condition/2')],
            detail: {
              goal: [ref('Goal/3')],
              extension: [
                {
                  url: 'http://nictiz.nl/fhir/StructureDefinition/extension-medicaldevice',
                  valueReference: ref('DeviceUseStatement/4'),
                },
              ],
            },
          },
        ],
      },
      ['Goal/3', 'Observation/1', 'DeviceUseStatement/4'],
    ],
    [
      'MedicationDispense?_include=MedicationDispense:medication',
      { medicationReference: ref(`${BASE}/Medication/1`) },
      ['Medication/1'],
    ],
    [
      'MedicationDispense?_include=MedicationDispense:medication',
      { medicationCodeableConcept: {} },
      [],
    ],
    [
      'MedicationDispense?_include=MedicationDispense:medication',
      { medicationReference: ref('#m') },
      [],
    ],
    [
      'EpisodeOfCare?_include=EpisodeOfCare:care-manager',
      { careManager: ref('Practitioner/1') },
      ['Practitioner/1'],
    ],
    ['Procedure?_include=Procedure:based-on', { basedOn: [ref('CarePlan/1')] }, ['CarePlan/1']],
  ])('%s', (search, content, expected) => {
    const [type = ''] = search.split('?');
    expect(targets(search, { ...content, resourceType: type })).toEqual(expected);
  });

  it('go on from what was included', () => {
    const query = ask(STU3, 'CarePlan?_include:recurse=DeviceUseStatement:device:Device');
    const included = { resourceType: 'DeviceUseStatement', device: ref('Device/1') };
    expect(includeTargets(query, included)).toEqual([
      { reference: 'Device/1', types: ['Device'], iterate: true },
    ]);
  });
});
