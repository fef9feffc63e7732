/** The list of ways to break consent that have a name. */
import { describe, expect, it } from 'vitest';
import { TRIES } from '../../scripts/attack/every-try.ts';

describe('the named tries', () => {
  it('have a number and a name of their own each, in the order of their numbers', () => {
    const numbers = TRIES.map(({ number }) => number);
    expect(numbers.length).toBeGreaterThan(20);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    expect(new Set(TRIES.map(({ name }) => name)).size).toBe(TRIES.length);
  });
});
