/** One result stays one, whatever comes with it (source-formats.md 2.6, 3.5). */
import { describe, expect, it } from 'vitest';
import type { Coding } from '../../../src/conformance/index.ts';
import { format, overlay } from './messages.ts';

function results(...segments: readonly string[]) {
  const text = [
    'MSH|^~\\&|LAB|ZKH|GW|GW|20260105120000||ORU^R01|m-1|P|2.5|||AL|NE||8859/1',
    'PID|1||123^^^ZKH^PI||Linden^A||19610704|F',
    ...segments,
  ].join('\r');
  const [found] = format.read(Buffer.from(text, 'latin1'), overlay);
  return (found?.resources ?? []).flatMap(({ key, resource, fullUrl }) =>
    resource.resourceType === 'Observation' && key.includes('|result|')
      ? [{ ...resource, fullUrl }]
      : [],
  );
}

const codeOf = (one: Record<string, unknown>) =>
  (one['code'] as { coding: Coding[] }).coding[0]?.code;
const urlOf = (code: string, ...segments: readonly string[]) =>
  results(...segments).find((one) => codeOf(one) === code)?.fullUrl;

const glucose = (value: string, state: string) =>
  `OBX|1|NM|GLU^Glucose^L||${value}|mmol/l|||||${state}|||20260105080000`;
const sodium = 'OBX|2|NM|NA^Natrium^L||139|mmol/l|||||F|||20260105080000';
const order = (placer: string, filler: string) =>
  `OBR|1|${placer}|${filler}|PAN^Panel^L|||20260105080000`;

describe('a result that came with others and is corrected alone is the same one', () => {
  it.each([
    ['by the number of the laboratory', [order('P-1', 'F-1')], [order('', 'F-1')]],
    [
      'by that number in ORC, where OBR leaves it out',
      ['ORC|RE|P-1|F-1', order('', '')],
      ['ORC|RE|P-1|F-1', order('P-1', '')],
    ],
    ['which may stand in either', [order('P-1', 'F-1')], ['ORC|RE||F-1', order('', '')]],
    [
      'by the number of who asked, in ORC',
      ['ORC|RE|P-1', order('', '')],
      ['ORC|RE|P-1', order('', '')],
    ],
    ['without any number by what and when', [order('', ''), 'NTE|1||Nuchter'], [order('', '')]],
  ])('%s', (_how, group, alone) => {
    const first = urlOf('GLU', ...group, glucose('5.1', 'P'), sodium);
    expect(first).toBeDefined();
    expect(urlOf('GLU', ...alone, glucose('15.1', 'C'))).toBe(first);
  });

  it('but not the one of another moment, when nothing has a number', () => {
    const later = glucose('5.1', 'F').replace('080000', '090000');
    expect(urlOf('GLU', order('', ''), later)).not.toBe(
      urlOf('GLU', order('', ''), glucose('5.1', 'F')),
    );
  });

  it('also a text whose lines are numbered, with a number beside it or without', () => {
    const lines = ['geen groei', 'na 5 dagen'].map(
      (line, at) => `OBX|${at + 3}|TX|OPM^Opmerking^L|${at + 1}|${line}||||||F`,
    );
    const [alone] = results(order('P-1', 'F-1'), ...lines);
    const [, beside, ...more] = results(order('P-1', 'F-1'), sodium, ...lines);
    expect(beside).toMatchObject({
      fullUrl: alone?.fullUrl,
      valueString: 'geen groei\nna 5 dagen',
    });
    expect(more).toEqual([]);
  });

  it('its number in ORC identifies it to who reads it too', () => {
    const [one] = results('ORC|RE|P-1|F-1', order('', ''), glucose('5.1', 'F'));
    expect(one).toMatchObject({ identifier: [{ value: 'F-1|GLU' }] });
  });
});
