/**
 * What servers that others rely on are tested for in search: the questions of their test suites
 * (dates, text, codes, numbers, quantities, references, chains, includes, sorting), asked in our
 * own words about records of our own. Every `case` is one record and what is asked of it.
 */
import type { Json } from '../../support/people.ts';

export interface SearchCase {
  readonly about: string;
  readonly type: string;
  /** By key; `Patient/P` stands for the person of the record, `Type/key` for another of them. */
  readonly resources: Readonly<Record<string, Json>>;
  /** A query after `?patient=…&`, `{key}` for an id, and the keys found; in order if it sorts. */
  readonly asked: readonly (readonly [string, readonly string[]])[];
}

const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const UCUM = 'http://unitsofmeasure.org';

const code = (value: string, system = LOINC, more: Json = {}): Json => ({
  coding: [{ system, code: value }],
  ...more,
});

const INTERPRETATION = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';

const coding = (value: string, system: string): Json => ({ system, code: value });

const observation = (more: Json = {}): Json => ({
  resourceType: 'Observation',
  status: 'final',
  code: code('29463-7'),
  subject: { reference: 'Patient/P' },
  ...more,
});

const at = (effectiveDateTime: string): Json => observation({ effectiveDateTime });

const measured = (value: number, unit: string, more: Json = {}): Json =>
  observation({ valueQuantity: { value, unit, system: UCUM, code: unit }, ...more });

const condition = (more: Json): Json => ({
  resourceType: 'Condition',
  clinicalStatus: code('active', 'http://terminology.hl7.org/CodeSystem/condition-clinical'),
  code: code('44054006', SNOMED),
  subject: { reference: 'Patient/P' },
  ...more,
});

const RELATION = 'http://hl7.org/fhir/document-relationship-type';

const document = (more: Json): Json => ({
  resourceType: 'DocumentReference',
  status: 'current',
  subject: { reference: 'Patient/P' },
  content: [{ attachment: { contentType: 'text/plain', url: 'http://example.org/brief' } }],
  ...more,
});

const systolic = (value: number): Json => ({
  code: code('8480-6'),
  valueQuantity: { value, unit: 'mmHg', system: UCUM, code: 'mm[Hg]' },
});
const diastolic = (value: number): Json => ({
  code: code('8462-4'),
  valueQuantity: { value, unit: 'mmHg', system: UCUM, code: 'mm[Hg]' },
});

export const CASES: readonly SearchCase[] = [
  {
    about: 'a date of every precision',
    type: 'Observation',
    resources: {
      dec: at('1979-12-31'),
      year: at('1980'),
      month: at('1980-05'),
      day: at('1980-05-11'),
      second: at('1980-05-11T16:32:15Z'),
      half: at('1980-05-11T16:32:15.500Z'),
      later: at('1980-05-11T16:32:16Z'),
      jan: at('1981-01-01'),
    },
    asked: [
      ['date=1980', ['year', 'month', 'day', 'second', 'half', 'later']],
      ['date=1980-01', []],
      ['date=1980-05', ['month', 'day', 'second', 'half', 'later']],
      ['date=1980-05-10', []],
      ['date=1980-05-11', ['day', 'second', 'half', 'later']],
      ['date=1980-05-11T16:32:15Z', ['second', 'half']],
      ['date=1980-05-11T16:32:15.500Z', ['half']],
      ['date=1980-05-11T16:32:15.501Z', []],
      ['date=1980-05-11T18:32:15%2B02:00', ['second', 'half']],
      ['date=ne1980', ['dec', 'jan']],
      ['date=ne1980-05', ['dec', 'year', 'jan']],
      ['date=lt1980', ['dec']],
      ['date=lt1980-05', ['dec', 'year']],
      ['date=le1980-05-11T16:32:15Z', ['dec', 'year', 'month', 'day', 'second', 'half']],
      ['date=gt1980', ['jan']],
      ['date=ge1981', ['jan']],
      ['date=gt1980-05-11T16:32:15Z', ['year', 'month', 'day', 'later', 'jan']],
      ['date=sa1980-05-11T16:32:15Z', ['later', 'jan']],
      ['date=eb1980-05-11T16:32:15Z', ['dec']],
      ['date=sa1980-05', ['jan']],
      ['date=eb1980-05', ['dec']],
      ['date=ge1980-05&date=lt1980-06', ['year', 'month', 'day', 'second', 'half', 'later']],
      ['date=1979-12-31,1981-01-01', ['dec', 'jan']],
    ],
  },
  {
    about: 'a date that is about then: a tenth of how long ago it is',
    type: 'Observation',
    resources: {
      before: at('1970-01-01'),
      about: at('1980-01-01'),
      soon: at('1983-06'),
      later: at('1999-01-01'),
    },
    asked: [
      ['date=ap1980-01-01', ['about', 'soon']],
      ['date=ap1980', ['about', 'soon']],
      ['date=1980-01-01', ['about']],
    ],
  },
  {
    about: 'a period, open or closed',
    type: 'Observation',
    resources: {
      both: observation({ effectivePeriod: { start: '2024-03-01', end: '2024-03-10' } }),
      open: observation({ effectivePeriod: { start: '2024-03-05' } }),
      until: observation({ effectivePeriod: { end: '2024-02-01' } }),
      none: observation({}),
    },
    asked: [
      ['date=2024-03', ['both']],
      ['date=2024-03-05', []],
      ['date=gt2024-03-09', ['both', 'open']],
      ['date=lt2024-01-01', ['until']],
      ['date=lt2024-03-02', ['both', 'until']],
      ['date=sa2024-02-15', ['both', 'open']],
      ['date=eb2024-02-15', ['until']],
      ['date=eb2024-04-01', ['both', 'until']],
      ['date:missing=true', ['none']],
      ['date:missing=false', ['both', 'open', 'until']],
    ],
  },
  {
    about: 'codes, with and without a system',
    type: 'Observation',
    resources: {
      plain: observation({ code: { coding: [{ code: 'code1' }], text: 'Lengte staand' } }),
      one: observation({ code: code('code1', 'system1') }),
      two: observation({ code: code('code2', 'system1') }),
      other: observation({ code: code('code1', 'system2') }),
      many: observation({
        code: {
          coding: [
            { system: 'system1', code: 'code1', display: 'Lengte liggend' },
            { system: 'system2', code: 'code2' },
          ],
        },
      }),
    },
    asked: [
      ['code=code1', ['plain', 'one', 'other', 'many']],
      ['code=system1|code1', ['one', 'many']],
      ['code=system1|', ['one', 'two', 'many']],
      ['code=|code1', ['plain']],
      ['code=code2', ['two', 'many']],
      ['code=system1|code2', ['two']],
      ['code=system3|code1', []],
      ['code=system1|code1,system2|code1', ['one', 'other', 'many']],
      ['code=code1&code=code2', ['many']],
      ['code:not=system1|code1', ['plain', 'two', 'other']],
      ['code:not=code1', ['two']],
      ['code:not=code1,code2', []],
      ['code:text=lengte', ['plain', 'many']],
      ['code:text=Lengte%20l', ['many']],
      ['code:missing=true', []],
      ['code=CODE1', ['many', 'one', 'other', 'plain']],
    ],
  },
  {
    about: 'true and false, a status, and an identifier',
    type: 'Condition',
    resources: {
      a: condition({ identifier: [{ system: 'urn:a', value: 'één' }, { value: 'x' }] }),
      b: condition({
        clinicalStatus: code(
          'resolved',
          'http://terminology.hl7.org/CodeSystem/condition-clinical',
        ),
        identifier: [{ system: 'urn:b', value: 'x' }],
        onsetAge: { value: 40, unit: 'jaar', system: UCUM, code: 'a' },
      }),
      c: condition({ onsetAge: { value: 24, unit: 'maand', system: UCUM, code: 'mo' } }),
    },
    asked: [
      ['clinical-status=active', ['a', 'c']],
      ['clinical-status:not=active', ['b']],
      ['identifier=x', ['a', 'b']],
      ['identifier=urn:b|x', ['b']],
      ['identifier=|x', ['a']],
      ['identifier=urn:a|', ['a']],
      ['identifier=urn:a|%C3%A9%C3%A9n', ['a']],
      ['identifier:missing=true', ['c']],
      ['onset-age=40', ['b']],
      ['onset-age=gt30|http://unitsofmeasure.org|a', ['b']],
      ['onset-age=2|http://unitsofmeasure.org|a', ['c']],
    ],
  },
  {
    about: 'a quantity, by its digits and its unit',
    type: 'Observation',
    resources: {
      small: measured(0.002, 'mg'),
      two: measured(2, 'ug'),
      five: measured(5, 'mg'),
      more: measured(5.25, 'mg'),
      kilo: measured(70, 'kg'),
      bare: observation({ valueQuantity: { value: 5 } }),
      words: observation({ valueString: 'vijf' }),
    },
    asked: [
      ['value-quantity=5', ['five', 'more', 'bare']],
      ['value-quantity=5.0', ['five', 'bare']],
      ['value-quantity=5.25', ['more']],
      ['value-quantity=5e0', ['five', 'bare']],
      ['value-quantity=7e1||kg', ['kilo']],
      ['value-quantity=5|http://unitsofmeasure.org|mg', ['five', 'more']],
      ['value-quantity=5||mg', ['five', 'more']],
      ['value-quantity=0.002||mg', ['small']],
      ['value-quantity=2e-3||mg', ['small']],
      ['value-quantity=2e-3|http://unitsofmeasure.org|mg', ['small', 'two']],
      ['value-quantity=2|http://unitsofmeasure.org|ug', ['small', 'two']],
      ['value-quantity=gt5||mg', ['more']],
      ['value-quantity=ge5||mg', ['five', 'more']],
      ['value-quantity=lt5', ['small', 'two']],
      ['value-quantity=le5||mg', ['small', 'five']],
      ['value-quantity=ne5||mg', ['small']],
      ['value-quantity=sa5.2||mg', ['more']],
      ['value-quantity=eb5||mg', ['small']],
      ['value-quantity=ap5||mg', ['five', 'more']],
      ['value-quantity=70000|http://unitsofmeasure.org|g', ['kilo']],
      ['value-quantity=5||kg', []],
      ['value-quantity:missing=true', ['words']],
      ['value-string=VIJ', ['words']],
      ['value-string:exact=vijf', ['words']],
      ['value-string:exact=Vijf', []],
      ['value-string:contains=ij', ['words']],
    ],
  },
  {
    about: 'two values that belong together',
    type: 'Observation',
    resources: {
      high: observation({ code: code('85354-9'), component: [systolic(150), diastolic(80)] }),
      low: observation({ code: code('85354-9'), component: [systolic(80), diastolic(150)] }),
      single: observation({ ...systolic(150), subject: { reference: 'Patient/P' } }),
      moment: observation({ code: code('8480-6'), valueDateTime: '2024-03-05' }),
    },
    asked: [
      ['code-value-date=8480-6$2024-03', ['moment']],
      ['code-value-date=8480-6$gt2024-04', []],
      [`component-code-value-quantity=${LOINC}|8480-6$gt120`, ['high']],
      ['component-code-value-quantity=8462-4$150', ['low']],
      ['component-code-value-quantity=8462-4$150,8480-6$150', ['high', 'low']],
      [`combo-code-value-quantity=${LOINC}|8480-6$gt120`, ['high', 'single']],
      [`code-value-quantity=${LOINC}|8480-6$150`, ['single']],
      ['code-value-quantity=8480-6$lt150', []],
      ['component-code=8480-6&component-value-quantity=lt100', ['high', 'low']],
      ['combo-code=8480-6', ['high', 'low', 'single', 'moment']],
    ],
  },
  {
    about: 'references, chains and what refers back',
    type: 'Observation',
    resources: {
      visit: {
        resourceType: 'Encounter',
        status: 'finished',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
        type: [code('11429006', SNOMED)],
        subject: { reference: 'Patient/P' },
        period: { start: '2024-05-01', end: '2024-05-01' },
        reasonReference: [{ reference: 'Condition/diabetes' }],
      },
      diabetes: condition({ code: code('44054006', SNOMED) }),
      in: observation({
        encounter: { reference: 'Encounter/visit' },
        performer: [{ identifier: { system: 'urn:agb', value: '01' }, display: 'Dr. Bos' }],
      }),
      out: observation({}),
      panel: observation({
        code: code('24323-8'),
        hasMember: [{ reference: 'Observation/in' }, { reference: 'Observation/out' }],
      }),
      outer: observation({
        code: code('55399-0'),
        hasMember: [{ reference: 'Observation/panel' }],
      }),
    },
    asked: [
      ['encounter=Encounter/{visit}', ['in']],
      ['encounter={visit}', ['in']],
      ['encounter:Encounter={visit}', ['in']],
      ['encounter:missing=true', ['out', 'panel', 'outer']],
      ['encounter.type=11429006', ['in']],
      ['encounter.status=in-progress', []],
      ['encounter.date=2024-05-01', ['in']],
      ['encounter:Encounter.reason-reference:Condition.code=44054006', ['in']],
      ['performer:identifier=urn:agb|01', ['in']],
      ['has-member=Observation/{in}', ['panel']],
      ['has-member:Observation.code=24323-8', ['outer']],
      ['has-member.has-member=Observation/{in}', ['outer']],
      ['_has:Observation:has-member:code=24323-8', ['in', 'out']],
      ['_has:Observation:has-member:_has:Observation:has-member:code=55399-0', ['in', 'out']],
      ['subject:Patient.gender=unknown', []],
      ['_id={in}', ['in']],
      ['_id={in},{out}', ['in', 'out']],
      ['_id={in}&_id={out}', []],
    ],
  },
  {
    about: 'order',
    type: 'Observation',
    resources: {
      b: observation({ effectiveDateTime: '2024-02-01', code: code('2') }),
      a: observation({ effectiveDateTime: '2024-01-01', code: code('3') }),
      d: observation({ effectiveDateTime: '2024-02-01', code: code('1') }),
      none: observation({ code: code('0') }),
    },
    asked: [
      ['_sort=date,code', ['a', 'd', 'b', 'none']],
      ['_sort=-date,code', ['d', 'b', 'a', 'none']],
      ['_sort=code', ['none', 'd', 'b', 'a']],
      ['_sort=-code', ['a', 'b', 'd', 'none']],
      ['date=gt2024-01-15&_sort=code', ['d', 'b']],
    ],
  },
  {
    about: 'tags, profiles, security labels and sources of the resource itself',
    type: 'Observation',
    resources: {
      tagged: observation({ meta: { tag: [{ system: 'urn:tag', code: 'een' }] } }),
      both: observation({
        meta: {
          tag: [
            { system: 'urn:tag', code: 'een' },
            { system: 'urn:tag', code: 'twee' },
          ],
          profile: ['http://example.org/p|1.0'],
        },
      }),
      bare: observation({ meta: { profile: ['http://example.org/q'] } }),
    },
    asked: [
      ['_tag=urn:tag|een', ['tagged', 'both']],
      ['_tag=een&_tag=twee', ['both']],
      ['_tag:not=een', ['bare']],
      ['_tag:missing=true', ['bare']],
      ['_profile=http://example.org/q', ['bare']],
      ['_lastUpdated=gt2000-01-01', ['tagged', 'both', 'bare']],
      ['_lastUpdated=lt2000-01-01', []],
    ],
  },
  {
    about: 'commas, dollars and bars that are part of a value',
    type: 'Observation',
    resources: {
      comma: observation({ identifier: [{ system: 'urn:i', value: 'a,b' }] }),
      bar: observation({ identifier: [{ system: 'urn:i', value: 'a|b' }] }),
      dollar: observation({ identifier: [{ system: 'urn:i', value: 'a$b' }] }),
      slash: observation({ identifier: [{ system: 'urn:i', value: 'a\\b' }] }),
      a: observation({ identifier: [{ system: 'urn:i', value: 'a' }] }),
    },
    asked: [
      ['identifier=urn:i|a\\,b', ['comma']],
      ['identifier=a\\,b,a', ['comma', 'a']],
      ['identifier=urn:i|a\\|b', ['bar']],
      ['identifier=urn:i|a\\$b', ['dollar']],
      ['identifier=urn:i|a\\\\b', ['slash']],
    ],
  },
  {
    about: 'how a document relates to another, whichever of the two is named first',
    type: 'DocumentReference',
    resources: {
      first: document({}),
      adds: document({
        relatesTo: [{ code: 'appends', target: { reference: 'DocumentReference/first' } }],
      }),
      both: document({
        relatesTo: [
          { code: 'replaces', target: { reference: 'DocumentReference/first' } },
          { code: 'appends', target: { reference: 'DocumentReference/adds' } },
        ],
      }),
    },
    asked: [
      ['relationship=DocumentReference/{first}$appends', ['adds']],
      ['relationship=appends$DocumentReference/{first}', ['adds']],
      ['relationship=appends\x24{first}', ['adds']],
      [`relationship=DocumentReference/{first}$${RELATION}|replaces`, ['both']],
      [`relationship=${RELATION}|replaces$DocumentReference/{first}`, ['both']],
      [`relationship=${RELATION}|replaces\${first}`, ['both']],
      ['relationship=DocumentReference/{adds}$replaces', []],
      [
        'relationship=DocumentReference/{first}$appends,replaces$DocumentReference/{first}',
        ['adds', 'both'],
      ],
      ['relatesto=DocumentReference/{first}&relation=replaces', ['both']],
    ],
  },
  {
    about: 'codes in other capitals, and one code in several systems',
    type: 'Observation',
    resources: {
      own: observation({
        code: { coding: [coding('Glu', 'urn:lab'), coding('GLU1', 'urn:other')] },
      }),
      bare: observation({ code: { coding: [{ code: 'HB' }], text: 'Hemoglobine' } }),
      hl: observation({ valueCodeableConcept: { coding: [coding('AA', INTERPRETATION)] } }),
      part: observation({
        component: [
          { code: code('sys', 'urn:lab'), valueQuantity: { value: 60, unit: 'x' } },
          { code: code('DIA', 'urn:lab'), valueQuantity: { value: 100, unit: 'x' } },
        ],
      }),
    },
    asked: [
      ['code=Glu', ['own']],
      ['code=urn:other|glu1', ['own']],
      ['code=glu1,hb', ['own', 'bare']],
      ['code=urn:lab|GLU1', []],
      ['code=URN:LAB|Glu', []],
      ['code=|hb', ['bare']],
      ['code:not=hb', ['own', 'hl', 'part']],
      ['value-concept=AA', ['hl']],
      ['value-concept=aa', []],
      [`value-concept=${INTERPRETATION}|aa`, []],
      ['component-code=dia', ['part']],
      ['component-code-value-quantity=SYS$60', ['part']],
      ['component-code-value-quantity=urn:lab|dia$60', []],
      ['status=FINAL', []],
      ['patient._id:missing=false', ['own', 'bare', 'hl', 'part']],
      ['patient.birthdate:missing=false&code=hb', ['bare']],
    ],
  },
  {
    about: 'order, by the code that comes first in it',
    type: 'Observation',
    resources: {
      both: observation({
        code: {
          coding: [
            { system: 's', code: 'b' },
            { system: 's', code: 'z' },
          ],
        },
      }),
      a: observation({ code: code('a', 's') }),
      c: observation({ code: code('c', 's') }),
      text: observation({ code: { text: 'no code' } }),
    },
    asked: [
      ['_sort=code', ['a', 'both', 'c', 'text']],
      ['_sort=-code', ['both', 'c', 'a', 'text']],
    ],
  },
  {
    about: 'an element whose name another begins with',
    type: 'Coverage',
    resources: {
      number: {
        resourceType: 'Coverage',
        status: 'active',
        beneficiary: { reference: 'Patient/P' },
        payor: [{ display: 'Verzekeraar' }],
        subscriberId: 'S1',
      },
      person: {
        resourceType: 'Coverage',
        status: 'active',
        beneficiary: { reference: 'Patient/P' },
        payor: [{ display: 'Verzekeraar' }],
        subscriber: { reference: 'Patient/P' },
        subscriberId: 'S1',
      },
    },
    asked: [
      ['subscriber:missing=true', ['number']],
      ['subscriber:missing=false', ['person']],
    ],
  },
];
