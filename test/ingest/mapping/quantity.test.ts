/** source-formats.md 2.5: numbers keep their digits, a unit is UCUM only when it is. */
import { describe, expect, it } from 'vitest';
import { limitsOf, quantityOf, unitOf } from '../../../src/ingest/mapping/quantity.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { isUcum } from '../../../src/ingest/mapping/ucum-unit.ts';

const json = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));

describe('a quantity', () => {
  it.each([
    ['10.20', '{"value":10.20}'],
    ['4,10', '{"value":4.10}'],
    ['-0.5', '{"value":-0.5}'],
    ['+007', '{"value":7}'],
    ['.5', '{"value":0.5}'],
    ['<5', '{"value":5,"comparator":"<"}'],
    ['>= 10,50', '{"value":10.50,"comparator":">="}'],
    ['123456789012345678.90', '{"value":123456789012345678.90}'],
    ['zie onder', undefined],
    ['*', undefined],
    ['1.2.3', undefined],
    ['5 mg', undefined],
    ['', undefined],
  ])('%s is %s', (text, expected) => {
    expect(json(quantityOf(text, {}))).toBe(expected);
  });
});

describe('a reference range', () => {
  it.each([
    ['4.0 - 10.0', '{"low":{"value":4.0},"high":{"value":10.0}}'],
    ['4.0-10.0', '{"low":{"value":4.0},"high":{"value":10.0}}'],
    [' - 50', '{"high":{"value":50}}'],
    ['4 -', '{"low":{"value":4}}'],
    ['-5 - 5', '{"low":{"value":-5},"high":{"value":5}}'],
    ['<5', '{"high":{"value":5}}'],
    ['>=10', '{"low":{"value":10}}'],
    ['negatief', undefined],
    ['-', undefined],
  ])('%s is %s', (text, expected) => {
    expect(json(limitsOf(text, {}))).toBe(expected);
  });
});

describe('a unit', () => {
  it.each([
    'mmol/l',
    'mmol/L',
    'g/dL',
    '10*9/L',
    '%',
    'mm[Hg]',
    '/min',
    'umol/L',
    'U/L',
    '[iU]/mL',
    'mL/min/{1.73_m2}',
    'kg/m2',
    'Cel',
    'm[H2O]',
    '{INR}',
    'mmol/mol',
  ])('%s is UCUM', (unit) => expect(isUcum(unit)).toBe(true));
  it.each(['', 'mmol per liter', 'MG/DL', 'stuks', 'sec', '°C', 'x'.repeat(50), '//', 'mmol//l'])(
    '%s is not',
    (unit) => expect(isUcum(unit)).toBe(false),
  );
  // A dekagram, a stere, a picohenry, teslas, exa-units and kelvins: all UCUM, and never meant.
  it.each([
    'mg/dag',
    'st',
    'pH',
    'T/l',
    'EU/ml',
    'K/uL',
    'C',
    'F',
    'ct',
    'pt',
    '109/l',
    'Mmol/l',
    'Mg/l',
    'ML',
  ])('%s is written for something else than what it is in UCUM', (unit) =>
    expect(isUcum(unit)).toBe(false),
  );
  it.each([
    ['mg/dag', 'mg/d'],
    ['Mmol/l', 'mmol/L'],
    ['MBq', 'MBq'],
    ['ML/DAG', 'mL/d'],
    ['pH', '[pH]'],
    ['INR', '{INR}'],
    ['109/l', '10*9/l'],
    ['x10E9/L', '10*9/l'],
    ['KVE/ml', '[CFU]/mL'],
    ['kg/m²', 'kg/m2'],
    ['mm/u', 'mm/h'],
  ])('as laboratories here write it, %s, is %s', (unit, code) => {
    expect(unitOf(unit, readOverlay('default'))).toMatchObject({ unit, code });
  });
  it('that is none keeps its text alone', () => {
    expect(unitOf('tabletten', readOverlay('default'))).toEqual({ unit: 'tabletten' });
    expect(unitOf(undefined, readOverlay('default'))).toEqual({});
  });
});
