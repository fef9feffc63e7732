/** OBX that holds several values, and OBX that stands with a specimen (source-formats.md 3.5). */
import { describe, expect, test } from 'vitest';
import { R4, validateInline } from '../../../src/conformance/index.ts';
import { er7, msh, one, only, PID, resourcesOf } from './messages.ts';

const oru = (obx: string) =>
  only(er7(msh('ORU^R01'), PID, 'OBR|1|A-1|L-1|BB^Bloedbeeld^L||||||||||||||||||||||F', obx));

test.each([
  [
    'numbers',
    'OBX|1|NM|8867-4^Hartfrequentie^LN||60~72~81|/min|||||F',
    { valueQuantity: { value: 60 } },
    [{ valueQuantity: { value: 72, unit: '/min' } }, { valueQuantity: { value: 81 } }],
  ],
  [
    'codes',
    'OBX|1|CWE|KWEEK^Kweek^L||112283007^E. coli^SCT~3092008^S. aureus^SCT||||||F',
    { valueCodeableConcept: { coding: [{ code: '112283007' }] } },
    [{ valueCodeableConcept: { coding: [{ code: '3092008' }] } }],
  ],
])('of several %s the first is the value and the others are components', (...[, obx, of, more]) => {
  const message = oru(obx);
  const found = one(message, 'Observation');
  expect(found).toMatchObject(of);
  expect(found['component']).toMatchObject(more);
  for (const component of found['component'] as { code: unknown }[]) {
    const { text, coding } = found['code'] as { text?: string; coding: { display: string }[] };
    expect(component.code).toEqual({ text: text ?? coding[0]?.display });
  }
  // A value beside a component of the same coding would say two things of one code (obs-7).
  expect(validateInline(found, R4)).toEqual([]);
  expect(message.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
});

test.each([
  ['text', 'OBX|1|TX|OPM^Opmerking^L||eerste regel~tweede regel||||||F'],
  ['what is no number', 'OBX|1|NM|OPM^Opmerking^L||eerste regel~tweede regel||||||F'],
])('%s over several repetitions is one text', (_kind, obx) => {
  const found = one(oru(obx), 'Observation');
  expect(found).toMatchObject({ valueString: 'eerste regel\ntweede regel' });
  expect(found).not.toHaveProperty('component');
});

test('an observation of a specimen before the orders on it belongs to the specimen', () => {
  const message = only(
    er7(
      msh('OUL^R22'),
      PID,
      'SPM|1|S-1&ZIS^M-1&LIS||BLD^Bloed^HL70487|||||||||||||20260302080500',
      'OBX|1|ST|HEM^Hemolyse^L||licht||||||F',
      'OBR|1|A-1|L-1|BB^Bloedbeeld^L||||||||||||||||||||||F',
      'ORC|SC|A-1|L-1',
      'OBX|1|NM|718-7^Hemoglobine^LN||7.9|mmol/l|||||F',
    ),
  );
  const found = resourcesOf(message, 'Observation').find((it) => it['valueString'] === 'licht');
  const specimen = message.resources.find(({ resource }) => resource.resourceType === 'Specimen');
  expect(found).toMatchObject({
    status: 'final',
    effectiveDateTime: '2026-03-02T08:05:00+01:00',
    specimen: { reference: specimen?.fullUrl },
  });
});

test.each([
  [
    'NR',
    '3^7',
    { valueRange: { low: { value: 3, unit: 'g/l' }, high: { value: 7, unit: 'g/l' } } },
  ],
  ['NR', '^7', { valueRange: { high: { value: 7, unit: 'g/l' } } }],
  ['NR', 'laag^7', { valueString: 'laag 7' }],
  ['SN', '^10^-^20', { valueRange: { low: { value: 10 }, high: { value: 20, unit: 'g/l' } } }],
])('%s of %s keeps both its numbers', (type, value, expected) => {
  const message = oru(`OBX|1|${type}|X^Bereik^L||${value}|g/l|||||F`);
  expect(one(message, 'Observation')).toMatchObject(expected);
});

test.each([
  ['NM', '1.0E3', '1.0E3 10*9/l'],
  ['NM', '1.234,5', '1.234,5 10*9/l'],
  ['SN', '10^-^20', '10 - 20 10*9/l'],
  ['ST', 'ca. 10 tot 20', 'ca. 10 tot 20 10*9/l'],
  ['ST', '10 - 20 10*9/l', '10 - 20 10*9/l'],
  ['NM', 'hemolytisch', 'hemolytisch'],
])('an amount in %s that is no number of FHIR (%s) is not told without its unit', (...given) => {
  const [type, value, text] = given;
  const message = oru(`OBX|1|${type}|X^Leukocyten^L||${value}|10*9/l|||||F`);
  expect(one(message, 'Observation')).toMatchObject({ valueString: text });
});

test('an antibiogram says of which isolate it is, also with one result', () => {
  const isolate = (sub: string, code: string) =>
    `OBX|${sub}|CE|ORG^Micro-organisme^L|${sub}|${code}^x^SCT||||||F`;
  const order = (filler: string, code: string, parent = '') =>
    `OBR|1|A-1^EPD|${filler}^MMB|${code}^x^L||||||||||||||||||||MB|F${parent}`;
  const parent = (sub: string) => `|ORG&Micro-organisme&L^${sub}^x|||A-1&EPD^L-1&MMB`;
  const message = only(
    er7(
      ...[msh('ORU^R01'), PID, order('L-1', 'UK'), isolate('1', '112283007')],
      ...[isolate('2', '3092008'), order('L-2', 'ABG', parent('1'))],
      ...['OBX|1|ST|AMX^Amoxicilline^L||R||||||F', 'OBX|2|ST|CIP^Cipro^L||S||||||F'],
      ...[order('L-3', 'ABG', parent('2')), 'OBX|1|ST|AMX^Amoxicilline^L||S||||||F'],
    ),
  );
  const all = resourcesOf(message, 'Observation');
  const numberOf = (of: unknown) => (of as { value: string }[])[0]?.value;
  const isolates = all.filter((it) => 'valueCodeableConcept' in it);
  const about = all.flatMap((it) => (it['derivedFrom'] as { identifier: unknown }[]) ?? []);
  expect(about.map(({ identifier }) => numberOf([identifier]))).toEqual(
    isolates.map((it) => numberOf(it['identifier'])).toReversed(),
  );
  expect(message.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
});

test('the dose of a vaccination has its unit as a code', () => {
  const message = only(
    er7(
      ...[msh('VXU^V04'), PID, 'ORC|RE||V-1^GGD'],
      'RXA|0|1|20260102||J07BB02^Influenza^ATC|0.5|ml^^UCUM|||||||LOT1|||||CP|A',
    ),
  );
  expect(one(message, 'Immunization')).toMatchObject({
    doseQuantity: { value: 0.5, unit: 'ml', system: 'http://unitsofmeasure.org', code: 'ml' },
  });
});

test.each([['""'], ['""^']])('of %s a result says that it has no value, and is final', (sent) => {
  const message = oru(`OBX|1|NM|718-7^Hemoglobine^LN||${sent}|mmol/l|8.5-11.0|""|||F`);
  const found = one(message, 'Observation');
  expect(found).toMatchObject({
    status: 'final',
    dataAbsentReason: { coding: [{ code: 'unknown' }] },
  });
  expect(Object.keys(found).filter((name) => name.startsWith('value'))).toEqual([]);
  expect(message.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
});

test('a text beside an empty code is the value, and then nothing is absent', () => {
  const found = one(oru('OBX|1|CWE|BG^Bloedgroep^L||""^niet te bepalen^L||||||F'), 'Observation');
  expect(found).toMatchObject({ valueCodeableConcept: { text: 'niet te bepalen' } });
  expect(found).not.toHaveProperty('dataAbsentReason');
});

test.each([
  ['20260302101500', { issued: '2026-03-02T10:15:00+01:00' }],
  ['20260302', { _issued: { extension: [{ valueString: '2026-03-02' }] } }],
])('released at %s: no hour is invented, and no day is lost', (sent, wanted) => {
  const message = only(
    er7(
      msh('ORU^R01'),
      PID,
      `OBR|1|A-1|L-1|BB^Bloedbeeld^L|||20260301${'|'.repeat(15)}${sent}|||F`,
      'OBX|1|NM|718-7^Hemoglobine^LN||7.9|mmol/l|||||F',
    ),
  );
  expect(one(message, 'Observation')).toMatchObject(wanted);
  expect(one(message, 'DiagnosticReport')).toMatchObject(wanted);
  expect(message.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
});

test.each([
  ['x10^9/l', '10*9/l'],
  ['10^12/L', '10*12/l'],
  ['µmol/l', 'umol/l'],
  ['°C', 'Cel'],
  ['mmol/24u', 'mmol/(24.h)'],
  ['E/l', 'U/L'],
])('the unit %s, as laboratories write it, is %s in UCUM', (sent, code) => {
  const message = oru(`OBX|1|NM|X^X^L||5|${sent}|1-7||||F`);
  const { valueQuantity, referenceRange } = one(message, 'Observation') as Record<string, unknown>;
  expect(valueQuantity).toMatchObject({ code });
  expect(valueQuantity).not.toMatchObject({ unit: 'x10' });
  expect(referenceRange).toMatchObject([{ low: { code }, high: { code } }]);
  expect(message.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
});

test.each([
  ['0830', { valueTime: '08:30:00' }],
  ['083015', { valueTime: '08:30:15' }],
  ['2530', { valueString: '2530' }],
])('the time of day %s', (sent, wanted) => {
  expect(one(oru(`OBX|1|TM|X^X^L||${sent}||||||F`), 'Observation')).toMatchObject(wanted);
});

test('what is said of the order of a single result stands with the result', () => {
  const order = 'OBR|1|A-1|L-1|BB^Bloedbeeld^L||||||||||||||||||||||F';
  const result = 'OBX|1|NM|2823-3^Kalium^LN||6.1|mmol/l|||||F';
  const message = only(
    er7(msh('ORU^R01'), PID, order, 'NTE|1|L|Hemolytisch', result, 'NTE|1|L|Herhalen'),
  );
  expect(one(message, 'Observation')['note']).toEqual([
    { text: 'Herhalen' },
    { text: 'Hemolytisch' },
  ]);
});

test('a specimen that is written as a code with its list has no note of the list', () => {
  const order = 'OBR|1|A-1|L-1|K^Kweek^L|||20260301||||||||URINE^Urine^L';
  const message = only(er7(msh('ORU^R01'), PID, order, 'OBX|1|ST|K^Kweek^L||neg||||||F'));
  expect(one(message, 'Specimen')).toMatchObject({ type: { coding: [{ display: 'Urine' }] } });
  expect(one(message, 'Specimen')).not.toHaveProperty('note');
});

test.each([
  ['a telephone number', 'XTN', '0201234567', '0201234567'],
  ['the number of a doctor', 'XCN', '12345^Jansen^P', '12345 Jansen P'],
  ['a period', 'DR', '20260301^20260302', '20260301 20260302'],
  ['several numbers', 'NA', '1^2^3', '1 2 3'],
])('%s with a unit beside it is no amount', (_kind, type, sent, text) => {
  const message = oru(`OBX|1|${type}|X-1^Iets^L||${sent}|mmol/L|||||F`);
  const found = one(message, 'Observation');
  expect(found).not.toHaveProperty('valueQuantity');
  expect(found['valueString']).toContain(text);
  expect(message.issues.filter((issue) => issue.place.startsWith('OBX-5.'))).toEqual(
    message.issues.filter((issue) => issue.kind === 'mapped' && issue.place.startsWith('OBX-5.')),
  );
});

test('an amount that carries its own unit (CQ) keeps that unit', () => {
  const found = one(oru('OBX|1|CQ|X-1^Iets^L||5.1^mmol/L||||||F'), 'Observation');
  expect(found).toMatchObject({ valueQuantity: { unit: 'mmol/L', code: 'mmol/L' } });
});

const REASON = (code: string) => ({ dataAbsentReason: { coding: [{ code }] } });
test.each([
  ['nothing at all', '||||||F', REASON('unknown')],
  ['only separators', '^^||||||F', REASON('unknown')],
  ['nothing yet', '||||||P', REASON('temp-unknown')],
  ['what is to come', '||||||I', REASON('temp-unknown')],
])('a result of %s says that its value is not known', (_of, rest, expected) => {
  const found = one(oru(`OBX|1|CE|K^Kalium^L||${rest}`), 'Observation');
  expect(found).toMatchObject(expected);
  expect(validateInline(found, R4)).toEqual([]);
});

test.each([
  ['an interpretation in the place of a value', 'OBX|1|ST|MEM^Meropenem^L|||||R|||F', 'final'],
  ['what could not be measured', 'OBX|1|NM|K^Kalium^L||||||||X', 'cancelled'],
  ['what was sent in error', 'OBX|1|NM|K^Kalium^L||||||||D', 'entered-in-error'],
])('%s needs no reason for its absence', (_of, obx, status) => {
  const found = one(oru(obx), 'Observation');
  expect(found).toMatchObject({ status });
  expect(found).not.toHaveProperty('dataAbsentReason');
});

describe('a monitor (IHE PCD-01)', () => {
  const monitor = (...obx: string[]) =>
    only(er7(msh('ORU^R01'), PID, 'OBR|1|A-1|L-1|182777000^bewaking^SCT|||20260302080500', ...obx));
  const pulse = (status: string) =>
    `OBX|1|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.3.1|65|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||${status}`;
  const own = 'OBX|2|NM|108^ECG_PAUSE_RATE^99VENDOR|1.7.2|0|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R';

  test('a number under X is neither cancelled nor final', () => {
    expect(one(monitor(pulse('X')), 'Observation')).toMatchObject({
      status: 'unknown',
      valueQuantity: { value: 65 },
    });
  });

  test('nothing of it is a result of a laboratory, whatever the order is called', () => {
    const all = resourcesOf(monitor(pulse('R'), own), 'Observation');
    expect(all).toHaveLength(3);
    for (const found of all) {
      expect(found['category']).toMatchObject([{ coding: [{ code: 'vital-signs' }] }]);
      expect(JSON.stringify(found)).not.toContain('nl-core-LaboratoryTestResult');
    }
  });
});

test('a document between the results is called by its code where no remark names it', () => {
  const message = oru('OBX|1|ED|ECG^Hartfilmpje^L||^text^plain^A^Sinusritme||||||F');
  expect(one(message, 'DiagnosticReport')['presentedForm']).toMatchObject([
    { title: 'Hartfilmpje' },
  ]);
});

test.each([
  ['NM', 'abc', 'abc', 'unlike-its-type'],
  ['DT', 'gisteren', 'gisteren', 'unlike-its-type'],
  ['SN', '^3^+', '3+', undefined],
])('what %s cannot hold (%s) is text, and the receipt says so', (type, value, text, code) => {
  const message = oru(`OBX|1|${type}|X^Bepaling^L||${value}||||||F`);
  expect(one(message, 'Observation')).toMatchObject({ valueString: text });
  const told = message.issues.filter(({ kind, place }) => kind === 'rule' && place === 'OBX-5');
  expect(told.map((issue) => issue.code)).toEqual(code === undefined ? [] : [code]);
  expect(message.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
});

test('what was asked of who is referred is no result of a laboratory', () => {
  const header = msh('ORU^R01').replace('|ZIS|HAVENZH|', '|ZorgDomein||');
  const message = only(
    er7(
      ...[header, PID, 'OBR|1|ZD1|ZD1|VERW^Verwijzing cardiologie^99zdl|||20260301'],
      ...['OBX|1|ST|REDE^Reden^99zda||hartkloppingen||||||F', 'OBX|2|ST|A^B^99zda||x||||||F'],
    ),
  );
  const found = resourcesOf(message, 'Observation');
  expect(found).toHaveLength(3);
  for (const each of found) {
    expect(each).not.toHaveProperty('category');
    expect(each['meta'] ?? {}).not.toHaveProperty('profile');
  }
});

test('a specimen of the left kidney says left, and its amount has a unit', () => {
  const message = only(
    er7(
      ...[msh('ORU^R01'), PID, 'OBR|1|A-1|L-1|UK^Kweek^L||||||||||||||||||||MB|F'],
      ...['OBX|1|ST|AMX^Amoxicilline^L||S||||||F'],
      'SPM|1|S1&A^S2&B||122575003^Urine^SCT||||64033007^Nier^SCT|7771000^links^SCT|||10^mL',
    ),
  );
  const url = 'http://nictiz.nl/fhir/StructureDefinition/ext-AnatomicalLocation.Laterality';
  expect(one(message, 'Specimen')['collection']).toMatchObject({
    bodySite: {
      coding: [{ code: '64033007' }],
      extension: [{ url, valueCodeableConcept: { coding: [{ code: '7771000' }] } }],
    },
    quantity: { value: 10, unit: 'mL', code: 'mL' },
  });
});

test.each([
  ['h', ['281302008', 'H']],
  ['HH', ['281302008', 'HH']],
  ['ll', ['281300000', 'LL']],
  ['n', undefined],
])('a flag in small letters is that flag: %s', (flag, codes) => {
  const found = one(oru(`OBX|1|NM|K^Kalium^L||4.1|mmol/l||${flag}|||F`), 'Observation');
  const [first] = (found['interpretation'] ?? []) as { coding: { code: string }[] }[];
  expect(first?.coding.map(({ code }) => code)).toEqual(codes);
});
