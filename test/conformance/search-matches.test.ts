import { describe, expect, it } from 'vitest';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { matches } from '../../src/conformance/search-matches.ts';
import { cpuMs } from '../support/cpu-time.ts';
import { ask, BASE, found } from './search-ask.ts';

const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';

const pressure: Resource = {
  resourceType: 'Observation',
  id: 'pressure',
  meta: {
    lastUpdated: '2026-03-02T08:00:00Z',
    profile: ['http://example.org/p|2.0'],
    tag: [{ system: 'http://example.org/tags', code: 'a' }],
    source: 'http://example.org/source',
  },
  status: 'final',
  text: { div: '<div>Bloeddruk <b>zittend</b> gemeten</div>' },
  identifier: [
    { type: { coding: [{ system: 'http://t', code: 'F' }] }, system: 'http://i', value: '7' },
  ],
  category: [
    {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/observation-category',
          code: 'vital-signs',
        },
      ],
    },
  ],
  code: {
    text: 'Bloeddruk',
    coding: [{ system: LOINC, code: '85354-9', display: 'Blood pressure panel' }],
  },
  subject: { reference: 'Patient/p1', identifier: { system: 'http://i', value: 'p-one' } },
  encounter: { reference: `${BASE}/Encounter/e1/_history/3` },
  effectiveDateTime: '2026-03-01T10:00:00+01:00',
  component: [
    {
      code: { coding: [{ system: LOINC, code: '8480-6' }] },
      valueQuantity: { value: 140, unit: 'mmHg', system: UCUM, code: 'mm[Hg]' },
    },
    {
      code: { coding: [{ system: LOINC, code: '8462-4' }] },
      valueQuantity: { value: 90, unit: 'mmHg', system: UCUM, code: 'mm[Hg]' },
    },
  ],
};
const glucose: Resource = {
  resourceType: 'Observation',
  id: 'glucose',
  status: 'amended',
  code: { coding: [{ code: 'GLUC' }] },
  subject: { reference: 'Group/p1' },
  valueQuantity: { value: 5.4, comparator: '<', system: UCUM, code: 'mmol/L' },
};
const patient: Resource = {
  resourceType: 'Patient',
  id: 'p1',
  active: true,
  name: [{ family: 'Müller-de Vries', given: ['Zoë'], text: 'Zoë Müller' }],
  telecom: [
    { system: 'phone', value: '0612' },
    { system: 'email', value: 'z@example.org' },
  ],
  birthDate: '1980-05-01',
  generalPractitioner: [{ reference: 'Practitioner/d1' }],
  deceasedBoolean: false,
};
const doctor: Resource = { resourceType: 'Practitioner', id: 'd1', name: [{ family: 'Huisman' }] };
const encounter: Resource = {
  resourceType: 'Encounter',
  id: 'e1',
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference: 'Patient/p1' },
  length: { value: 30 },
};
const plan: Resource = {
  resourceType: 'CarePlan',
  id: 'plan',
  contained: [
    { resourceType: 'Goal', id: 'g', description: { text: 'x' }, lifecycleStatus: 'active' },
  ],
  goal: [{ reference: '#g' }],
  instantiatesUri: ['http://example.org/protocols/heart/1'],
};
const risk: Resource = {
  resourceType: 'RiskAssessment',
  id: 'risk',
  prediction: [{ probabilityDecimal: 0.25 }],
};
const WORLD = [pressure, glucose, patient, doctor, encounter, plan, risk];

describe('what a search finds', () => {
  const cases: [string, string[]][] = [
    // token
    ['Observation?code=http://loinc.org|85354-9', ['pressure']],
    ['Observation?code=85354-9,GLUC', ['pressure', 'glucose']],
    ['Observation?code=http://loinc.org|', ['pressure']],
    ['Observation?code=|GLUC', ['glucose']],
    ['Observation?code=|85354-9', []],
    ['Observation?code=85354-9&code=GLUC', []],
    ['Observation?code:not=85354-9', ['glucose']],
    ['Observation?category:not=laboratory', ['pressure', 'glucose']],
    ['Observation?code:text=blood', ['pressure']],
    ['Observation?code:text=bloeddruk', ['pressure']],
    ['Observation?identifier=http://i|7', ['pressure']],
    ['Observation?identifier:of-type=http://t|F|7', ['pressure']],
    ['Observation?identifier:of-type=http://t|G|7', []],
    ['Observation?status=http://hl7.org/fhir/observation-status|final', ['pressure']],
    ['Observation?status=http://example.org|final', []],
    [
      'Observation?status:in=http://hl7.org/fhir/ValueSet/observation-status',
      ['pressure', 'glucose'],
    ],
    ['Observation?status:not-in=http://hl7.org/fhir/ValueSet/observation-status|4.0.1', []],
    [
      'Observation?code:not-in=http://hl7.org/fhir/ValueSet/observation-status',
      ['pressure', 'glucose'],
    ],
    ['Patient?active=true', ['p1']],
    ['Patient?phone=0612', ['p1']],
    ['Patient?email=0612', []],
    ['Patient?deceased=false', ['p1']],
    ['Encounter?class=IMP', ['e1']],
    ['Observation?category:missing=true', ['glucose']],
    ['Observation?category:missing=false', ['pressure']],
    // reference
    ['Observation?subject=Patient/p1', ['pressure']],
    ['Observation?subject=p1', ['pressure', 'glucose']],
    ['Observation?subject:Patient=p1', ['pressure']],
    ['Observation?patient=p1', ['pressure']],
    [`Observation?subject=${BASE}/Patient/p1`, ['pressure']],
    ['Observation?subject=https://other.example/Patient/p1', []],
    ['Observation?encounter=Encounter/e1', ['pressure']],
    ['Observation?encounter=Encounter/e1/_history/3', ['pressure']],
    ['Observation?encounter=Encounter/e1/_history/4', []],
    ['Observation?subject:identifier=http://i|p-one', ['pressure']],
    ['Observation?subject:missing=false&subject:Patient.death-date:missing=true', ['pressure']],
    ['Observation?subject:Patient.gender:missing=false', []],
    ['Observation?subject:Patient.family:contains=VRIES', ['pressure']],
    ['Patient?_has:Observation:subject:status:not=amended', ['p1']],
    ['Patient?_has:Observation:subject:code:missing=true', []],
    ['Patient?_has:Observation:subject:encounter.class=IMP', ['p1']],
    [
      'Practitioner?_has:Patient:general-practitioner:_has:Observation:patient:code=85354-9',
      ['d1'],
    ],
    // date
    ['Observation?date=2026-03', ['pressure']],
    ['Observation?date=ge2026-03-01&date=le2026-03-01', ['pressure']],
    ['Observation?date=lt2026-03-01', []],
    ['Observation?date=ne2025,eb2020', ['pressure']],
    ['Patient?birthdate=1980-05-01', ['p1']],
    ['Observation?_lastUpdated=gt2026-03-01', ['pressure']],
    // quantity and number
    ['Observation?component-value-quantity=gt135|http://unitsofmeasure.org|mm[Hg]', ['pressure']],
    ['Observation?component-value-quantity=140||mmHg', ['pressure']],
    ['Observation?component-value-quantity=18.7|http://unitsofmeasure.org|kPa', ['pressure']],
    ['Observation?component-value-quantity=gt18.7|http://unitsofmeasure.org|kPa', []],
    ['Observation?component-value-quantity=18.7|http://unitsofmeasure.org|kg', []],
    ['Observation?component-value-quantity=1.4e2', ['pressure']],
    ['Observation?component-value-quantity=140|http://other|mm[Hg]', []],
    ['Observation?value-quantity=lt3', ['glucose']],
    ['Observation?value-quantity=gt5.4', []],
    ['Observation?component-value-quantity=ap130', ['pressure']],
    ['Encounter?length=ge30', ['e1']],
    ['RiskAssessment?probability=0.25', ['risk']],
    ['RiskAssessment?probability=0.3', ['risk']],
    ['RiskAssessment?probability=0.30', []],
    // string
    ['Patient?family=muller', ['p1']],
    ['Patient?family=vries', []],
    ['Patient?family:contains=VRIES', ['p1']],
    ['Patient?family:exact=Müller-de Vries', ['p1']],
    ['Patient?family:exact=müller-de vries', []],
    ['Patient?name=zoe', ['p1']],
    ['Observation?_text=zittend bloeddruk', ['pressure']],
    ['Observation?_content=panel', ['pressure']],
    // uri
    ['Observation?_profile=http://example.org/p', ['pressure']],
    ['Observation?_profile=http://example.org/p|1.0', []],
    ['Observation?_profile:below=http://example.org', ['pressure']],
    ['Observation?_profile:below=http://example.org/p', ['pressure']],
    ['Observation?_profile:above=http://example.org/p/q', ['pressure']],
    ['Observation?_profile:below=http://example.org/p|1.0', []],
    ['Observation?_profile:below=http://example.org/p/q', []],
    ['Observation?_source=http://example.org/source', ['pressure']],
    ['CarePlan?instantiates-uri:below=http://example.org/protocols', ['plan']],
    ['CarePlan?instantiates-uri:above=http://example.org/protocols/heart/1/a', ['plan']],
    ['CarePlan?instantiates-uri=http://example.org/protocols', []],
    // composite
    ['Observation?component-code-value-quantity=8480-6$gt135', ['pressure']],
    ['Observation?component-code-value-quantity=8462-4$gt135', []],
    ['Observation?combo-code-value-quantity=http://loinc.org|8462-4$90', ['pressure']],
    ['Observation?code-value-quantity=GLUC$lt4|http://unitsofmeasure.org|mmol/L', ['glucose']],
    // all resources
    ['Observation?_id=pressure,nothing', ['pressure']],
    ['Observation?_tag=http://example.org/tags|a', ['pressure']],
    ['Observation?_tag=b', []],
    // chains
    ['Observation?subject:Patient.family=mull', ['pressure']],
    ['Observation?subject.birthdate=1980', ['pressure']],
    ['Observation?patient.general-practitioner.name=huisman', ['pressure']],
    ['Observation?patient.general-practitioner.name=ander', []],
    ['Observation?encounter.class=IMP', ['pressure']],
    ['CarePlan?goal.lifecycle-status=active', ['plan']],
    // _has
    ['Patient?_has:Observation:patient:code=85354-9', ['p1']],
    ['Patient?_has:Observation:patient:code=GLUC', []],
    ['Practitioner?_has:Patient:general-practitioner:_has:Encounter:patient:class=IMP', ['d1']],
    ['Encounter?_has:Observation:encounter:patient.family=muller', ['e1']],
  ];
  it.each(cases)('%s', (search, expected) => expect(found(search, WORLD)).toEqual(expected));

  it('keeps commas, bars, dollars and backslashes that are escaped', () => {
    const odd = { resourceType: 'Patient', id: 'odd', name: [{ family: 'a,b|c$d\\e' }] };
    expect(found('Patient?family=a\\,b\\|c\\$d\\\\e', [odd])).toEqual(['odd']);
    const code = {
      resourceType: 'Observation',
      id: 'c',
      code: { coding: [{ system: 's', code: 'x|y' }] },
    };
    expect(found('Observation?code=s|x\\|y', [code])).toEqual(['c']);
  });

  it('takes letters with a stroke, and of two in one, for those they are written as', () => {
    const names = ['Łukasz', 'Sørensen', 'Đorđević', 'Weiß', 'Æbelø', 'Yıldız'];
    const people = names.map((family) => ({
      resourceType: 'Patient',
      id: family,
      name: [{ family }],
    }));
    const asked = ['lukasz', 'sorensen', 'dordevic', 'weiss', 'aebelo', 'yildiz'];
    expect(asked.map((name) => found(`Patient?family=${name}`, people)[0])).toEqual(names);
    expect(found('Patient?family=ŁUKASZ', people)).toEqual(['Łukasz']);
    expect(found('Patient?family:exact=Lukasz', people)).toEqual([]);
  });

  it('finds an address of e-mail whatever its capitals, and nothing else so', () => {
    const telecom = [
      { system: 'email', value: 'Zoe@Example.org' },
      { system: 'url', value: 'https://example.org/Zoe' },
    ];
    const zoe = { resourceType: 'Patient', id: 'zoe', telecom };
    expect(found('Patient?email=zoe@example.org', [zoe])).toEqual(['zoe']);
    expect(found('Patient?telecom=ZOE@EXAMPLE.ORG', [zoe])).toEqual(['zoe']);
    expect(found('Patient?telecom=https://example.org/zoe', [zoe])).toEqual([]);
  });

  it('finds a code whatever its capitals where its system does not tell them apart', () => {
    const coded = (id: string, system: string | undefined, code: string) => ({
      resourceType: 'Condition',
      id,
      identifier: [{ system: 'urn:own', value: code }],
      code: { coding: [{ ...(system === undefined ? {} : { system }), code }] },
    });
    const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
    const ICD = 'urn:oid:2.16.840.1.113883.6.3';
    const world = [
      coded('icd', ICD, 'I10'),
      coded('own', undefined, 'abc'),
      coded('icpc', 'http://hl7.org/fhir/sid/icpc-1-nl', 'K86'),
      coded('hl7', ACT, 'AMB'),
      coded('unit', 'http://unitsofmeasure.org', 'mL'),
    ];
    for (const asked of ['i10', 'I10', `${ICD}|i10`]) {
      expect(found(`Condition?code=${asked}`, world), asked).toEqual(['icd']);
      expect(found(`Condition?code:not=${asked}`, world), asked).not.toContain('icd');
    }
    expect(found('Condition?code=http://hl7.org/fhir/sid/icpc-1-nl|k86', world)).toEqual(['icpc']);
    expect(found(`Condition?code=amb,${ACT}|amb`, world)).toEqual([]);
    expect(found('Condition?code=ABC', world)).toEqual(['own']);
    expect(found('Condition?code=|ABC', world)).toEqual(['own']);
    expect(found('Condition?code=ml,ML', world)).toEqual([]);
    expect(found('Condition?code=mL', world)).toEqual(['unit']);
    expect(found('Condition?identifier=i10', world)).toEqual([]);
    expect(found('Condition?identifier=urn:own|I10', world)).toEqual(['icd']);
    // Tokens are hashed: a mixture of small letters and capitals is found as it stands only.
    const mixed = [coded('mixed', undefined, 'Ab1')];
    expect(found('Condition?code=aB1', mixed)).toEqual([]);
  });

  it('finds a number by its kind, and however it was written', () => {
    const telecom = [
      { system: 'phone', value: '06-123 456 78' },
      { system: 'url', value: 'a.b' },
    ];
    const people = [{ resourceType: 'Patient', id: 'p', telecom }];
    for (const asked of ['0612345678', 'phone|0612345678', 'phone|06-12345678', 'phone|']) {
      expect(found(`Patient?telecom=${asked}`, people), asked).toEqual(['p']);
    }
    for (const asked of ['fax|0612345678', 'email|', 'url|ab', '06123', '-', 'phone|-', '|x']) {
      expect(found(`Patient?telecom=${asked}`, people), asked).toEqual([]);
    }
    expect(found('Patient?phone=06 12345678', people)).toEqual(['p']);
  });

  it('does not take for dead of whom it is said that they live', () => {
    const said = [
      {},
      { deceasedBoolean: false },
      { deceasedBoolean: true },
      { deceasedDateTime: '2020' },
    ];
    const people = said.map((more, at) => ({ resourceType: 'Patient', id: `${at}`, ...more }));
    for (const version of [R4, STU3]) {
      expect(found('Patient?deceased=true', people, version)).toEqual(['2', '3']);
      expect(found('Patient?deceased=false', people, version)).toEqual(['0', '1']);
    }
  });

  it('goes no further than what it is shown', () => {
    const query = ask(R4, 'Observation?subject:Patient.family=mull');
    expect(matches(query, pressure, () => undefined)).toBe(false);
    expect(matches(ask(R4, 'Patient?_has:Observation:patient:code=GLUC'), patient)).toBe(false);
  });

  it('takes 300 resources in a few milliseconds', () => {
    const query = ask(R4, 'Observation?code=http://loinc.org|85354-9&date=ge2025&status=final');
    const many = Array.from({ length: 300 }, () => pressure);
    matches(query, pressure);
    const started = cpuMs();
    expect(many.filter((one) => matches(query, one))).toHaveLength(300);
    expect(cpuMs() - started).toBeLessThan(50);
  });
});
