import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { alongside, endedAll } from '../../src/platform/alongside.ts';

const failed = (code: string) => Object.assign(new Error(code), { code });

const gives = async (beside: (work: Promise<unknown>) => void) => {
  beside(wait(5));
  return 'made';
};

describe('work beside other work', () => {
  it('has ended when the whole has, also where the main work threw', async () => {
    let ended = false;
    const slow = async () => {
      await wait(20);
      ended = true;
    };
    const whole = alongside(async (beside) => {
      beside(slow());
      throw failed('main');
    });
    await expect(whole).rejects.toThrow('main');
    expect(ended).toBe(true);
  });

  it('fails the whole, also where it failed before the main work ended', async () => {
    const whole = alongside(async (beside) => {
      beside(Promise.reject(failed('23505')));
      await wait(10);
      return 'fine';
    });
    await expect(whole).rejects.toThrow('23505');
  });

  it('gives what the main work gives', async () => {
    expect(await alongside(gives)).toBe('made');
    expect(await endedAll([Promise.resolve(1), 'two', undefined])).toEqual([1, 'two', undefined]);
  });

  it('names the cause, not the statements that failed because of it', async () => {
    const all = endedAll([Promise.reject(failed('25P02')), Promise.reject(failed('57014'))]);
    await expect(all).rejects.toThrow('57014');
  });
});
