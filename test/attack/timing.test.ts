/** The figures by which the attack suite tells whether time tells. */
import { describe, expect, it } from 'vitest';
import { tellsApart, timePairs } from '../../scripts/attack/timing.ts';
import { createRandom } from '../../src/demo/region/random.ts';

const PAIRS = 1_000;
/** Answers of about 3 ms with a long tail, as answers are. */
const answers = (random: ReturnType<typeof createRandom>, more: number) => async () =>
  3 - Math.log(1 - random.next()) * 0.5 + more;

describe('times', () => {
  it('of the same work tell nothing', async () => {
    const random = createRandom('same');
    const figures = await timePairs(PAIRS, answers(random, 0), answers(random, 0));
    expect(figures.auc).toBeCloseTo(0.5, 1);
    expect(tellsApart(figures)).toBe(false);
  });

  it.each([0.2, 0.4])('of work that takes %d ms longer tell', async (more) => {
    const random = createRandom('planted');
    const figures = await timePairs(PAIRS, answers(random, more), answers(random, 0));
    expect(tellsApart(figures)).toBe(true);
  });
});
