/** What is counted while lines go by is what a count over all of them would give. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Recent, RecentDistinct, RecentSum } from '../../src/insight/recent.ts';

const SPAN_MS = 100;
const steps = fc.array(fc.record({ passed: fc.nat(40), value: fc.nat(5) }), { maxLength: 200 });

describe('what happened lately', () => {
  it('is forgotten by time, and counted as it stands', () => {
    fc.assert(
      fc.property(steps, (some) => {
        const [plain, distinct, sum] = [
          new Recent<number>(SPAN_MS),
          new RecentDistinct(SPAN_MS),
          new RecentSum(SPAN_MS),
        ];
        const all: { at: number; value: number }[] = [];
        let at = 0;
        for (const { passed, value } of some) {
          at += passed;
          all.push({ at, value });
          plain.add(new Date(at), value);
          distinct.add(new Date(at), String(value));
          sum.add(new Date(at), value);
          const left = all.filter((one) => one.at > at - SPAN_MS).map((one) => one.value);
          expect(plain.values()).toEqual(left);
          expect(plain.size).toBe(left.length);
          expect(distinct.distinct).toBe(new Set(left).size);
          expect(sum.sum).toBe(left.reduce((total, one) => total + one, 0));
        }
      }),
    );
  });

  it('holds the newest 5,000, and no more takes no longer', () => {
    const many = new RecentDistinct(1e9);
    const started = performance.now();
    for (let nth = 0; nth < 100_000; nth += 1) many.add(new Date(nth), `p${nth}`);
    // Looking at all of them for each one took minutes.
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(many.size).toBe(5_000);
    expect(many.distinct).toBe(5_000);
  });

  it('starts again when it is cleared', () => {
    const sum = new RecentSum(SPAN_MS);
    sum.add(new Date(1), 7);
    sum.clear();
    expect([sum.size, sum.sum]).toEqual([0, 0]);
    sum.add(new Date(2), 3);
    expect(sum.sum).toBe(3);
  });
});
