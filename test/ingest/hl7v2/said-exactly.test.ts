/** What a message says is not told stronger, and no unit or limit is lost on the way. */
import { describe, expect, it } from 'vitest';
import type { Resource } from '../../../src/conformance/index.ts';
import { er7, format, msh, one, only, overlay, PID, resourcesOf } from './messages.ts';

const result = (type: string, value: string, unit: string, limits = '') =>
  one(
    only(
      Buffer.from(
        [
          msh('ORU^R01').replace('8859/1', 'UNICODE UTF-8'),
          PID,
          'OBR|1|A^ZIS|L^LIS|BB^Bloedbeeld^L',
          `OBX|1|${type}|X^Proef^L||${value}|${unit}|${limits}||||F`,
        ].join('\r'),
      ),
    ),
    'Observation',
  );

describe('values', () => {
  it.each([
    ['≥ 5', '>='],
    ['≤5', '<='],
  ])('%s has its comparator and its unit', (value, comparator) => {
    for (const type of ['NM', 'ST']) {
      expect(result(type, value, 'mmol/l')).toMatchObject({
        valueQuantity: { value: 5, comparator, unit: 'mmol/l', code: 'mmol/l' },
      });
    }
  });

  it('in words that begin with such a sign keep their unit', () => {
    expect(result('NM', '≥ 5 - 8', 'mmol/l')['valueString']).toBe('≥ 5 - 8 mmol/l');
  });

  it.each([
    ['23^mmol/l^L', 'mmol/l', 'mmol/l'],
    ['1^no units^UCUM', '1', '1'],
    ['mmol/l^millimol^L', 'mmol/l', 'mmol/l'],
  ])('in %s, a number in a list of the sender is no unit', (sent, unit, code) => {
    expect(result('NM', '5', sent)).toMatchObject({ valueQuantity: { unit, code } });
  });

  it.each(['x 10E9/L', 'cm H2O', 'mg/l FEU', 'ng/ml FEU', 'mg/mmol kreat'])('in %s', (unit) => {
    expect(result('NM', '5', unit)).toMatchObject({
      valueQuantity: { unit, system: 'http://unitsofmeasure.org' },
    });
  });
});

describe('limits', () => {
  const unit = { unit: 'mmol/l', code: 'mmol/l' };

  it.each([
    ['4 - 10 mmol/l', [{ low: { value: 4, ...unit }, high: { value: 10, ...unit } }]],
    ['<5 mmol/l', [{ high: { value: 5, ...unit } }]],
    ['4.0^10.0', [{ text: '4.0^10.0' }]],
    ['4 - 10^^', [{ low: { value: 4 }, high: { value: 10 } }]],
    ['4.0 - 10.0 mg/l', [{ text: '4.0 - 10.0 mg/l' }]],
  ])('%s', (limits, expected) => {
    expect(result('NM', '5', 'mmol/l', limits)['referenceRange']).toMatchObject(expected);
  });
});

it.each([
  ['1.005-1.031', '1', 1.005, 1.031],
  ['0.8 - 1.11', '1', 0.8, 1.11],
  ['4 - 10 10*9/l', '10*9/l', 4, 10],
  ['35-45%', '%', 35, 45],
])('limits %s in %s end where they end', (limits, of, low, high) => {
  expect(result('NM', '1', of, limits)['referenceRange']).toMatchObject([
    { low: { value: low }, high: { value: high } },
  ]);
});

describe('a vaccination', () => {
  const stateOf = (rxa: string, control = 'RE') =>
    one(only(er7(msh('VXU^V04'), PID, `ORC|${control}|V-1^ZIS|V-2^ZIS`, rxa)), 'Immunization')[
      'status'
    ];
  const rxa = (code: string, state: string) =>
    ['RXA', '0', '1', '20260301', '', code, '1', ...Array<string>(13).fill(''), state].join('|');

  it.each([
    ['03^MMR^CVX', '', 'RE', 'completed'],
    ['998^none^CVX', '', 'RE', 'not-done'],
    ['03^MMR^CVX', '', 'CA', 'not-done'],
    ['03^MMR^CVX', 'CP', 'CA', 'completed'],
  ])('%s with RXA-20 %j and ORC-1 %s is %s', (code, state, control, expected) => {
    expect(stateOf(rxa(code, state), control)).toBe(expected);
  });

  it.each([
    ['03^Patient^NIP002', '', 'not-done'],
    ['""', '', 'completed'],
    ['03^Patient^NIP002', 'CP', 'completed'],
  ])('with %s as reason of refusal and RXA-20 %j is %s', (reason, state, expected) => {
    const fields = rxa('03^MMR^CVX', state).split('|');
    fields[18] = reason;
    expect(stateOf(fields.join('|'))).toBe(expected);
  });

  it('of which the second code says that none was given', () => {
    expect(stateOf(rxa('X^geen^L^998^none^CVX', ''))).toBe('not-done');
  });

  it('that is deleted is taken back by RXA-21', () => {
    const fields = [
      'RXA',
      '0',
      '1',
      '20260301',
      '',
      '03^MMR^CVX',
      '1',
      ...Array<string>(14).fill(''),
      'D',
    ];
    const message = only(er7(msh('VXU^V04'), PID, 'ORC|RE|V-1^ZIS|V-2^ZIS', fields.join('|')));
    expect(message.instructions).toMatchObject([{ kind: 'retract', place: 'RXA-21' }]);
  });
});

it.each([
  ['W', 'provisional'],
  ['F', undefined],
])('a diagnosis of kind %s', (kind, expected) => {
  const message = only(er7(msh('ADT^A08'), PID, 'PV1|1|I', `DG1|1||K35^App^I10|||${kind}`));
  const status = one(message, 'Condition')['verificationStatus'] as
    | { coding: { code: string }[] }
    | undefined;
  expect(status?.coding[0]?.code).toBe(expected);
});

it.each([
  ['A02', 2],
  ['A12', 1],
])('%s with an earlier place', (event, places) => {
  const visit = 'PV1|1|I|4A|||3B|||||||||||||V-1^^^HAVENZH^VN';
  const message = only(er7(msh(`ADT^${event}`), `EVN|${event}`, PID, visit));
  expect(one(message, 'Encounter')['location']).toHaveLength(places);
});

it('an order says of which service it is asked', () => {
  const obr = `OBR|1|A^ZIS||THX^X-thorax^L${'|'.repeat(20)}RAD`;
  const message = only(er7(msh('OMG^O19'), PID, 'ORC|NW|A^ZIS', obr));
  expect(one(message, 'ServiceRequest')['category']).toMatchObject([{ coding: [{ code: 'RAD' }] }]);
});

it('a file of several MLLP frames is several messages', () => {
  const message = (id: string) =>
    `\x0b${msh('ADT^A08').replace('ID-7-1', id)}\rEVN|A08\r${PID}\r\x1c\r`;
  const found = format.read(Buffer.from(`${message('M-1')}${message('M-2')}`), overlay);
  expect(found.map(({ messageKey }) => messageKey)).toEqual(['ZIS|HAVENZH|M-1', 'ZIS|HAVENZH|M-2']);
});

it.each(['ISO8859-1', 'latin1', 'CP1252'])('MSH-18 %s is a name of letters of one byte', (name) => {
  const bytes = er7(msh('ADT^A08').replace('8859/1', name), PID.replace('Meerdam', 'Curaçao'));
  const [patient] = resourcesOf(only(bytes), 'Patient') as [Resource];
  expect(patient['address']).toMatchObject([{ city: 'Curaçao' }]);
});

describe('systems', () => {
  const person = (pid3: string) => er7(msh('ADT^A31'), `PID|1||${pid3}||Boer^C||19700102|F`);
  const OID = '2.16.840.1.113883.2.4.6.3';

  it.each([`^^^&${OID}&ISO`, `^^^${OID}`, `^^^BRP&${OID}&ISO^NNNLD`])(
    'a BSN by its OID: %s',
    (cx) => {
      const message = only(person(`999912069${cx}`));
      expect(one(message, 'Patient')['identifier']).toEqual([
        { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: '999912069' },
      ]);
      expect(message.patient.flags).toEqual([]);
      expect(() => only(person(`999912068${cx}`))).toThrow(/eleven-test/);
    },
  );

  const codeOf = (sent: string) => {
    const obx = `OBX|1|CWE|X^Proef^L||${sent}||||||F`;
    const found = one(only(er7(msh('ORU^R01'), PID, 'OBR|1|A|L|BB^B^L', obx)), 'Observation');
    return (found['valueCodeableConcept'] as { coding: object[] }).coding[0];
  };

  it('a code of the SNOMED of before is none of SNOMED CT', () => {
    const sct = 'http://snomed.info/sct';
    expect(codeOf('M-81403^Adenocarcinoom^SNM')).toMatchObject({
      code: 'M-81403',
      system: expect.not.stringContaining('snomed.info'),
    });
    expect(codeOf('35917007^Adenocarcinoom^SCT')).toMatchObject({ system: sct });
    expect(codeOf('71388002:260686004=129304002^x^SCT')).toMatchObject({ system: sct });
  });

  it('an OID as name of a list is its system', () => {
    expect(codeOf('35917007^x^2.16.840.1.113883.6.96')).toMatchObject({
      system: 'http://snomed.info/sct',
    });
    expect(codeOf('A^x^1.2.3')).toMatchObject({ system: 'urn:oid:1.2.3' });
  });
});

it.each([
  ['20260105', '20260102', { start: '2026-01-05' }, true],
  ['20260105', '202601', { start: '2026-01-05', end: '2026-01' }, false],
  ['20260105', '20260106', { start: '2026-01-05', end: '2026-01-06' }, false],
])('a period from %s to %s', (from, to, expected, isTold) => {
  const obr = `OBR|1|A|L|BB^B^L|||${from}|${to}`;
  const message = only(er7(msh('ORU^R01'), PID, obr, 'OBX|1|NM|X^P^L||5||||||F'));
  expect(one(message, 'DiagnosticReport')['effectivePeriod']).toEqual(expected);
  expect(message.issues.some(({ code }) => code === 'end-before-begin')).toBe(isTold);
});

it('a letter that is of somebody else has the content that FHIR asks for', () => {
  const message = only(
    er7(
      msh('MDM^T02'),
      'EVN|T02',
      PID,
      'TXA|1|BRIEF^Brief^L||20260301||||||||DOC-7',
      'OBX|1|TX|T^Tekst^L||Regel||||||W',
    ),
  );
  const url = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
  expect(one(message, 'DocumentReference')).toMatchObject({
    status: 'entered-in-error',
    content: [{ attachment: { _url: { extension: [{ url, valueCode: 'unknown' }] } } }],
  });
});

it.each([
  ['SC', 'CA', 'revoked'],
  ['SC', 'HD', 'on-hold'],
  ['SR', 'CM', 'completed'],
  ['SC', 'IP', 'active'],
  ['CA', 'CM', 'revoked'],
  ['NW', 'SC', 'active'],
])('an order with ORC-1 %s and ORC-5 %s is %s', (control, state, expected) => {
  const order = [`ORC|${control}|A^ZIS|||${state}`, 'OBR|1|A^ZIS||THX^X-thorax^L'];
  const message = only(er7(msh('OMG^O19'), PID, ...order));
  expect(one(message, 'ServiceRequest')['status']).toBe(expected);
});
