/** Units that stand for the same amount, and units that only look alike. */
import { describe, expect, it } from 'vitest';
import { canonicalUnit, inUnit } from '../../src/conformance/ucum.ts';

function turned(value: number, from: string, to: string): number | undefined {
  const [own, asked] = [canonicalUnit(from), canonicalUnit(to)];
  if (!own || !asked || own.dimension !== asked.dimension) return undefined;
  return inUnit(value, own, asked);
}

describe('a UCUM unit', () => {
  it.each([
    [5400, 'mg', 'g', 5.4],
    [5.4, 'g', 'mg', 5400],
    [120, 'mm[Hg]', 'kPa', 15.99864],
    [8.1, 'mmol/L', 'umol/L', 8100],
    [8.1, 'mmol/L', 'mmol/l', 8.1],
    [37, 'Cel', '[degF]', 98.6],
    [98.6, '[degF]', 'Cel', 37],
    [72, '/min', 'Hz', 1.2],
    [72, '{beats}/min', '/min', 72],
    [5.1, '10*9/L', '10*3/uL', 5.1],
    [5.1, '10*12/L', '/pL', 5.1],
    [90, 'mL/min/{1.73_m2}', 'mL/min', 90],
    [2, '[in_i]', 'cm', 5.08],
    [35, 'U/L', 'ukat/L', 0.583333333333],
    [7, 'kg/m2', 'g/cm2', 0.7],
    [1, 'wk', 'd', 7],
    [50, '%', '1', 0.5],
    [3, 'mmol/(24.h)', 'mol/d', 0.003],
    [4, '[iU]/mL', 'k[iU]/L', 4],
  ])('of %d %s is in %s %d', (value, from, to, expected) => {
    expect(turned(value, from, to)).toBe(expected);
  });

  it.each([
    ['mmol/L', 'mg/dL'],
    ['[iU]', 'U'],
    ['Cel', 'm'],
    ['[pH]', '[pH]'],
    ['m', 'M'],
    ['mg/', 'mg'],
    ['(mg', 'mg'],
    ['mmHg', 'mm[Hg]'],
    ['{tablet}/', '1'],
    ['', '1'],
    ['g'.repeat(100), 'g'],
  ])('%s is not turned into %s', (from, to) => {
    expect(turned(1, from, to)).toBeUndefined();
  });

  it('is read in the time that it has characters, whatever it is', () => {
    const started = performance.now();
    for (let count = 0; count < 5_000; count += 1) canonicalUnit(`${'(((('.repeat(10)}m${count}`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
