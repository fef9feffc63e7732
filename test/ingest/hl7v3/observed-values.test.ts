/** Values of observations as senders write them, though the type that they name is another. */
import { describe, expect, test } from 'vitest';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { ANNA, block, determination, message } from './own-messages.ts';

const overlay = readOverlay('default');

function observed(value: string, edit = (xml: string) => xml) {
  const xml = message('POOB_IN990003NL', block('27899-4', ANNA, determination('d-1', value)));
  const [found] = readHl7v3(Buffer.from(edit(xml)), overlay);
  const made = found?.resources.find(({ resource }) => resource.resourceType === 'Observation');
  const unread = (found?.issues ?? []).filter(({ kind }) => kind === 'unread');
  return { made: made?.resource as unknown as Record<string, unknown>, unread };
}

describe('a value', () => {
  test.each([
    [
      'with a sign before it',
      '<value xsi:type="PQ" value="&lt; 5,0" unit="mmol/L"/>',
      {
        valueQuantity: { comparator: '<', unit: 'mmol/L', code: 'mmol/L' },
      },
    ],
    [
      'of a count with a sign',
      '<value xsi:type="INT" value="&gt;=3"/>',
      {
        valueQuantity: { value: 3, comparator: '>=' },
      },
    ],
    [
      'in words',
      '<value xsi:type="PQ" value="zie onder" unit="mmol/L"/>',
      {
        valueString: 'zie onder mmol/L',
      },
    ],
    [
      'without a type, a number',
      '<value value="5" unit="mg"/>',
      {
        valueQuantity: { value: 5, unit: 'mg', code: 'mg' },
      },
    ],
    [
      'without a type, a code',
      '<value code="1" codeSystem="2.16.840.1.113883.2.4.4.30.1045"/>',
      {
        valueCodeableConcept: { coding: [{ code: '1' }] },
      },
    ],
    ['without a type, words', '<value>helder</value>', { valueString: 'helder' }],
    [
      'of counts from one on',
      '<value xsi:type="IVL_INT"><low value="2"/></value>',
      {
        valueQuantity: { value: 2, comparator: '>=' },
      },
    ],
    [
      'of money',
      '<value xsi:type="MO" value="5" currency="EUR"/>',
      {
        valueQuantity: { value: 5, system: 'urn:iso:std:iso:4217', code: 'EUR' },
      },
    ],
  ])('%s', (_what, value, expected) => {
    const { made, unread } = observed(value);
    expect(made).toMatchObject(expected);
    expect(unread).toEqual([]);
  });
});

test('a determination from one day to another is of all that time', () => {
  const days = '<effectiveTime><low value="20260106"/><high value="20260107"/></effectiveTime>';
  const { made, unread } = observed('<value xsi:type="ST">x</value>', (xml) =>
    xml.replace('<effectiveTime value="20260106"/>', days),
  );
  expect(made['effectivePeriod']).toEqual({ start: '2026-01-06', end: '2026-01-07' });
  expect(unread).toEqual([]);
});
