/** What belongs together in a result, and what an order holds several of (HL7 v2.5 7.3, 7.4). */
import { describe, expect, it, test } from 'vitest';
import { er7, msh, one, only, PID, resourcesOf } from './messages.ts';

const ordered = (filler: string, code: string, rest = '') =>
  `OBR|1|A-1^EPD|${filler}^MMB|${code}^x^L|||20260302080500||||${rest}`;
const unread = (message: ReturnType<typeof only>) =>
  message.issues.filter((issue) => issue.kind === 'unread').map(({ place }) => place);

test.each([
  ['>^1^:^1024', '', '>1:1024'],
  ['<^1^:^16', '', '<1:16'],
  ['>^10^-^20', 'g/l', '>10-20 g/l'],
  ['^10^-', 'g/l', '10 - g/l'],
])('a sign before two numbers is told with both (SN %s)', (value, unit, told) => {
  const message = only(
    er7(msh('ORU^R01'), PID, ordered('L-1', 'T'), `OBX|1|SN|T^Titer^L||${value}|${unit}|||||F`),
  );
  expect(one(message, 'Observation')).toMatchObject({ valueString: told });
});

describe('a name of a code with a separator that was not escaped', () => {
  const message = only(
    er7(
      msh('ORU^R01'),
      PID,
      'OBR|1|A-1|L-1|TB^T & B lymfocyten^L',
      'OBX|1|CWE|TB^T&B ratio^L||1^laag & hoog^L||<5 & >1||||F',
      'OBX|2|TX|RAD&IMP^Conclusie^L||Geen bijzonderheden.||||||F',
      'OBX|3|TX|RAD^Verslag^L||Thorax.||||||F',
    ),
  );
  const results = resourcesOf(message, 'Observation');

  it('is one name', () => {
    expect(results[0]).toMatchObject({
      code: { coding: [{ code: 'TB', display: 'T&B ratio' }] },
      valueCodeableConcept: { coding: [{ display: 'laag & hoog' }] },
      referenceRange: [{ text: '<5 & >1' }],
    });
    expect(one(message, 'DiagnosticReport')).toMatchObject({
      code: { coding: [{ display: 'T & B lymfocyten' }] },
    });
    expect(unread(message)).toEqual([]);
  });

  it('and a code with its suffix is not that code', () => {
    const codes = results.map(({ code }) => (code as { coding: { code: string }[] }).coding[0]);
    expect(codes.map((it) => it?.code).slice(1, 3)).toEqual(['RAD&IMP', 'RAD']);
  });
});

describe('antibiograms of two isolates under one number of the laboratory', () => {
  const result = (value: string, flag: string) =>
    `OBX|1|SN|AMX^Amoxicilline^L||${value}|mg/l||${flag}|||F`;
  const of = (sub: string) =>
    ordered('L-1', 'ABG', `G||||||||||||||F|ORG^${sub}^x|||A-1&EPD^L-1&MMB`);
  const found = (...segments: readonly string[]) =>
    only(er7(msh('ORU^R01'), PID, ...segments)).resources.filter(({ key }) =>
      key.includes('|result|'),
    );
  const both = found(of('1'), result('^0.5', 'S'), of('2'), result('>^32', 'R'));

  it('have numbers of their own', () => {
    const numbers = both.map(({ resource }) => resource['identifier']);
    expect(numbers).toMatchObject([[{ value: 'L-1|AMX|1' }], [{ value: 'L-1|AMX|2' }]]);
  });

  it('so that a correction of the second alone is of the second', () => {
    const [alone] = found(of('2'), result('>^64', 'R'));
    expect(alone?.fullUrl).toBe(both[1]?.fullUrl);
  });
});

test('what the laboratory added by itself was ordered by nobody', () => {
  const message = only(
    er7(
      ...[msh('ORU^R01'), PID, ordered('L-1', 'UK'), 'OBX|1|ST|UK^Kweek^L||groei||||||F'],
      ...[ordered('L-2', 'ABG', 'G'), 'OBX|1|ST|AMX^Amoxicilline^L||R||||||F'],
    ),
  );
  const intents = resourcesOf(message, 'ServiceRequest').map(({ intent }) => intent);
  expect(intents).toEqual(['order', 'reflex-order']);
});

test('of two specimens of one order a result says neither, and the report names both', () => {
  const message = only(
    er7(
      ...[msh('ORU^R01'), PID, ordered('L-1', 'KLA'), 'OBX|1|NM|KR^Kreat^L||9|mmol/l|||||F'],
      ...['SPM|1|S-1^T-1||BLD^Bloed^L', 'SPM|2|S-2^T-2||UR^Urine^L'],
    ),
  );
  expect(one(message, 'Observation')).not.toHaveProperty('specimen');
  expect(one(message, 'DiagnosticReport')['specimen']).toHaveLength(2);
});

test('the same number measured twice is told twice', () => {
  const message = only(
    er7(
      ...[msh('ORU^R01'), PID, ordered('L-1', 'RR')],
      'OBX|1|NM|8867-4^Hartfrequentie^LN||60~72~72|/min|||||F',
    ),
  );
  expect(one(message, 'Observation')['component']).toMatchObject([
    { valueQuantity: { value: 72 } },
    { valueQuantity: { value: 72 } },
  ]);
});

test.each([
  ['202603092400', '2026-03-09'],
  ['20260329023000', '2026-03-29'],
  ['2026-03-09 25:00', '2026-03-09'],
])('of a moment that does not exist (%s) the day is kept, and not that of the order', (at, day) => {
  const message = only(
    er7(msh('ORU^R01'), PID, ordered('L-1', 'K'), `OBX|1|NM|K^Kalium^L||4|mmol/l|||||F|||${at}`),
  );
  expect(one(message, 'Observation')).toMatchObject({ effectiveDateTime: day });
  expect(message.issues.filter(({ kind }) => kind === 'rule')).toHaveLength(1);
});

test('a remark behind a specimen is of the specimen', () => {
  const message = only(
    er7(
      ...[msh('ORU^R01'), PID, ordered('L-1', 'K'), 'OBX|1|NM|K^Kalium^L||4|mmol/l|||||F'],
      ...['SPM|1|S-1^T-1||BLD^Bloed^L', 'NTE|1||hemolytisch'],
    ),
  );
  expect(one(message, 'Specimen')).toMatchObject({ note: [{ text: 'hemolytisch' }] });
  expect(one(message, 'Observation')).not.toHaveProperty('note');
});

test('blanks around a value are no part of it: some senders write in fixed width', () => {
  const plain = [ordered('L-1', 'K'), 'OBX|1|NM|K^Kalium^L||4.1|mmol/l|3.5 - 5.0|H|||F'];
  const padded = plain.map((segment) => segment.replace(/([^|^])([|^]|$)/g, '$1 $2'));
  const read = (segments: readonly string[]) =>
    only(er7(msh('ORU^R01'), PID, ...segments)).resources.map(({ key, resource }) => [
      key,
      JSON.stringify(resource),
    ]);
  expect(read(padded.map((one) => one.replace(/^(OBR|OBX) /, '$1')))).toEqual(read(plain));
});

test.each(['\x1a', '\r\n\x1a\r\n', '\0\0', '\x1c\r'])('an old file may end in %j', (end) => {
  const order = [ordered('L-1', 'K'), 'OBX|1|NM|K^Kalium^L||4|mmol/l|||||F'];
  const message = only(Buffer.concat([er7(msh('ORU^R01'), PID, ...order), Buffer.from(end)]));
  expect(one(message, 'Observation')).toMatchObject({ status: 'final' });
});

test('a document of a report that is taken back is in it no more', () => {
  const file = (at: number, state: string) =>
    `OBX|${at}|ED|D${at}^Verslag ${at}^L||^application^pdf^Base64^JVBERi0xLjQKJSVFT0Y=||||||${state}`;
  const message = only(
    er7(msh('ORU^R01'), PID, ordered('L-1', 'V'), file(1, 'F'), file(2, 'D'), file(3, 'W')),
  );
  expect(one(message, 'DiagnosticReport')['presentedForm']).toMatchObject([{ title: 'Verslag 1' }]);
  expect(unread(message)).toEqual([]);
});

test('numbers that stand as text over repetitions are each told, where a unit says so', () => {
  const message = only(
    er7(
      ...[msh('ORU^R01'), PID, ordered('L-1', 'K')],
      ...['OBX|1|ST|K^Kalium^L||4,1~4,2|mmol/l|||||F', 'OBX|2|ST|O^Opm^L||een~twee|mmol/l|||||F'],
    ),
  );
  const [numbers, words] = resourcesOf(message, 'Observation');
  expect(numbers).toMatchObject({
    valueQuantity: { value: 4.1 },
    component: [{ valueQuantity: { value: 4.2, unit: 'mmol/l' } }],
  });
  expect(words).toMatchObject({ valueString: 'een\ntwee' });
  expect(words).not.toHaveProperty('component');
});
