/**
 * Many hospitals write `""` in every field that they have nothing for. It asks to delete what was
 * there and says nothing else: no number, no end, no author (source-formats.md 2.3).
 */
import { describe, expect, test } from 'vitest';
import type { MappedMessage } from '../../../src/ingest/format.ts';
import { er7, msh, one, only, PID } from './messages.ts';

type Fields = Readonly<Record<number, string>>;

/** A segment of which the first so many fields are sent, the others as `empty`. */
const segment = (name: string, size: number, fields: Fields, empty: string) =>
  [name, ...Array.from({ length: size }, (_none, at) => fields[at + 1] ?? empty)].join('|');

const PERSON = {
  1: '1',
  3: '999912069^^^NLMINBIZA^NNNLD~0012345^^^HAVENZH^PI',
  5: 'Wit^A',
  7: '19680412',
  8: 'F',
};

const MESSAGES: Readonly<Record<string, readonly (readonly [string, number, Fields])[]>> = {
  'ORU^R01': [
    ['PV1', 45, { 1: '1', 2: 'O' }],
    ['ORC', 21, { 1: 'RE', 3: 'L1' }],
    ['OBR', 32, { 1: '1', 3: 'L1', 4: 'CH^Chemie^L', 7: '202603090800', 25: 'F' }],
    ['OBX', 23, { 1: '1', 2: 'NM', 3: 'K^Kalium^L', 5: '4.1', 6: 'mmol/l', 11: 'F' }],
    ['OBX', 23, { 1: '2', 2: 'NM', 3: 'NA^Natrium^L', 5: '140', 6: 'mmol/l', 11: 'F' }],
    ['OBX', 23, { 1: '3', 2: 'TX', 3: 'OPM^Opmerking^L', 5: 'eerste', 11: 'F' }],
    ['OBX', 23, { 1: '4', 2: 'TX', 3: 'OPM^Opmerking^L', 5: 'tweede', 11: 'F' }],
    ['NTE', 4, { 1: '1', 3: 'lipemisch' }],
    ['SPM', 30, { 1: '1', 4: 'BLD^Bloed^L' }],
  ],
  'ADT^A01': [
    ['EVN', 7, { 1: 'A01', 2: '20260302101400' }],
    ['NK1', 39, { 1: '1', 2: 'Vries^P', 3: 'SON^Zoon^HL70063' }],
    ['PV1', 52, { 1: '1', 2: 'I', 3: '4A', 19: 'V-1', 44: '20260301' }],
    ['AL1', 6, { 1: '1', 2: 'DA', 3: 'P^Penicilline^L' }],
    ['DG1', 21, { 1: '1', 3: 'I20^AP^I10' }],
    ['PR1', 20, { 1: '1', 3: '80146002^Appendectomie^SCT' }],
    ['IN1', 49, { 1: '1', 3: '3311^^^VEKTIS^UZOVI', 4: 'ZK' }],
  ],
  'MDM^T02': [
    ['PV1', 45, { 1: '1', 2: 'O' }],
    [
      'TXA',
      23,
      { 1: '1', 2: 'BRF^Brief^L', 4: '20260301', 5: '03098765^Boom^K', 12: 'D1', 17: 'AU' },
    ],
    ['OBX', 23, { 1: '1', 2: 'TX', 3: 'BRF^Brief^L', 5: 'Geachte', 11: 'F' }],
  ],
};

const read = (type: string, empty: string): MappedMessage =>
  only(
    er7(
      msh(type),
      segment('PID', 30, PERSON, empty),
      ...(MESSAGES[type] ?? []).map(([name, size, fields]) => segment(name, size, fields, empty)),
    ),
  );

const contentOf = ({ resources }: MappedMessage) =>
  resources.map(({ key, resource }) => [key, JSON.parse(JSON.stringify(resource))]);

describe.each(Object.keys(MESSAGES))('%s', (type) => {
  test('says the same with and without', () => {
    expect(contentOf(read(type, '""'))).toEqual(contentOf(read(type, '')));
  });

  test('leaves no remark', () => {
    expect(read(type, '""').issues.filter(({ kind }) => kind === 'rule')).toEqual([]);
  });
});

test('a stay without an end goes on', () => {
  expect(one(read('ADT^A01', '""'), 'Encounter')).toMatchObject({ status: 'in-progress' });
});

test('two results are two', () => {
  const numbers = read('ORU^R01', '""').resources.flatMap(({ key, resource }) =>
    key.includes('|result|') ? (resource['identifier'] as { value: string }[]) : [],
  );
  expect(numbers.map(({ value }) => value)).toEqual(['L1|K', 'L1|NA', 'L1|OPM']);
});

test.each([
  ['a telephone number', 'ST|T^Telefoon^L||0612345678|""', { valueString: '0612345678' }],
  ['an amount without a type', '""|K^Kalium^L||4.1|mmol/l', { valueQuantity: { value: 4.1 } }],
  ['an amount with a named unit', 'ST|K^Kalium^L||4.1|^mmol/l', { valueQuantity: { value: 4.1 } }],
])('%s is read as it would be without the sign', (_what, obx, value) => {
  const message = only(er7(msh('ORU^R01'), PID, 'OBR|1||L1|CH^Chemie^L', `OBX|1|${obx}|||||F`));
  expect(one(message, 'Observation')).toMatchObject(value);
});

test('an interpretation in the place of a value is no absence', () => {
  const obx = 'OBX|1|ST|AMX^Amoxicilline^L||""|""|""|S|||F';
  const found = one(
    only(er7(msh('ORU^R01'), PID, 'OBR|1||L1|ABG^Antibiogram^L', obx)),
    'Observation',
  );
  expect(found).toMatchObject({ interpretation: [{ coding: [{ code: '131196009' }, {}] }] });
  expect(found).not.toHaveProperty('dataAbsentReason');
});
