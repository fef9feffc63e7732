/** HL7 v2 to nl-core, source-formats.md 3.3 to 3.6 and 2.1 to 2.8. */
import { describe, expect, it } from 'vitest';
import type { MappedMessage } from '../../../src/ingest/format.ts';
import { Problem } from '../../../src/platform/problem.ts';
import {
  ADT_A08,
  er7,
  format,
  msh,
  ORU_R01,
  one,
  only,
  overlay,
  PID,
  resourcesOf,
  withOverlay,
} from './messages.ts';

const refusalOf = (bytes: Buffer, sender = overlay): Problem => {
  try {
    format.read(bytes, sender);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was accepted');
};
const fullUrlOf = (message: MappedMessage, rule: string) =>
  message.resources.find((made) => made.key.split('|')[1] === rule)?.fullUrl;
const adt = (event: string, ...segments: string[]) =>
  only(er7(msh(`ADT^${event}`), `EVN|${event}|20260302101400`, ...segments));
const PV1 =
  'PV1|1|I|4A^12^1^HAVENZH||||03098765^Boom^K.L.^^^^^^VEKTIS||||||||||||V-881^^^HAVENZH^VN|||||||||||||||||||||||||20260301093000';

describe('a person in PID', () => {
  const patient = one(only(ADT_A08), 'Patient');

  it('has BSN and local number in their own systems', () => {
    expect(patient['identifier']).toMatchObject([
      { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: '999912069' },
      { system: `${overlay.base}HAVENZH`, value: '0012345', type: { coding: [{ code: 'PI' }] } },
    ]);
  });

  it('has a Dutch name: composed, own and partner part, initials, order of use', () => {
    const structure = 'http://hl7.org/fhir/StructureDefinition/';
    expect(patient['name']).toEqual([
      {
        extension: [{ url: `${structure}humanname-assembly-order`, valueCode: 'NL3' }],
        use: 'official',
        text: 'A.B. de Wit-van der Meer',
        family: 'de Wit-van der Meer',
        _family: {
          extension: [
            { url: `${structure}humanname-own-prefix`, valueString: 'van der' },
            { url: `${structure}humanname-own-name`, valueString: 'Meer' },
            { url: `${structure}humanname-partner-prefix`, valueString: 'de' },
            { url: `${structure}humanname-partner-name`, valueString: 'Wit' },
          ],
        },
        given: ['A.B.'],
        _given: [{ extension: [{ url: `${structure}iso21090-EN-qualifier`, valueCode: 'IN' }] }],
      },
    ]);
  });

  it('has an address in parts, phone and mail, gender with its code, and a day of birth', () => {
    const [address] = patient['address'] as Record<string, unknown>[];
    expect(address).toMatchObject({
      line: ['Lange Dijk 12 b'],
      city: 'Meerdam',
      postalCode: '1234AB',
    });
    expect(JSON.stringify(address)).toContain('buildingNumberSuffix","valueString":"b"');
    expect(patient['telecom']).toMatchObject([
      { system: 'phone', value: '0201111111', use: 'home' },
      { system: 'email', value: 'a.vandermeer@voorbeeld.example' },
    ]);
    expect(patient).toMatchObject({ gender: 'female', birthDate: '1968-04-12' });
    expect(patient['_gender']).toMatchObject({
      extension: [{ valueCodeableConcept: { coding: [{ code: 'F' }] } }],
    });
  });

  it('is only an update: what the message leaves out stays, `""` takes away', () => {
    const message = adt('A08', 'PID|1||999912069^^^NLMINBIZA^NNNLD||Boer^C|||||||""');
    const mapped = message.resources.find((made) => made.resource.resourceType === 'Patient');
    expect(mapped?.partial).toBe(true);
    expect(mapped?.resource).not.toHaveProperty('telecom');
    expect(Object.hasOwn(mapped?.resource ?? {}, 'address')).toBe(false);
    const removed = adt('A08', 'PID|1||999912069^^^NLMINBIZA^NNNLD||Boer^C||||||""');
    const patientThen = one(removed, 'Patient');
    expect(Object.hasOwn(patientThen, 'address')).toBe(true);
    expect(patientThen['address']).toBeUndefined();
  });

  it('leaves race, religion and ethnic group in the original', () => {
    const message = adt('A28', `${PID}||||||RC|||||EG`);
    expect(JSON.stringify(message.resources)).not.toMatch(/"(RC|EG)"/);
    const kinds = message.issues.filter((issue) => /^PID-(17|22)/.test(issue.place));
    for (const issue of kinds) expect(issue.kind).toBe('ignored');
  });
});

describe('the BSN', () => {
  it('that fails the eleven-test is refused with its place and without its digits', () => {
    const problem = refusalOf(
      er7(msh('ADT^A08'), 'PID|1||7^^^HAVENZH^PI~999912068^^^NLMINBIZA^NNNLD||Boer^C'),
    );
    expect(problem).toMatchObject({
      kind: 'unprocessable',
      code: 'bsn-eleven-test',
      expression: ['PID-3[2].1'],
    });
    expect(problem.message).not.toContain('99991');
  });

  it('that is empty counts as none, and is flagged', () => {
    const { patient } = adt('A08', 'PID|1||7^^^HAVENZH^PI~^^^NLMINBIZA^NNNLD||Boer^C');
    expect(patient.identifiers).toHaveLength(1);
    expect(patient.flags).toContain('bsn-missing');
  });

  it('of which the sender says that it is unsure waits', () => {
    const message = adt('A08', `PID|1||999912069^^^NLMINBIZA^NNNLD||Boer^C${'|'.repeat(26)}Y`);
    expect(message.hold).toEqual(['identity-unknown']);
  });

  it('keeps a leading zero that the sender dropped', () => {
    const message = adt('A08', 'PID|1||10000008^^^NLMINBIZA||Boer^C');
    expect(message.patient.identifiers).toMatchObject([{ value: '010000008' }]);
  });
});

describe('ADT', () => {
  it('A08 makes an Encounter that refers to the person, its doctor and its place', () => {
    const message = only(ADT_A08);
    expect(message.format).toBe('hl7v2 ADT^A08');
    expect(one(message, 'Encounter')).toMatchObject({
      status: 'in-progress',
      class: { code: 'IMP' },
      identifier: [{ value: 'V-2026-881' }],
      subject: { reference: message.patient.fullUrl },
      period: { start: '2026-03-01T09:30:00+01:00' },
      participant: [
        { individual: { type: 'Practitioner' }, type: [{ coding: [{ code: 'ATND' }] }] },
      ],
      location: [{ location: { type: 'Location' }, status: 'active' }],
    });
    expect(one(message, 'Practitioner')).toMatchObject({
      identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/agb-z', value: '03098765' }],
    });
  });

  it.each([
    ['A01', 'in-progress'],
    ['A03', 'finished'],
    ['A05', 'planned'],
    ['A11', 'cancelled'],
    ['A13', 'in-progress'],
    ['A14', 'planned'],
    ['A15', 'in-progress'],
    ['A26', 'in-progress'],
    ['A23', 'entered-in-error'],
  ])('%s gives an Encounter that is %s, always the same one', (event, status) => {
    const message = adt(event, PID, PV1);
    expect(one(message, 'Encounter')['status']).toBe(status);
    expect(fullUrlOf(message, 'visit')).toBe(fullUrlOf(adt('A01', PID, PV1), 'visit'));
  });

  it('A40 replaces the old number by the one that stays', () => {
    const message = adt('A40', PID, 'MRG|0099999^^^HAVENZH^PI');
    const [first, second] = resourcesOf(message, 'Patient');
    const old = first?.['active'] === false ? first : second;
    const kept = old === first ? second : first;
    expect(old).toMatchObject({
      identifier: [{ value: '0099999' }],
      active: false,
      link: [{ other: { reference: message.patient.fullUrl }, type: 'replaced-by' }],
    });
    expect(kept).toMatchObject({ link: [{ type: 'replaces' }] });
  });

  it('makes conditions, allergies, contacts and insurance of DG1, AL1, NK1 and IN1', () => {
    const message = adt(
      'A01',
      PID,
      'NK1|1|Wit^D|SPO',
      PV1,
      'AL1|1|DA|7980^Penicilline^SCT|SV|huiduitslag',
      'DG1|1||22298006^Myocardinfarct^SCT||20260301',
      'IN1|1|^null|0001^^^VEKTIS^UZOVI|Zorgzeker',
    );
    expect(one(message, 'AllergyIntolerance')).toMatchObject({
      category: ['medication'],
      criticality: 'high',
      reaction: [{ manifestation: [{ text: 'huiduitslag' }], severity: 'severe' }],
    });
    expect(one(message, 'Condition')).toMatchObject({
      code: { coding: [{ system: 'http://snomed.info/sct', code: '22298006' }] },
      encounter: { reference: fullUrlOf(message, 'visit') },
    });
    expect(one(message, 'RelatedPerson')).toMatchObject({
      relationship: [{ coding: [{ code: 'SPS' }, { code: 'SPO' }] }],
    });
    expect(one(message, 'Coverage')).toMatchObject({ payor: [{ type: 'Organization' }] });
    expect(one(message, 'Organization')).toMatchObject({
      identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/uzovi', value: '0001' }],
    });
  });
});

describe('ORU^R01', () => {
  const message = only(ORU_R01);
  const results = resourcesOf(message, 'Observation');
  const result = (code: string) =>
    results.find((found) => JSON.stringify(found['code']).includes(`"${code}"`));

  it('makes an Observation of each OBX, a panel and a report over them', () => {
    expect(results).toHaveLength(5);
    const members = result('BB')?.['hasMember'] as unknown[];
    expect(members).toHaveLength(4);
    expect(one(message, 'DiagnosticReport')).toMatchObject({
      status: 'final',
      issued: '2026-03-02T09:45:00+01:00',
      identifier: [{ value: 'A-771' }, { value: 'L-5521' }],
    });
  });

  it('keeps every digit of a number, its unit and its limits', () => {
    const text = JSON.stringify(result('718-7'));
    expect(text).toContain('"value":7.90');
    expect(result('718-7')).toMatchObject({
      valueQuantity: { unit: 'mmol/l', system: 'http://unitsofmeasure.org', code: 'mmol/l' },
      referenceRange: [{ low: { value: 7.5 }, high: {} }],
      status: 'final',
      effectiveDateTime: '2026-03-02T08:05:00+01:00',
    });
    expect(text).toContain('"value":10.0');
  });

  it('makes a Quantity of a number in ST with a unit, and text of the rest', () => {
    expect(result('GLU')).toMatchObject({
      valueQuantity: { value: 2.5, comparator: '<' },
      interpretation: [
        { coding: [{ system: 'http://snomed.info/sct', code: '281300000' }, { code: 'L' }] },
      ],
      note: [{ text: 'Monster was lipemisch.\nHerhaling geadviseerd.' }],
      effectiveDateTime: '2026-03-02T08:05:00+01:00',
    });
    expect(result('OPM')).toMatchObject({ valueString: 'zie onder', status: 'preliminary' });
  });

  it('keeps a coded value, and says that it was corrected', () => {
    expect(result('KWEEK')).toMatchObject({
      status: 'corrected',
      valueCodeableConcept: { coding: [{ code: '112283007' }] },
    });
  });

  it('keeps the identity of a result when it comes again, corrected', () => {
    const again = only(
      Buffer.from(
        ORU_R01.toString('latin1')
          .replace('|7.90|', '|8.10|')
          .replace('||||F|||2026030208', '||||C|||2026030208'),
        'latin1',
      ),
    );
    const urls = (of: MappedMessage) => of.resources.map((made) => made.fullUrl);
    expect(urls(again)).toEqual(urls(message));
  });

  it.each([
    ['D', 'entered-in-error'],
    ['W', 'entered-in-error'],
    ['X', 'cancelled'],
    ['I', 'registered'],
  ])('status %s is %s', (code, status) => {
    const bytes = Buffer.from(
      ORU_R01.toString('latin1').replace('||||F|||2026030208', `||||${code}|||2026030208`),
      'latin1',
    );
    const found = resourcesOf(only(bytes), 'Observation').find((o) =>
      JSON.stringify(o).includes('718-7'),
    );
    expect(found?.['status']).toBe(status);
  });

  it('splits a message about two people', () => {
    const second = PID.replace('999912069', '999912082').replace('0012345', '0077777');
    const [first, other] = format.read(
      er7(
        msh('ORU^R01'),
        PID,
        'OBR|1||F1|X^X^L',
        'OBX|1|ST|A^A^L||1||||||F',
        second,
        'OBR|1||F2|Y^Y^L',
        'OBX|1|ST|B^B^L||2||||||F',
      ),
      overlay,
    );
    expect(JSON.stringify(first?.resources)).not.toContain('"0077777"');
    expect(other?.patient.identifiers).toMatchObject([
      { value: '999912082' },
      { value: '0077777' },
    ]);
    expect(first?.messageKey).not.toBe(other?.messageKey);
    expect(resourcesOf(other as MappedMessage, 'Observation')).toHaveLength(1);
  });
});

describe('MDM', () => {
  const pdf = Buffer.from('%PDF-1.7\n%voorbeeld').toString('base64');
  const mdm = (event: string, txa: string, ...rest: string[]) =>
    only(er7(msh(`MDM^${event}`), `EVN|${event}|20260302`, PID, 'PV1|1|O', txa, ...rest));

  it('T02 makes a DocumentReference with its PDF in a Binary', () => {
    const message = mdm(
      'T02',
      'TXA|1|BRIEF^Ontslagbrief^L||20260301|||||03098765^Boom^K.^^^^^^VEKTIS|||DOC-1^ZIS|||||AU||AV',
      `OBX|1|ED|PDF^Brief^L||^application^pdf^Base64^${pdf}||||||F`,
    );
    const binary = message.resources.find((made) => made.resource.resourceType === 'Binary');
    expect(binary?.resource).toMatchObject({ contentType: 'application/pdf', data: pdf });
    expect(one(message, 'DocumentReference')).toMatchObject({
      status: 'current',
      docStatus: 'final',
      masterIdentifier: { value: 'DOC-1' },
      content: [{ attachment: { contentType: 'application/pdf', url: binary?.fullUrl } }],
      author: [{ type: 'Practitioner' }],
    });
  });

  it('T01 tells of a document that it does not hold: FHIR asks for content, and it has none', () => {
    const message = mdm('T01', 'TXA|1|BRIEF^Ontslagbrief^L||20260301||||||||DOC-3');
    const document = one(message, 'DocumentReference');
    const url = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
    expect(document['content']).toMatchObject([
      {
        attachment: {
          title: 'Ontslagbrief',
          _url: { extension: [{ url, valueCode: 'unknown' }] },
        },
      },
    ]);
    expect(document).not.toHaveProperty('meta.profile');
  });

  it('joins the lines of a text report', () => {
    const message = mdm(
      'T02',
      'TXA|1|BRIEF||||||||||DOC-2',
      'OBX|1|TX|R||Geachte collega,||||||F',
      'OBX|2|TX|R||tot ziens.||||||F',
    );
    const data = one(message, 'Binary')['data'] as string;
    expect(Buffer.from(data, 'base64').toString()).toBe('Geachte collega,\ntot ziens.');
  });

  it.each(['T06', 'T09', 'T10'])('%s that names no document before says so', (event) => {
    const codes = (parent: string) =>
      mdm(event, `TXA|1|B||||||||||DOC-4|${parent}`, 'OBX|1|TX|R||x').issues.map(
        ({ code }) => code,
      );
    expect(codes('')).toContain('parent-missing');
    expect(codes('DOC-1')).not.toContain('parent-missing');
  });

  it('T10 replaces, T11 withdraws', () => {
    expect(
      one(mdm('T10', 'TXA|1|B||||||||||DOC-4|DOC-1', 'OBX|1|TX|R||x'), 'DocumentReference'),
    ).toMatchObject({
      relatesTo: [{ code: 'replaces', target: { identifier: { value: 'DOC-1' } } }],
    });
    expect(one(mdm('T11', 'TXA|1|B||||||||||DOC-4'), 'DocumentReference')['status']).toBe(
      'entered-in-error',
    );
  });
});

describe('orders', () => {
  it('become a ServiceRequest with requester, specimen and the answers asked with it', () => {
    const message = only(
      er7(
        msh('OML^O21'),
        PID,
        'ORC|NW|ORD-9||GRP-1|||||20260302090000|||01055555^Zee^M.^^^^^^VEKTIS|||||||||Praktijk Zee^^01055556^^^VEKTIS',
        'TQ1|1||||||||S^Stat^HL70485',
        'OBR|1|ORD-9||CRP^CRP^L|||||||O|||||01055555^Zee^M.^^^^^^VEKTIS',
        'OBX|1|ST|KLACHT^Klacht^99abc||koorts||||||F',
        'SPM|1|||BLD^Bloed^L',
      ),
    );
    expect(one(message, 'ServiceRequest')).toMatchObject({
      status: 'active',
      intent: 'order',
      priority: 'stat',
      requisition: { value: 'GRP-1' },
      requester: { type: 'PractitionerRole' },
      specimen: [{ type: 'Specimen' }],
      supportingInfo: [{ type: 'Observation' }],
      authoredOn: '2026-03-02T09:00:00+01:00',
    });
  });
});

describe('every value', () => {
  it('ends mapped, ignored with a reason, or unread; nothing twice, nothing missing', () => {
    for (const bytes of [ADT_A08, ORU_R01]) {
      const { issues } = only(bytes);
      const leaves = issues.filter((issue) => issue.kind !== 'rule');
      expect(new Set(leaves.map((issue) => issue.place)).size).toBe(leaves.length);
      expect(leaves.filter((issue) => issue.kind === 'unread').map((issue) => issue.place)).toEqual(
        [],
      );
      for (const issue of leaves.filter((found) => found.kind === 'ignored')) {
        expect(issue.text.length).toBeGreaterThan(5);
      }
    }
  });

  it('of a Z-segment is unread, until the sender has a table for it', () => {
    const bytes = er7(msh('ADT^A08'), PID, PV1, 'ZVB|zitkamer 4');
    expect(
      only(bytes)
        .issues.filter((i) => i.kind === 'unread')
        .map((i) => i.place),
    ).toEqual(['ZVB-1']);
    const own = withOverlay({
      tables: [
        {
          table: 'sender-x',
          rules: [
            {
              extend: 'visit',
              fields: [{ to: 'type[]', from: 'ZVB', fields: [{ to: 'text', from: '1' }] }],
            },
          ],
        },
      ],
    });
    const message = only(bytes, own);
    expect(one(message, 'Encounter')['type']).toEqual([{ text: 'zitkamer 4' }]);
    expect(message.issues.some((issue) => issue.kind === 'unread')).toBe(false);
  });

  it('follows the sender: local codes translated beside the code, units spelled its way', () => {
    const own = withOverlay({
      codes: { 'L|GLU': [{ system: 'http://loinc.org', code: '2345-7' }] },
      units: { 'mmol/l': 'mmol/L' },
    });
    const glucose = resourcesOf(only(ORU_R01, own), 'Observation').find((o) =>
      JSON.stringify(o).includes('GLU'),
    );
    expect(glucose).toMatchObject({
      code: { coding: [{ code: 'GLU' }, { system: 'http://loinc.org', code: '2345-7' }] },
      valueQuantity: { code: 'mmol/L' },
    });
  });
});

describe('what cannot be read', () => {
  it.each([
    ['an unknown type', er7(msh('QRY^A19'), PID), 'message-type', 'MSH-9.1'],
    ['an unknown event', er7(msh('ADT^A99'), PID), 'event', 'MSH-9.2'],
    ['no person', er7(msh('ORU^R01'), 'OBR|1'), 'segment-missing', 'PID'],
    ['an empty person', er7(msh('ADT^A08'), 'PID|1'), 'field-missing', 'PID-3'],
    [
      'a pseudonym',
      er7(msh('ADT^A08'), 'PID|1||7^^^X^PI||Anoniem^A^^^^^S'),
      'anonymised',
      'PID-5.7',
    ],
    [
      'no control id',
      er7('MSH|^~\\&|A|B|C|D|2026||ADT^A08||P|2.5', PID),
      'field-missing',
      'MSH-10',
    ],
    [
      'a test message',
      er7('MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|T|2.5', PID),
      'processing-id',
      'MSH-11',
    ],
    ['another HL7', er7('MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|3.0', PID), 'version', 'MSH-12'],
  ])('%s is refused with its place', (_, bytes, code, place) => {
    expect(refusalOf(bytes)).toMatchObject({ code, expression: [place] });
  });

  it('in one field is reported, and the rest is mapped', () => {
    const message = adt('A08', 'PID|1||999912069^^^NLMINBIZA||Boer^C||12 april 1968|Q');
    expect(one(message, 'Patient')).not.toHaveProperty('birthDate');
    expect(message.issues.filter((issue) => issue.kind === 'rule')).toMatchObject([
      { code: 'unknown-code', place: 'PID-8', rule: 'patient.gender' },
      { code: 'not-a-time', place: 'PID-7', rule: 'patient.birthDate' },
    ]);
  });
});

it('a comment on the person stays in the original, and is never unread', () => {
  const message = only(
    er7(msh('ORU^R01^ORU_R01'), PID, 'NTE|1|L|Wil niet gebeld worden.', 'NTE|2|L|Nog iets.'),
  );
  const about = message.issues.filter(({ place }) => place.startsWith('NTE'));
  expect(about.map(({ kind }) => kind)).not.toContain('unread');
  expect(about.some(({ place, kind }) => /-3/.test(place) && kind === 'ignored')).toBe(true);
  expect(JSON.stringify(message.resources)).not.toContain('gebeld');
});

it('takes time that grows with the message, also with thousands of results under one order', () => {
  const cost = (count: number) => {
    const results = Array.from({ length: count }, (_, at) => `OBX|${at}|NM|C${at}^c^L||5||||||F`);
    const order = 'OBR|1||F1^L|KC^Chemie^L|||20260105090000';
    const bytes = er7(msh('ORU^R01^ORU_R01'), PID, order, ...results);
    const before = process.cpuUsage();
    expect(only(bytes).resources.length).toBeGreaterThan(count);
    return process.cpuUsage(before).user / count;
  };
  cost(200);
  const small = Math.min(cost(1_000), cost(1_000));
  expect(cost(8_000) / small).toBeLessThan(3);
});

it('a state that is in no table is unknown, not that of the order', () => {
  const order = 'OBR|1||F1^L|KC^Chemie^L|||20260105090000||||||||||||||||||F';
  const of = (state: string) =>
    one(
      only(er7(msh('ORU^R01^ORU_R01'), PID, order, `OBX|1|NM|A^b^L||5||||||${state}`)),
      'Observation',
    )['status'];
  expect([of('Q'), of('F'), of('')]).toEqual(['unknown', 'final', 'final']);
});

it.each(['8 - 4', '4.0--8'])('limits that are no range (%s) stay what was written', (limits) => {
  const order = 'OBR|1||F1^L|KC^Chemie^L|||20260105090000';
  const message = only(
    er7(msh('ORU^R01^ORU_R01'), PID, order, `OBX|1|NM|A^b^L||5|mmol/l|${limits}||||F`),
  );
  expect(one(message, 'Observation')['referenceRange']).toEqual([{ text: limits }]);
});

describe('what would harm whoever reads it', () => {
  const refused = (...segments: string[]) => {
    try {
      format.read(er7(...segments), overlay);
    } catch (error) {
      const { code, expression } = Problem.from(error);
      return [code, ...expression];
    }
    return 'accepted';
  };
  const order = 'OBR|1||F1^L|KC^Chemie^L|||20260105090000';

  it('a control character is refused with its place, a form feed is a new line', () => {
    const text = (value: string) => `OBX|1|TX|A^b^L||${value}||||||F`;
    const head = msh('ORU^R01^ORU_R01');
    expect(refused(head, PID, order, text('a\u0000b'))).toEqual(['control-character', 'OBX-5']);
    expect(refused(head, PID, order, text('a\u001ab'))).toEqual(['control-character', 'OBX-5']);
    const page = one(only(er7(head, PID, order, text('a\u000cb'))), 'Observation');
    expect(page['valueString']).toBe('a\nb');
    const escaped = one(only(er7(head, PID, order, text('a\\X00\\b'))), 'Observation');
    expect(escaped['valueString']).toBe('a\\X00\\b');
  });

  it('a PDF that does something when it is opened is refused, in a letter and in a result', () => {
    const pdf = Buffer.from('%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(x)>>>>endobj');
    const obx = `OBX|1|ED|B^b^L||^application^pdf^Base64^${pdf.toString('base64')}||||||F`;
    expect(refused(msh('ORU^R01^ORU_R01'), PID, order, obx)).toEqual([
      'active-content',
      expect.stringMatching(/^OBX/),
    ]);
    expect(refused(msh('MDM^T02'), PID, 'TXA|1|B|||||||||D-1', obx)[0]).toBe('active-content');
  });

  it('a number cut at a separator is a text, not the number before it', () => {
    const result = one(
      only(er7(msh('ORU^R01^ORU_R01'), PID, order, 'OBX|1|NM|A^b^L||10^9|/l|||||F')),
      'Observation',
    );
    expect(result['valueQuantity']).toBeUndefined();
    expect(result['valueString']).toMatch(/^10\^9/);
  });

  it('a merge of a number with itself is refused', () => {
    const old = 'MRG|0012345^^^HAVENZH^PI';
    expect(refused(msh('ADT^A40'), PID, old)).toEqual(['merge-with-itself', 'MRG-1']);
  });
});
