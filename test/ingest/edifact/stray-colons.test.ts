/** A colon that the sender did not release, and a result without a value (source-formats.md 11). */
import { expect, test } from 'vitest';
import type { Resource } from '../../../src/conformance/index.ts';
import { openEdifact } from '../../../src/ingest/edifact/edifact-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { BSN, interchange, MEDRPT, MEDVRI, medlab, PERSON, REPORT } from './own-messages.ts';

const overlay = readOverlay('default');

function mapped(message: string) {
  const [found] = openEdifact().read(Buffer.from(interchange(message), 'latin1'), overlay);
  expect(found?.issues.filter(({ kind }) => kind === 'unread')).toEqual([]);
  const all = found?.resources.map(({ resource }) => resource) ?? [];
  return (type: string): Resource[] => all.filter(({ resourceType }) => resourceType === type);
}

const report = (state: string, rest: string) =>
  `DET:1+26:01:05+08:30'IDE:1+${state}+880011'${rest}`;

test('stays in a titer, a clock, a name, a limit and a remark', () => {
  const of = mapped(
    medlab(
      report(
        'J',
        `BEP:1:1:1+0+Titer: IgG+1:128+N+++<1:16++TIT B'
BEP:1:1:2+0+Tijd+08:30+N+++++TYD B'OPB:1:1:2+afgenomen om 8:30'OPM:1+Conclusie: geen'`,
      ),
    ),
  );
  expect(of('Observation')).toMatchObject([
    { valueString: '1:128', code: { text: 'Titer: IgG' }, referenceRange: [{ text: '<1:16' }] },
    { valueString: '08:30', note: [{ text: 'afgenomen om 8:30' }] },
  ]);
  expect(of('DiagnosticReport')).toMatchObject([{ conclusion: 'Conclusie: geen' }]);
});

test('stays in a letter', () => {
  const [letter] = mapped(MEDVRI.replace('Geachte collega,', 'Betreft: heup'))('Binary');
  const text = Buffer.from(String(letter?.['data']), 'base64').toString('utf8');
  expect(text).toContain('Betreft: heup');
});

test.each([
  ['N', 'temp-unknown'],
  ['J', 'unknown'],
])('a result without a value says so, in a report that is complete: %s', (state, code) => {
  const of = mapped(medlab(report(state, "BEP:1:1:1+0+Eiwit++N+++++EIW U'")));
  expect(of('Observation')).toMatchObject([{ dataAbsentReason: { coding: [{ code }] } }]);
});

test.each([
  ['5,5:LT', { valueQuantity: { value: 5.5, comparator: '<' } }],
  ['90:>', { valueQuantity: { value: 90, comparator: '>' } }],
  ['6.1:EQ', { valueQuantity: { value: 6.1 } }],
  ['1:8', { valueString: '1:8 mmol/l' }],
])('what MEDRPT says behind a number is how it is meant: %s', (sent, value) => {
  const [first] = mapped(MEDRPT.replace('RSL+NV+6.1+', `RSL+NV+${sent}+`))('Observation');
  expect(first).toMatchObject(value);
});

test('behind a citizen number nothing is lost of it', () => {
  const [person] = mapped(medlab(REPORT, PERSON.replace(`BSN${BSN}'`, `BSN${BSN}::'`)))('Patient');
  expect(person).toMatchObject({ identifier: [{ value: BSN }, { value: '77' }] });
});

test.each(['\x1a', '\r\n\x1a', '\0\0'])('an old file may end in %j', (end) => {
  const text = `${interchange(medlab(REPORT))}${end}`;
  expect(openEdifact().read(Buffer.from(text, 'latin1'), overlay)).toHaveLength(1);
});
