/** No small number, also not by subtraction (consent.md 12; capabilities G2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createDisclosureGuard,
  FIGURE_LIMITS,
  rounded,
} from '../../src/insight/figures/disclosure-guard.ts';

const set = (text: string): boolean[] => [...text].map((one) => one === '1');

const sum = (people: readonly number[], members: readonly boolean[]): number =>
  people.reduce((total, number, at) => total + (members[at] ? number : 0), 0);

/** Rank over the rationals, by integers without loss: another way than the guard's own. */
function rank(matrix: readonly (readonly boolean[])[]): number {
  const rows: bigint[][] = matrix.map((row) => row.map((one) => (one ? 1n : 0n)));
  let found = 0;
  const width = rows[0]?.length ?? 0;
  for (let column = 0; column < width; column += 1) {
    const at = rows.findIndex((row, index) => index >= found && row[column] !== 0n);
    if (at < 0) continue;
    const [pivot = []] = rows.splice(at, 1);
    rows.splice(found, 0, pivot);
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] ?? [];
      if (index === found || row[column] === 0n) continue;
      const [a = 0n, b = 0n] = [pivot[column], row[column]];
      rows[index] = row.map((value, place) => value * a - (pivot[place] ?? 0n) * b);
    }
    found += 1;
  }
  return found;
}

const isSmall = (number: number) => number > 0 && number < FIGURE_LIMITS.peopleMin;

describe('what may be told', () => {
  it('is no number below ten', () => {
    const guard = createDisclosureGuard([9, 10]);
    expect(guard.tell(set('10'))).toBe(false);
    expect(guard.tell(set('01'))).toBe(true);
  });

  it('is no cohort that differs from an earlier one by fewer than ten, either way round', () => {
    for (const [first, second] of [
      ['111', '110'],
      ['110', '111'],
    ] as const) {
      const guard = createDisclosureGuard([20, 20, 3]);
      expect(guard.tell(set(first))).toBe(true);
      expect(guard.tell(set(second))).toBe(false);
    }
  });

  it('is no total when its parts but one small one were told', () => {
    const guard = createDisclosureGuard([20, 30, 4]);
    expect([guard.tell(set('100')), guard.tell(set('010'))]).toEqual([true, true]);
    expect(guard.tell(set('111'))).toBe(false);
  });

  it('is nothing that gives a small number together with several others', () => {
    // (a+b) + (b+c) + (a+c) - 2(a+b+c) is zero: of three pairs and the whole each part follows.
    const guard = createDisclosureGuard([30, 30, 4]);
    expect(guard.tell(set('110'))).toBe(true);
    expect(guard.tell(set('101'))).toBe(true);
    expect(guard.tell(set('011'))).toBe(false);
  });

  it('is nothing that gives a small group of several classes by a weighed sum of all', () => {
    const worlds = fc
      .array(fc.integer({ min: 1, max: 30 }), { minLength: 3, maxLength: 6 })
      .chain((numbers) =>
        fc.record({
          numbers: fc.constant(numbers),
          asked: fc.array(
            fc.array(fc.boolean(), { minLength: numbers.length, maxLength: numbers.length }),
            { minLength: 40, maxLength: 40 },
          ),
        }),
      );
    let groups = 0;
    fc.assert(
      fc.property(worlds, ({ numbers, asked }) => {
        const guard = createDisclosureGuard(numbers);
        const known = [...new Map(asked.map((one) => [one.join(), one])).values()].filter((one) =>
          guard.tell(one),
        );
        const full = rank(known);
        // Every group that there is: whatever can be worked out exactly from what was told.
        for (let bits = 1; bits < 1 << numbers.length; bits += 1) {
          const group = numbers.map((_none, at) => ((bits >> at) & 1) === 1);
          if (known.length === 0 || !isSmall(sum(numbers, group))) continue;
          groups += 1;
          expect(rank([...known, group])).toBe(full + 1);
        }
      }),
      { numRuns: 400 },
    );
    expect(groups).toBeGreaterThan(300);
  });

  it('may be asked again', () => {
    const guard = createDisclosureGuard([20, 3]);
    expect([guard.tell(set('11')), guard.tell(set('11'))]).toEqual([true, true]);
  });

  it('counts what was told on a day before, also when it would not be told now', () => {
    const guard = createDisclosureGuard([20, 20, 3]);
    guard.told(set('110'));
    expect(guard.tell(set('111'))).toBe(false);
    expect(guard.tell(set('011'))).toBe(true);
  });

  it('holds for 500 overlapping questions of any kind', () => {
    const people = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 12 });
    const worlds = people.chain((numbers) =>
      fc.record({
        numbers: fc.constant(numbers),
        asked: fc.array(
          fc.array(fc.boolean(), { minLength: numbers.length, maxLength: numbers.length }),
          {
            minLength: 500,
            maxLength: 500,
          },
        ),
      }),
    );
    let told = 0;
    fc.assert(
      fc.property(worlds, ({ numbers, asked }) => {
        const guard = createDisclosureGuard(numbers);
        const known = asked.filter((one) => guard.tell(one));
        told += known.length;
        expect(known.every((one) => sum(numbers, one) >= FIGURE_LIMITS.peopleMin)).toBe(true);
        const some = [...new Map(known.map((one) => [one.join(), one])).values()];
        const full = rank(some);
        for (const [at, number] of numbers.entries()) {
          if (!isSmall(number)) continue;
          const unit = numbers.map((_none, place) => place === at);
          expect(rank([...some, unit])).toBe(full + 1);
        }
        // Asked once of all pairs: there are some hundred thousand of them.
        const sums = some.map((one) => sum(numbers, one));
        const tells = some.filter((one, at) =>
          some.some((other, next) => {
            const isWithin = one.every((is, place) => !is || other[place]);
            return isWithin && isSmall((sums[next] ?? 0) - (sums[at] ?? 0));
          }),
        );
        expect(tells).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(told).toBeGreaterThan(1_000);
  });
});

it('a number is told in fives, so that one more or less mostly does not show', () => {
  expect([10, 12, 13, 17, 18].map(rounded)).toEqual([10, 10, 15, 15, 20]);
});
