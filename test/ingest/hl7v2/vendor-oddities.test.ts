/** HL7 v2 as vendors write it: what is out of place, of its table or of its character set. */
import { describe, expect, test } from 'vitest';
import { openHl7v2 } from '../../../src/ingest/hl7v2/hl7v2-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { er7, msh, one, only, PID, resourcesOf } from './messages.ts';

const OBR = 'OBR|1|A-1|L-1|BB^Bloedbeeld^L|||202601051100';
const OBX = 'OBX|1|NM|K^Kalium^L||4.1|mmol/l|||||F';
const unread = (message: ReturnType<typeof only>) =>
  message.issues.filter((issue) => issue.kind === 'unread').map((issue) => issue.place);
const remarks = (message: ReturnType<typeof only>) =>
  message.issues.filter((issue) => issue.kind === 'rule').map(({ code, place }) => [code, place]);

describe('segments out of their order', () => {
  test('a result before its PID is of that person, and that is told', () => {
    const message = only(er7(msh('ORU^R01'), OBX, PID, 'NTE|1||Van de persoon', OBR));
    expect(one(message, 'Observation')).toMatchObject({ valueQuantity: { value: 4.1 } });
    expect(JSON.stringify(one(message, 'Observation'))).not.toContain('Van de persoon');
    expect(remarks(message)).toContainEqual(['segment-order', 'OBX']);
  });

  test('before the first PID of two it names nobody', () => {
    const second = PID.replace('PID|1', 'PID|2');
    let problem: unknown;
    try {
      only(er7(msh('ORU^R01'), OBX, PID, second));
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ code: 'segment-order', expression: ['OBX'] });
  });

  test('in OUL^R22 ORC follows OBR: the results are of that order', () => {
    const message = only(
      er7(
        msh('OUL^R22'),
        PID,
        'SPM|1|||BLDV^Bloed^HL70487',
        OBR,
        'ORC|RE|A-1',
        OBX,
        OBX.replace('K^K', 'N^N'),
      ),
    );
    expect(one(message, 'DiagnosticReport')['result']).toHaveLength(3);
    expect(unread(message)).toEqual([]);
  });

  test('ORC behind its OBR in ORU^R01: the results are of that order, and that is told', () => {
    const second = OBR.replace('OBR|1|A-1|L-1', 'OBR|2|A-2|L-2');
    const message = only(
      er7(
        ...[msh('ORU^R01'), PID, OBR, 'ORC|RE|A-1|L-1', OBX, OBX.replace('K^K', 'N^N')],
        ...['ORC|RE|A-2|L-2', second, OBX],
      ),
    );
    const reports = resourcesOf(message, 'DiagnosticReport');
    expect(reports.map((report) => (report['result'] as unknown[]).length)).toEqual([3, 1]);
    expect(resourcesOf(message, 'ServiceRequest')).toHaveLength(2);
    expect(remarks(message)).toEqual([['segment-order', 'ORC[1]']]);
    expect(unread(message)).toEqual([]);
  });

  test('ADD goes on with the text before it; DSC says that the rest is elsewhere', () => {
    const text = 'OBX|1|TX|V^Verslag^L||Het begin van de te';
    const whole = only(er7(msh('ORU^R01'), PID, OBR, text, 'ADD|kst.||||||F'));
    expect(one(whole, 'Observation')).toMatchObject({
      status: 'final',
      valueString: 'Het begin van de tekst.',
    });
    expect(whole.hold).toEqual([]);
    expect(only(er7(msh('ORU^R01'), PID, OBR, text, 'DSC|2|F')).hold).toEqual(['message-cut-off']);
  });
});

describe('the character set', () => {
  const format = openHl7v2();
  const read = (charset: string, encoding: BufferEncoding) => {
    const header = msh('ORU^R01').split('|');
    while (header.length < 18) header.push('');
    header[17] = charset;
    const text = er7(
      header.join('|'),
      PID.replace('Amsterdam', 'Curaçao'),
      OBR,
      'OBX|1|ST|O^Opmerking^L||patiënt||||||F',
    );
    return format.read(Buffer.from(text.toString('latin1'), encoding), readOverlay('default'))[0];
  };
  test.each(['8859/1', '8859/15', 'ASCII'])('%s is said, and the bytes are UTF-8', (said) => {
    const message = read(said, 'utf8');
    expect(message && one(message, 'Observation')).toMatchObject({ valueString: 'patiënt' });
    expect(message && remarks(message)).toEqual([['charset-differs', 'MSH-18']]);
  });
  test('UTF-8 is said, and the bytes can only be letters of one byte', () => {
    const message = read('UNICODE UTF-8', 'latin1');
    expect(message && one(message, 'Observation')).toMatchObject({ valueString: 'patiënt' });
    expect(message && remarks(message)).toEqual([['charset-differs', 'MSH-18']]);
  });
  test.each([
    ['cut off in a letter', Buffer.from('patiënt', 'utf8').subarray(0, 5)],
    ['of UTF-8 and one byte together', Buffer.from('pati\xc3\xabnt Ren\xe9', 'latin1')],
  ])('UTF-8 is said, and the text is %s: that is refused with its place', (_how, text) => {
    const header = msh('ORU^R01').replace('8859/1', 'UNICODE UTF-8');
    const head = er7(header, PID, OBR).subarray(0, -1);
    const obx = Buffer.from('\rOBX|1|ST|O^Opmerking^L||', 'latin1');
    const bytes = Buffer.concat([head, obx, text, Buffer.from('||||||F\r')]);
    expect(() => format.read(bytes, readOverlay('default'))).toThrow(
      expect.objectContaining({ code: 'undecodable', expression: ['OBX-5'] }),
    );
  });
  test.each([
    ['8859/1', 'latin1'],
    ['UNICODE UTF-8', 'utf8'],
  ] as const)('%s is said and holds: nothing is remarked', (said, encoding) => {
    const message = read(said, encoding);
    expect(message && one(message, 'Observation')).toMatchObject({ valueString: 'patiënt' });
    expect(message && remarks(message)).toEqual([]);
  });
});

test('without OBR-25 a report of final results is final, and of others it is not known', () => {
  const report = (...obx: string[]) => only(er7(msh('ORU^R01'), PID, OBR, ...obx));
  const other = OBX.replace('K^K', 'N^N');
  expect(one(report(OBX, other), 'DiagnosticReport')).toMatchObject({ status: 'final' });
  expect(one(report(OBX, other.replace(/F$/, 'P')), 'DiagnosticReport')).toMatchObject({
    status: 'unknown',
  });
});

test('a document in a result has the name that the remark behind it gives, and makes no empty panel', () => {
  const file = (name: string) => [
    `OBX|1|ED|BLOB^Bijlage^L|1|^application^pdf^Base64^JVBERi0xLjQK||||||F`,
    `NTE|1|P|${name}|RE`,
  ];
  const message = only(er7(msh('ORU^R01'), PID, OBR, ...file('verslag.pdf'), ...file('foto.pdf')));
  expect(one(message, 'DiagnosticReport')['presentedForm']).toMatchObject([
    { title: 'verslag.pdf' },
    { title: 'foto.pdf' },
  ]);
  expect(resourcesOf(message, 'Observation')).toEqual([]);
  expect(unread(message)).toEqual([]);
});

test('what an order asks for is detail of the request, and no finding', () => {
  const message = only(
    er7(
      msh('OML^O21'),
      PID,
      'ORC|NW|A-1',
      'OBR|1|A-1||DM^Risico-inventarisatie^L',
      'OBX|1|CE|GEVRAAGD^Aangevraagd^L|1|ALB^Albumine^L||||||O',
      'OBX|2|ST|TSH^TSH^L||Aangevraagd||||||O',
      'OBX|3|ST|AI^Klinische gegevens^L||moe||||||F',
    ),
  );
  expect(one(message, 'ServiceRequest')['orderDetail']).toMatchObject([
    { coding: [{ code: 'ALB' }] },
    { coding: [{ code: 'TSH' }] },
  ]);
  expect(resourcesOf(message, 'Observation')).toMatchObject([{ valueString: 'moe' }]);
  expect([...unread(message), ...remarks(message)]).toEqual([]);
});

describe('a person', () => {
  const person = (at: number, value: string) => {
    const fields = PID.split('|');
    while (fields.length <= at) fields.push('');
    fields[at] = value;
    return one(only(er7(msh('ADT^A08'), fields.join('|'))), 'Patient');
  };
  test.each([
    ['Female', 'female'],
    ['man', 'male'],
    ['Onbekend', 'unknown'],
  ])('%s is a gender', (said, gender) => {
    expect(person(8, said)['gender']).toBe(gender);
  });
  test.each([
    ['^^PH^0206641827', [{ system: 'phone', value: '0206641827' }]],
    ['^PRN^PH^^^^^030-2345678', [{ system: 'phone', value: '030-2345678' }]],
    ['^^^a@example.nl^NET^Internet', [{ system: 'email', value: 'a@example.nl' }]],
  ])('%s is how to reach somebody', (said, telecom) => {
    expect(person(13, said)['telecom']).toMatchObject(telecom);
    expect(person(13, said)['telecom']).toHaveLength(1);
  });

  test.each([
    ['0201234567^PRN^PH^0612345678', ['phone', '0201234567'], ['phone', '0612345678']],
    [
      'a.dekker@example.org^NET^Internet^0612345678',
      ['email', 'a.dekker@example.org'],
      ['phone', '0612345678'],
    ],
    ['^PRN^PH^0612345678^31^20^1234567', ['phone', '+31 20 1234567'], ['phone', '0612345678']],
  ])('%s is two ways to reach somebody, and neither is lost', (said, ...ways) => {
    const telecom = ways.map(([system, value]) => ({ system, value }));
    expect(person(13, said)['telecom']).toMatchObject(telecom);
    expect(person(13, said)['telecom']).toHaveLength(2);
  });
  test('nought is no order of birth, and No is no death', () => {
    expect(person(25, '0')).not.toHaveProperty('multipleBirthInteger');
    expect(person(30, 'No')).toMatchObject({ deceasedBoolean: false });
  });
});

test('a code in small letters is the code, and the word null is no flag', () => {
  const message = only(er7(msh('ORU^R01'), PID, OBR, 'OBX|1|NM|K^Kalium^L||4.1|mmol/l||null|||f'));
  expect(one(message, 'Observation')).toMatchObject({ status: 'final' });
  expect(one(message, 'Observation')).not.toHaveProperty('interpretation');
  expect(unread(message)).toEqual([]);
});

test.each([
  ['2026-01-05T11:00:00', '2026-01-05T11:00:00+01:00'],
  ['2026-01-05 11:00', '2026-01-05T11:00:00+01:00'],
  ['2026-01-05T10:00:00Z', '2026-01-05T10:00:00+00:00'],
  ['2026-01-05', '2026-01-05'],
])('a moment with signs in it, %s, is that moment', (said, moment) => {
  const obx = `OBX|1|NM|K^Kalium^L||4.1|mmol/l|||||F|||${said}`;
  const message = only(er7(msh('ORU^R01'), PID, OBR, obx));
  expect(one(message, 'Observation')).toMatchObject({ effectiveDateTime: moment });
});

describe('what is no result of a laboratory is not called one', () => {
  const categories = (found: ReturnType<typeof one>) =>
    (found['category'] as { coding: { code: string }[] }[]).flatMap((it) => it.coding[0]?.code);
  const profiles = (found: ReturnType<typeof one>) => found.meta?.profile ?? [];
  const filled = (department: string) =>
    `OBR|1|A-1|L-1|X^Onderzoek^L${'|'.repeat(20)}${department}|F`;

  test.each([
    ['RAD', 'imaging'],
    ['CT', 'imaging'],
    ['EC', 'procedure'],
    ['LAB', 'laboratory'],
    ['', 'laboratory'],
  ])('of department %s it is %s', (department, category) => {
    const text = 'OBX|1|TX|V^Verslag^L||Geen afwijkingen.||||||F';
    const message = only(
      er7(msh('ORU^R01'), PID, filled(department), text, text.replace('V^', 'W^')),
    );
    for (const found of resourcesOf(message, 'Observation')) {
      expect(categories(found)[0]).toBe(category);
      expect(profiles(found)).toHaveLength(category === 'laboratory' ? 1 : 0);
    }
  });

  test('what a monitor measured has its units, and its parts are no findings', () => {
    const message = only(
      er7(
        msh('ORU^R01'),
        PID,
        'OBR|1||L-1|69965^MDC_DEV_MON^MDC|||20260105110000',
        'OBX|1|ST|69965^MDC_DEV_MON^MDC|1.0.0.0|||||||X',
        'OBX|2|NM|150017^MDC_PRESS_BLD_ART_SYS^MDC|1.1.1.1|128|266016^MDC_DIM_MMHG^MDC|90-140||||R',
        'OBX|3|NM|150368^MDC_TEMP^MDC|1.3.1.1|37.2|266400^MDC_DIM_DEGC^MDC^Cel^Cel^UCUM|||||R',
        'OBX|4|NM|29463-7^Gewicht^LN|1.4|80|kg|||||F',
      ),
    );
    const found = resourcesOf(message, 'Observation');
    expect(found).toMatchObject([
      { valueQuantity: { value: 128, unit: 'mm[Hg]', code: 'mm[Hg]' } },
      { valueQuantity: { unit: 'Cel', code: 'Cel' } },
      { valueQuantity: { unit: 'kg', code: 'kg' } },
      { hasMember: [{}, {}, {}] },
    ]);
    expect(found.map((it) => categories(it)[0])).toEqual(Array(4).fill('vital-signs'));
    expect(unread(message)).toEqual([]);
  });
});

test('a kind of address or number that is in no table is told, and not silently without one', () => {
  const person = PID.replace('^NL^H||0201111111^PRN^PH', '^NL^Previous||0201111111^PRN^Tel');
  const message = only(er7(msh('ADT^A31'), 'EVN|A31|20260302101400', person));
  expect(unread(message)).toEqual(['PID-11.7', 'PID-13[1].3']);
});

test('a surname that is written without its prefix is told with it', () => {
  const person = PID.replace('de Wit-van der Meer&van der&Meer&de&Wit', 'Meer&van der&Meer');
  const message = only(er7(msh('ADT^A31'), 'EVN|A31|20260302101400', person));
  expect(one(message, 'Patient')['name']).toMatchObject([{ family: 'van der Meer' }]);
});

test('where a person was born is no address of now', () => {
  const person = PID.replace('^NL^H||', '^NL^H~Tannenstr. 19^^Luebeck^^23552^DE^BDL||');
  const message = only(er7(msh('ADT^A31'), 'EVN|A31|20260302101400', person));
  expect(one(message, 'Patient')['address']).toMatchObject([{ city: 'Meerdam' }]);
  expect(unread(message)).toEqual([]);
});

test.each([
  ['^text/plain^^Base64', 'VGVrc3Q=', 'text/plain'],
  ['^^application/pdf^Base64', 'JVBERi0xLjQK', 'application/pdf'],
  ['^AP^PDF^Base64', 'JVBERi0xLjQK', 'application/pdf'],
  ['^bestand^onbekend^Base64', 'VGVrc3Q=', 'application/octet-stream'],
])('a document called %s is of that media type', (called, data, type) => {
  const obx = `OBX|1|ED|B^Brief^L||${called}^${data}||||||F`;
  const message = only(er7(msh('MDM^T02'), PID, 'TXA|1|B|||||||||D-1', obx));
  expect(one(message, 'Binary')).toMatchObject({ contentType: type });
});

test.each([
  ['A', 'AL', 'I', { type: 'allergy', is: 'confirmed', clinical: 'inactive' }],
  ['A', 'IN', 'D', { type: 'intolerance', is: 'unconfirmed', clinical: 'active' }],
  ['A', 'SE', 'E', { type: undefined, is: 'entered-in-error', clinical: undefined }],
  ['D', 'AL', 'C', { type: 'allergy', is: 'entered-in-error', clinical: undefined }],
])('reads action %s, sensitivity %s and state %s of IAM', (...[action, kind, state, expected]) => {
  const iam = `IAM|1|DA|J01CA04^amoxicilline^ATC|||${action}|A1^ZIS||${kind}||2018||||||${state}`;
  const message = only(er7(msh('ADT^A31'), 'EVN|A31|20260302', PID, iam));
  const found = one(message, 'AllergyIntolerance');
  const codeOf = (name: string) =>
    (found[name] as { coding: { code: string }[] } | undefined)?.coding[0]?.code;
  expect(found['type']).toBe(expected.type);
  expect(codeOf('verificationStatus')).toBe(expected.is);
  expect(codeOf('clinicalStatus')).toBe(expected.clinical);
});

test('says when a planned admission is expected', () => {
  const message = only(
    er7(msh('ADT^A05'), PID, `PV1|1|P${'|'.repeat(17)}V-3^^^ZIS^VN`, 'PV2||||||||20260405'),
  );
  const planned = { status: 'planned', period: { start: '2026-04-05' } };
  expect(one(message, 'Encounter')).toMatchObject(planned);
});

test.each([
  ['R', [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }]],
  ['V', [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }]],
  ['U', undefined],
])('a letter that its sender restricts (TXA-18 %s) is shielded here', (status, security) => {
  const txa = `TXA|1|BRIEF^Brief^L||20260301|1^A^B||||2^C^D|||DOC-9^ZIS|||||AU|${status}|AV`;
  const message = only(er7(msh('MDM^T02'), PID, txa, 'OBX|1|TX|B^Brief^L||tekst||||||F'));
  const found = one(message, 'DocumentReference');
  if (security) expect(found['meta']).toMatchObject({ security });
  else expect(found['meta'] ?? {}).not.toHaveProperty('security');
  expect(found['securityLabel']).toMatchObject([{ coding: [{ code: status }] }]);
  expect(unread(message)).toEqual([]);
});

test('who only tells of an allergy (A60) tells of no visit', () => {
  const iam = 'IAM|1|DA|J01CA04^amoxicilline^ATC|SV|anafylaxie|A|A1^ZIS';
  const message = only(er7(msh('ADT^A60'), 'EVN|A60|20260302', PID, 'PV1|1|O', iam));
  expect(resourcesOf(message, 'Encounter')).toEqual([]);
  expect(one(message, 'AllergyIntolerance')).toMatchObject({ criticality: 'high' });
  expect(remarks(message)).toEqual([]);
});
