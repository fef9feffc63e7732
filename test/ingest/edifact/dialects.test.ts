/** EDIFACT as vendors write it: other separators, character sets, and segments of their own. */
import { describe, expect, test } from 'vitest';
import { openEdifact } from '../../../src/ingest/edifact/edifact-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { BSN, interchange, medlab, PERSON, REPORT } from './own-messages.ts';

const format = openEdifact();
const overlay = readOverlay('default');

function mapped(text: string, encoding: BufferEncoding = 'latin1') {
  const bytes = Buffer.from(text, encoding);
  expect(format.recognise(bytes)).toBe(true);
  const [message] = format.read(bytes, overlay);
  expect(message?.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
  const resources = message?.resources ?? [];
  return (type: string) =>
    resources.filter(({ resource }) => resource.resourceType === type).map((one) => one.resource);
}

const usual = interchange(medlab(REPORT));
const observations = JSON.stringify(mapped(usual)('Observation'));

describe('the same report in another dress', () => {
  const withSigns = (una: string, signs: Record<string, string>) =>
    una + [...usual].map((sign) => signs[sign] ?? sign).join('');
  test.each([
    ['no blank before the end sign in UNA', `UNA:+.?'${usual}`],
    ['a blank for the release sign: there is none', `UNA:+.  '${usual.replaceAll('?', '')}`],
    ['signs of its own', withSigns('UNA|^,! ~\r\n', { ':': '|', '+': '^', "'": '~' })],
    ['a line feed ends a segment', `UNA:+.? \n${usual.replaceAll(/'\s*/g, '\n')}`],
    ['tags in small letters', usual.replaceAll(/^[A-Z]{3}(?=[:+])/gm, (tag) => tag.toLowerCase())],
    ['blanks between the segments', usual.replaceAll('\r\n', ' \r\n\t ')],
  ])('%s', (_name, text) => {
    expect(JSON.stringify(mapped(text)('Observation'))).toBe(observations);
  });
});

describe('letters beyond ASCII, whatever the syntax id says', () => {
  const at = (syntax: string) =>
    interchange(medlab(REPORT, PERSON.replace('Oosterdam', 'Curaçao'))).replace('UNOA', syntax);
  test.each([
    ['UNOA', 'utf8'],
    ['UNOB', 'latin1'],
    ['UNOC', 'latin1'],
    ['UNOC', 'utf8'],
    ['UNOW', 'utf8'],
  ] as const)('%s with bytes in %s', (syntax, encoding) => {
    expect(mapped(at(syntax), encoding)('Patient')).toMatchObject([
      { address: [{ city: 'Curaçao' }] },
    ]);
  });
});

test('each report of a message keeps its own time, number and text', () => {
  const second = `DET:2+26:01:06+09:00'
IDE:2+N+880012+Urine'
BEP:2:1:1+0+Glucose+5++mmol/l++++GLUCU'
OPM:2+Volgt nog.'`;
  const of = mapped(interchange(medlab(`${REPORT}\n${second}`)));
  expect(of('DiagnosticReport')).toMatchObject([
    {
      status: 'final',
      identifier: [{ value: '880011' }],
      effectiveDateTime: '2026-01-05T08:30:00+01:00',
      conclusion: 'Alles nagekeken.',
    },
    {
      status: 'preliminary',
      identifier: [{ value: '880012' }],
      effectiveDateTime: '2026-01-06T09:00:00+01:00',
      conclusion: 'Volgt nog.',
      result: [{ type: 'Observation' }],
    },
  ]);
});

test('noughts are no laboratory number: results of two days stay two results', () => {
  const glucose = (day: string) =>
    interchange(
      medlab(`DET:1+26:01:${day}+08:30'\nIDE:1+J+0000000'\nBEP:1:1:1+0+Glucose+5++mmol/l++++GLUC'`),
    );
  const ids = ['05', '06'].map(
    (day) =>
      format
        .read(Buffer.from(glucose(day)), overlay)[0]
        ?.resources.find(({ resource }) => resource.resourceType === 'Observation')?.fullUrl,
  );
  expect(ids[0]).toBeDefined();
  expect(ids[0]).not.toBe(ids[1]);
  expect(JSON.stringify(mapped(glucose('05'))('DiagnosticReport'))).not.toContain('0000000');
});

test('a section is a heading over its results', () => {
  const of = mapped(
    interchange(
      medlab(`DET:1+26:01:05+08:30'\nIDE:1+J+880013'\nSEC:1:1+MEETWAARDEN'
BEP:1:1:1+0+Gewicht+70.0++kg++0+1000+GEW'`),
    ),
  );
  expect(of('Observation')).toMatchObject([
    { code: { text: 'MEETWAARDEN' }, hasMember: [{ type: 'Observation' }] },
    { valueQuantity: { unit: 'kg' } },
  ]);
});

test('a clock and a day are no amounts', () => {
  const of = mapped(
    interchange(
      medlab(`DET:1+26:01:05+08:30'\nIDE:1+J+880014'
BEP:1:1:1+0+Tijd inname+22.15++uur++++TINN'
BEP:1:1:2+0+Datum inname+260104++++++DINN'
BEP:1:1:3+0+Verzameltijd+24++uur++++VERZ'`),
    ),
  );
  expect(of('Observation')).toMatchObject([
    { valueString: '22.15 uur' },
    { valueString: '260104' },
    { valueQuantity: { unit: 'uur' } },
  ]);
});

test('the number of a requester that is too short for an AGB code stays the number of the sender', () => {
  const text = usual.replace('ART+H+01009876', 'ART+H+5');
  expect(mapped(text)('Practitioner')).toContainEqual(
    expect.objectContaining({ identifier: [{ system: `${overlay.base}party`, value: '5' }] }),
  );
});

test('MEDRPT: telephone and address are of the party or person they follow', () => {
  const of = mapped(
    interchange(`UNH+1+MEDRPT:D:93A:UN:MRPN32'
BGM+LRP:MF:ITN+990022+9+NA'
S01+01'
NAD+SLA+07009876:CLB:VEK++Lab :Oosterdam:::01009876'
CTA+AFD+:Hematologie'
COM+0700700700:TE'
S01+02'
NAD+PO+01009876:CGP:VEK++Huis:Q:van+Plein+2:b+Oosterdam+1234AC'
FCA+PU+5678:ZZ:VEK:01009876'
S07+01'
PNA+PAT+::${BSN}:PCL:LZB+++NAN:Boer+NVV:AB*de'
DTM+329:19610704:102'
ADR++7:Lindelaan:12 a+Oosterdam+1234AB+NL'
COM+0700123456:TE'
SPC+TSP'
INV+1+K:AMB:NHG:Kalium'
RSL+NV+6.1+3.5 5.0+mmol/l+HI'
UNT+18+1'`),
  );
  expect(of('Patient')).toMatchObject([
    {
      telecom: [{ value: '0700123456' }],
      address: [{ line: ['Lindelaan 12 a'], city: 'Oosterdam', postalCode: '1234AB' }],
    },
  ]);
  expect(of('Organization')).toMatchObject([
    { telecom: [{ value: '0700700700' }], contact: [{ name: { text: 'Hematologie' } }] },
  ]);
});

test('MEDVRI with a department: address, telephone and day of the letter are in their places', () => {
  const of = mapped(
    interchange(`UNH+5+MEDVRI:1'
GGA+Praktijk Zuid+Administratie+Praktijk Zuid BV+Kade:14::Oosterdam:1234AB+?+31700123456'
DET+26:01:04+09:41'
${PERSON}
TXT:1+Beste collega'
GGO+Q. Huis+++Plein:8::Oosterdam:'
UNT+8+5'`),
  );
  expect(of('Organization')).toMatchObject([
    {
      name: 'Praktijk Zuid BV',
      alias: ['Praktijk Zuid'],
      telecom: [{ value: '+31700123456' }],
      address: [{ line: ['Kade 14'], city: 'Oosterdam' }],
    },
  ]);
  expect(of('DocumentReference')).toMatchObject([{ date: '2026-01-04T09:41:00+01:00' }]);
});

test('MEDSPE in the newer syntax: the whole letter, its writer and whom it is about', () => {
  const of = mapped(
    interchange(`UNH+1+MEDSPE:3:911:IT:SPE31+Patient BOER'
BGM+SPE:MF:ITN'
DTM+137:202601041030:203'
NAD+SEN+++Ziekenhuis Oosterdam+Kade:1+Oosterdam++1234AA'
NAD+REC+9999:CGP:LOC++Q. Huis'
PID+PAT+6107BO00:PCL:LOC+100:Boer:A.B:"":""'
DTM+BTH:19610704:102'
NAD+PAT++++Lindelaan:12+Oosterdam++1234AB+""'
FTX+GMR+1++Geachte collega,:.:Conclusie?: fractuur'
FTX+GMR+1++Met groet'
UNT+11+1'`),
  );
  expect(of('Patient')).toMatchObject([
    {
      identifier: [{ system: `${overlay.base}patient`, value: '6107BO00' }],
      name: [{ family: 'Boer', text: 'A.B. Boer' }],
      birthDate: '1961-07-04',
      address: [{ line: ['Lindelaan 12'], city: 'Oosterdam' }],
    },
  ]);
  expect(of('DocumentReference')).toMatchObject([
    { date: '2026-01-04T10:30:00+01:00', author: [{ type: 'Organization' }] },
  ]);
  const [binary] = of('Binary');
  expect(Buffer.from(String(binary?.['data']), 'base64').toString()).toBe(
    'Geachte collega,\n.\nConclusie: fractuur\nMet groet',
  );
});

test('an empty line of a letter stays', () => {
  const of = mapped(
    interchange(`UNH+5+MEDVRI:1'
GGA+Praktijk Zuid'
DET+26:01:04+09:41'
${PERSON}
TXT:1+Beste collega'
TXT:2'
TXT:3+Met groet'
UNT+8+5'`),
  );
  const [{ data = '' } = {}] = of('Binary') as { data?: string }[];
  expect(Buffer.from(data, 'base64').toString()).toBe('Beste collega\n\nMet groet');
});

test('N is no flag, and a report that is neither complete nor not is of an unknown state', () => {
  const result = "BEP:1:1:1+0+Glucose+5++mmol/l+N+4+6+GLUC'";
  const of = mapped(interchange(medlab(`DET:1+26:01:05+08:30'\nIDE:1+J+880015'\n${result}`)));
  expect(of('Observation')[0]).not.toHaveProperty('interpretation');
  const text = interchange(medlab(`DET:1+26:01:05+08:30'\nIDE:1+C+880015'\n${result}`));
  const [message] = format.read(Buffer.from(text, 'latin1'), overlay);
  const states = message?.resources.flatMap(({ resource }) =>
    /^(Observation|DiagnosticReport)$/.test(resource.resourceType) ? [resource['status']] : [],
  );
  expect(states).toEqual(['unknown', 'unknown']);
  expect(message?.issues).toContainEqual(expect.objectContaining({ code: 'unknown-code' }));
});

test('MEDRPT: address and telephone before the name of the person are of the person', () => {
  const of = mapped(
    interchange(`UNH+6+MEDRPT:D:93A:UN:MRPN32'
BGM+LRP:MF:ITN+8642+9+NA'
S01+1'
NAD+SLA+06012345:CLB:VEK++Lab Oost'
ADR++7:Kade:1+Oosterdam+1234AB+NL'
S06+1'
ADR++7:Plein:7 b+Westerdam+4321BA+NL'
COM+0201234567:TE'
S07+1'
PNA+PAT+::${BSN}:PCL:LZB+++NAN:Boer+NVV:M'
DTM+329:19710402:102'
S16+1'
S18+1+N'
INV+1+GLUC:AMB:NHG:Glucose'
RSL+NV+5+4.0 8.0+mmol/l'
UNT+16+6'`),
  );
  expect(of('Patient')).toMatchObject([
    { telecom: [{ value: '0201234567' }], address: [{ city: 'Westerdam' }] },
  ]);
  expect(of('Organization')).toMatchObject([{ address: [{ city: 'Oosterdam' }] }]);
});

test.each([
  ['4.5 ml', { quantity: { value: 4.5, code: 'ml' } }],
  ['24 uur', { duration: { value: 24, code: 'h' } }],
])('%s of urine is what it says it is', (amount, collection) => {
  const text = usual.replace('4.5 ml', amount);
  const [specimen] = mapped(text)('Specimen');
  const found = specimen?.['collection'] as Record<string, unknown>;
  const { collectedDateTime: _when, ...rest } = found;
  expect(JSON.parse(JSON.stringify(rest))).toMatchObject(collection);
  expect(Object.keys(rest)).toEqual(Object.keys(collection));
});
