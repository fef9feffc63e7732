import { describe, expect, it } from 'vitest';
import { oneByOne } from '../../src/platform/one-by-one.ts';

describe('work that is done one by one', () => {
  it('runs once more for all who asked while it ran, and never twice at once', async () => {
    const ends: (() => void)[] = [];
    let running = 0;
    let most = 0;
    let runs = 0;
    const ask = oneByOne(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
      runs += 1;
      return runs;
    });
    const first = ask();
    await new Promise(setImmediate);
    const others = [ask(), ask(), ask()];
    ends.shift()?.();
    expect(await first).toBe(1);
    await new Promise(setImmediate);
    ends.shift()?.();
    expect(await Promise.all(others)).toEqual([2, 2, 2]);
    expect(most).toBe(1);
  });

  it('goes on after a run that failed', async () => {
    let runs = 0;
    const ask = oneByOne(async () => {
      runs += 1;
      if (runs === 1) throw new Error('no');
      return runs;
    });
    await expect(ask()).rejects.toThrow('no');
    expect(await ask()).toBe(2);
  });
});
