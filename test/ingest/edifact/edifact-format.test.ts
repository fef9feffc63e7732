/** MEDLAB, MEDRPT and MEDVRI, source-formats 11. */
import { describe, expect, test } from 'vitest';
import { openEdifact } from '../../../src/ingest/edifact/edifact-format.ts';
import { fullYear } from '../../../src/ingest/edifact/element.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { BSN, interchange, MEDRPT, MEDVRI, medlab, PERSON, REPORT } from './own-messages.ts';

const format = openEdifact();
const overlay = readOverlay('default');

const read = (text: string, charset = overlay.charset) =>
  format.read(Buffer.from(text, 'latin1'), { ...overlay, charset });

function mapped(text: string) {
  const [message] = read(text);
  expect(message?.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
  const resources = message?.resources ?? [];
  return (type: string) =>
    resources.filter(({ resource }) => resource.resourceType === type).map((one) => one.resource);
}

function refusal(text: string): Problem {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('two digits of a year', () => {
  const old = interchange(
    medlab(
      REPORT.replace('DET:1+26:01:05', 'DET:1+37:01:05'),
      PERSON.replace('1961:07:04', '30:07:04'),
    ),
  );
  const datesAt = (received: string) => {
    const [message] = format.read(
      Buffer.from(old, 'latin1'),
      overlay,
      undefined,
      new Date(received),
    );
    const of = (type: string) =>
      message?.resources.find(({ resource }) => resource.resourceType === type)?.resource;
    const found = of('Observation')?.['effectiveDateTime'];
    return [of('Patient')?.['birthDate'], String(found).slice(0, 10)];
  };

  test('lie around the moment the message came, however late it is mapped again', () => {
    expect(datesAt('2026-11-27T12:00:00Z')).toEqual(['1930-07-04', '1937-01-05']);
    expect(datesAt('2036-11-27T12:00:00Z')).toEqual(['2030-07-04', '2037-01-05']);
  });
});

describe('MEDLAB', () => {
  const of = mapped(interchange(medlab(REPORT)));
  const [panel, potassium, culture, sodium] = of('Observation');

  test('the person: own and partner name of a woman, BSN, the number of the sender', () => {
    expect(of('Patient')).toMatchObject([
      {
        identifier: [
          { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: BSN },
          { system: `${overlay.base}patient`, value: '77' },
        ],
        name: [{ text: 'A.B. de Boer-van der Linden', family: 'de Boer-van der Linden' }],
        gender: 'female',
        birthDate: '1961-07-04',
        telecom: [{ value: '0700-123456' }],
        address: [{ city: 'Oosterdam', postalCode: '1234AB', line: ['Lindelaan 12 a'] }],
      },
    ]);
  });

  test('each result is found by both codes that the data services of MedMij ask for', () => {
    for (const one of [...of('Observation'), ...mapped(interchange(MEDRPT))('Observation')]) {
      const codes = JSON.stringify(one['category']);
      expect(codes).toContain('49581000146104');
      expect(codes).toContain('275711006');
    }
  });

  test('a result: fixed width code, digits of the value, flag, limits, comment, local time', () => {
    expect(potassium).toMatchObject({
      status: 'final',
      code: { coding: [{ code: 'K   B', display: 'Kalium' }], text: 'Kalium' },
      effectiveDateTime: '2026-01-05T08:30:00+01:00',
      valueQuantity: { unit: 'mmol/l', code: 'mmol/l' },
      interpretation: [{ coding: [{ code: '281302008' }, { code: 'H' }] }],
      referenceRange: [{ low: { unit: 'mmol/l' }, high: { unit: 'mmol/l' } }],
      note: [{ text: 'hemolytisch\nherhaald' }],
      extension: [{ valueString: '880011' }],
      specimen: { type: 'Specimen' },
    });
    expect(JSON.stringify(potassium)).toContain('"value":6.10');
  });

  test('a heading groups what follows; text is a value; a changed result is corrected', () => {
    expect(panel).toMatchObject({ code: { text: 'Elektrolyten' } });
    expect(panel?.['hasMember']).toHaveLength(2);
    expect(culture).toMatchObject({ valueString: 'zie onder', status: 'corrected' });
  });

  test('what is not done yet is registered', () => {
    expect(sodium).toMatchObject({ code: { text: 'Natrium' }, status: 'registered' });
  });

  test('the parties: laboratory, department, interpreter, requester', () => {
    expect(of('Organization')).toMatchObject([
      { name: 'Lab Oosterdam', identifier: [{ value: '50009876' }] },
      { name: 'Klinische chemie', partOf: { type: 'Organization' } },
    ]);
    expect(of('ServiceRequest')).toMatchObject([{ requester: { type: 'PractitionerRole' } }]);
    expect(of('DiagnosticReport')).toMatchObject([
      { conclusion: 'Alles nagekeken.', resultsInterpreter: [{ type: 'Practitioner' }] },
    ]);
  });

  test('a report that is not complete is preliminary', () => {
    const part = mapped(interchange(medlab(REPORT.replace('IDE:1+J', 'IDE:1+N'))));
    expect(part('Observation')[1]).toMatchObject({ status: 'preliminary' });
  });

  test('the same result in a later interchange is the same resource', () => {
    const url = (text: string) =>
      read(text)[0]?.resources.find((one) => one.resource['valueQuantity'] !== undefined)?.fullUrl;
    const later = interchange(medlab(REPORT)).replaceAll('icr-7', 'icr-8').replace('6,10', '5,9');
    expect(url(later)).toBe(url(interchange(medlab(REPORT))));
  });
});

test.each([
  ['26', '2026'],
  ['69', '1969'],
  ['98', '1998'],
])('year %s of a report is %s', (two, four) => {
  const of = mapped(interchange(medlab(REPORT.replace('26:01:05', `${two}:01:05`))));
  expect(String(of('Observation')[1]?.['effectiveDateTime']).slice(0, 4)).toBe(four);
});

test('MEDRPT: names by their kind, limits and flags in words, another list in its own system', () => {
  const of = mapped(interchange(MEDRPT));
  expect(of('Patient')).toMatchObject([
    { name: [{ text: 'A.B. de Boer-van der Linden' }], gender: 'female', birthDate: '1961-07-04' },
  ]);
  expect(of('Observation')).toMatchObject([
    {
      code: { coding: [{ code: 'K' }] },
      effectiveDateTime: '2026-01-05T08:30:00+01:00',
      interpretation: [{ coding: [{}, { code: 'H' }] }],
      referenceRange: [{ low: { unit: 'mmol/l' } }],
      note: [{ text: 'hemolytisch' }],
    },
    { code: { coding: [{ system: `${overlay.base}XYZ`, code: 'KWK' }] }, valueString: 'zie onder' },
  ]);
});

test.each([
  ['9', 'final'],
  ['5', 'corrected'],
  ['1', 'cancelled'],
])('MEDRPT function %s makes its results %s', (code, status) => {
  const of = mapped(interchange(MEDRPT.replace('+9+NA', `+${code}+NA`)));
  expect(of('Observation')[0]).toMatchObject({ status });
});

test('a letter stays a letter: plain text, with its lines, and no fact read from it', () => {
  const of = mapped(interchange(MEDVRI));
  const [letter] = of('DocumentReference');
  const [bytes] = of('Binary');
  expect(Buffer.from(String(bytes?.['data']), 'base64').toString()).toBe(
    'Geachte collega,\nMevrouw is hersteld.',
  );
  expect(letter).toMatchObject({
    meta: { profile: [expect.stringMatching(/IHE\.MHD\.Minimal\.DocumentReference$/)] },
    date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
    author: [{ type: 'Organization' }],
    content: [{ attachment: { contentType: 'text/plain; charset=utf-8' } }],
  });
  expect(of('Observation')).toEqual([]);
});

test('a letter without its text is told at the head of its message', () => {
  const [, letter] = read(interchange(MEDRPT, MEDVRI.replace(/TXT.*\n/g, '')));
  expect(letter?.issues).toContainEqual(
    expect.objectContaining({ code: 'required-missing', place: 'UNH[2]' }),
  );
});

test('two messages of one interchange are told apart', () => {
  const keys = read(interchange(medlab(REPORT), medlab(REPORT).replace('UNH+1+', 'UNH+2+'))).map(
    (one) => one.messageKey,
  );
  expect(keys).toEqual(['50009876|icr-7|1', '50009876|icr-7|2']);
});

test('separators come from UNA, and the release sign protects them', () => {
  const text = interchange(medlab(REPORT.replace('Alles nagekeken.', "?'t is ?+ goed??")));
  const other = text
    .replaceAll(/(?<!\?)\+/g, '|')
    .replaceAll(/(?<!\?):/g, '^')
    .replace('?+', '+');
  const of = mapped(`UNA^|.? '${other}`);
  expect(of('DiagnosticReport')[0]).toMatchObject({ conclusion: "'t is + goed?" });
  expect(of('Observation')[1]).toMatchObject({ code: { text: 'Kalium' } });
});

test('letters beyond ASCII are read in the character set of the sender', () => {
  const text = (name: string) => interchange(medlab(REPORT)).replace('Lindelaan', name);
  const street = (message: ReturnType<typeof read>) =>
    message[0]?.resources.find((one) => one.resource.resourceType === 'Patient')?.resource;
  expect(street(read(text('Caf\x82laan'), 'cp850'))).toMatchObject({
    address: [{ line: ['Cafélaan 12 a'] }],
  });
  expect(street(read(text('Caf\xe9laan'), 'windows-1252'))).toMatchObject({
    address: [{ line: ['Cafélaan 12 a'] }],
  });
});

test('wrong counters are told, not refused', () => {
  const [message] = read(interchange(medlab(REPORT)));
  expect(message?.issues.filter((issue) => issue.code === 'count-differs')).toMatchObject([
    { place: 'UNT-1' },
  ]);
});

test('segments without an envelope are held', () => {
  expect(read("PID+1961:07:04+V+Linden++BSN999903007'")).toMatchObject([
    { hold: ['without-envelope'] },
  ]);
});

test('a BSN that fails the eleven-test is refused with its place and without its digits', () => {
  const problem = refusal(interchange(medlab(REPORT)).replace(BSN, '999903008'));
  expect(problem).toMatchObject({ code: 'bsn-eleven-test', expression: ['PID-5'] });
  expect(problem.message).not.toContain('9999');
  expect(refusal(interchange(MEDRPT).replace(BSN, '999903008')).expression).toEqual(['PNA-2.3']);
});

test.each([
  ["UNH+1+ORDERS:1'\nPID+1961:07:04'", 'message-type', 'UNH-2'],
  ["UNH+1+MEDLAB:1'\nZKH+Lab'", 'segment-missing', 'PID'],
  ["UNB+UNOA:1+a+b+260106:1215+x'", 'segment-missing', 'UNH'],
  ["UNH+1+MEDLAB:1'p!d+x'", 'segment-name', 'segment 2'],
  ["UNAaaaaaa'UNH+1'", 'delimiters', 'UNA'],
])('%s is refused: %s at %s', (text, code, place) => {
  expect(refusal(text)).toMatchObject({ code, expression: [place] });
});

test('what is no EDIFACT is not taken for it', () => {
  for (const text of ['MSH|^~\\&|', '<a/>', '{}', 'UN', 'PIDGIN+', '']) {
    expect(format.recognise(Buffer.from(text))).toBe(false);
  }
});

test.each([
  ['in a report', (text: string) => text.slice(0, text.indexOf('BEP:1:1:3'))],
  ['before UNT', (text: string) => text.replace(/UNT\+9\+1'/, '')],
  ['before UNZ', (text: string) => text.slice(0, text.indexOf('UNZ'))],
])('an interchange that was cut off %s is held: its last results may be missing', (_where, cut) => {
  const whole = interchange(medlab(REPORT));
  expect(read(whole)[0]?.hold).toEqual([]);
  expect(read(cut(whole))[0]?.hold).toEqual(['message-cut-off']);
});

test.each([
  ['26', 2026, '2026'],
  ['27', 2026, '1927'],
  ['45', 2026, '1945'],
  ['99', 2026, '1999'],
  ['27', 2027, '2027'],
])('of the year %s, read in %i, is made %s: nothing lies in the future', (digits, year, whole) => {
  expect(fullYear(digits, new Date(Date.UTC(year, 5, 1)))).toBe(whole);
});

describe('a comment is of the result with its counters', () => {
  const comments = (report: string) =>
    mapped(interchange(medlab(report)))('Observation').map((one) => one['note']);
  const bare = REPORT.replace("OPB:1:1:2+hemolytisch+herhaald'\n", '');

  test.each([
    ['behind all results', bare.replace('NUB:', "OPB:1:1:2+hemolytisch'\nNUB:")],
    ['before its own', bare.replace('BEP:1:1:2', "OPB:1:1:2+hemolytisch'\nBEP:1:1:2")],
  ])('%s', (_where, report) => {
    const [heading, potassium, culture] = comments(report);
    expect(potassium).toEqual([{ text: 'hemolytisch' }]);
    expect([heading, culture]).toEqual([undefined, undefined]);
  });

  test('and of the one before it where no result has them', () => {
    const [, , culture] = comments(bare.replace('NUB:', "OPB:1:1:9+geen groei'\nNUB:"));
    expect(culture).toEqual([{ text: 'geen groei' }]);
  });
});
