/** Requests side by side share a round trip; nobody gets an answer from before the question. */
import { describe, expect, it } from 'vitest';
import { gather } from '../../src/platform/gather.ts';

const LIMITS = { togetherMax: 4, lanesMax: 1 };

describe('gathering', () => {
  it('asks those of one turn together, in bounds, and gives each its own answer', async () => {
    const sizes: number[] = [];
    const double = gather(async (numbers: readonly number[]) => {
      sizes.push(numbers.length);
      return numbers.map((one) => one * 2);
    }, LIMITS);
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(double));
    expect(answers).toEqual([2, 4, 6, 8, 10, 12]);
    expect(sizes).toEqual([4, 2]);
  });

  it('never answers with a round trip that began before the question', async () => {
    let stored = 'before';
    const gates: (() => void)[] = [];
    const look = gather(async (asked: readonly string[]) => {
      const seen = stored;
      await new Promise<void>((open) => gates.push(open));
      return asked.map(() => seen);
    }, LIMITS);
    const first = look('a');
    // The round trip is under way.
    await new Promise(setImmediate);
    stored = 'after';
    const second = look('b');
    gates[0]?.();
    expect(await first).toBe('before');
    await new Promise(setImmediate);
    gates[1]?.();
    expect(await second).toBe('after');
  });

  it('fails for those of one round trip only, and goes on', async () => {
    let calls = 0;
    const ask = gather(async (asked: readonly string[]) => {
      calls += 1;
      if (calls === 1) throw new Error('the line broke');
      return asked;
    }, LIMITS);
    await expect(Promise.all([ask('a'), ask('b')])).rejects.toThrow('the line broke');
    expect(await ask('c')).toBe('c');
  });
});
