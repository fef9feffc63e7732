/** Limits, flags and amounts of MEDLAB and MEDRPT that are not as the rule has them. */
import { describe, expect, test } from 'vitest';
import { openEdifact } from '../../../src/ingest/edifact/edifact-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { interchange, MEDRPT, medlab } from './own-messages.ts';

const format = openEdifact();

function resultOf(text: string) {
  const [message] = format.read(Buffer.from(text, 'latin1'), readOverlay('default'));
  const found = message?.resources.filter(
    ({ resource }) => resource.resourceType === 'Observation',
  );
  const unread = message?.issues.filter(({ kind }) => kind === 'unread').map(({ place }) => place);
  return { ...found?.[0]?.resource, unread };
}

const bep = (elements: string) =>
  resultOf(interchange(medlab(`DET:1+26:01:05'\r\nIDE:1+J+1'\r\nBEP:1:1:1+0+Kalium+${elements}'`)));

describe('limits of MEDLAB', () => {
  const high = { value: 6, unit: 'mmol/l' };
  test.each([
    ['3+6', [{ low: { value: 3 }, high }]],
    ['<6', [{ high }]],
    ['+<6', [{ high }]],
    ['>6', [{ low: high }]],
    ['6+3', [{ text: '6 - 3' }]],
    ['3+6 mmol', [{ text: '3 - 6 mmol' }]],
    ['3+negatief', [{ text: '3 - negatief' }]],
    ['negatief', [{ text: 'negatief' }]],
  ])('%s', (sent, expected) => {
    const { referenceRange, unread } = bep(`5++mmol/l++${sent}`) as Record<string, unknown>;
    expect(referenceRange).toMatchObject(expected);
    expect(JSON.stringify(referenceRange)).not.toContain('comparator');
    expect(unread).toEqual([]);
  });
});

describe('flags of MEDLAB', () => {
  test.each([
    ['>>', ['281302008', 'HH']],
    ['LL', ['281300000', 'LL']],
    ['<', ['281300000', 'L']],
  ])('%s', (sent, codes) => {
    const { interpretation } = bep(`5++mmol/l+${sent}`) as Record<string, unknown>;
    const [concept] = interpretation as [{ coding: { code: string }[] }];
    expect(concept.coding.map(({ code }) => code)).toEqual(codes);
  });

  test('one that is not known is told in its own words, and N is none', () => {
    expect(bep('5++mmol/l+*')).toMatchObject({ interpretation: [{ text: '*' }], unread: [] });
    expect(bep('5++mmol/l+N')).not.toHaveProperty('interpretation');
  });
});

test('a value that has its unit already does not get it twice', () => {
  expect(bep('5 mmol/l++mmol/l')).toMatchObject({ valueString: '5 mmol/l' });
  expect(bep('zie onder++mmol/l')).toMatchObject({ valueString: 'zie onder mmol/l' });
});

test('MEDRPT without a result says that it is not known', () => {
  const without = MEDRPT.replace(/RSL\+NV[^']*'/, "STS++P'");
  expect(resultOf(interchange(without))).toMatchObject({
    dataAbsentReason: { coding: [{ code: 'unknown' }] },
  });
  expect(resultOf(interchange(MEDRPT))).not.toHaveProperty('dataAbsentReason');
});

describe('a comment before any result', () => {
  const read = (comment: string) =>
    format
      .read(
        Buffer.from(
          interchange(
            medlab(`DET:1+26:01:05'\r\nIDE:1+J+1'\r\n${comment}\r\nBEP:1:1:1+0+Kalium+5'`),
          ),
          'latin1',
        ),
        readOverlay('default'),
      )[0]
      ?.resources.map(({ resource }) => resource);
  const of = (comment: string, type: string) =>
    read(comment)?.find(({ resourceType }) => resourceType === type);

  test('is of the result with its counters', () => {
    const comment = "OPB:1:1:1+hemolytisch'";
    expect(of(comment, 'Observation')).toMatchObject({ note: [{ text: 'hemolytisch' }] });
    expect(of(comment, 'DiagnosticReport')).not.toHaveProperty('conclusion');
  });

  test('or else of the report', () => {
    expect(of("OPB:1+niet nuchter'", 'DiagnosticReport')).toMatchObject({
      conclusion: 'niet nuchter',
    });
  });
});
