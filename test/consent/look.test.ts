/** Whether somebody else looked at a record shows in nobody's answer: decision 1022. */
import { describe, expect, it } from 'vitest';
import { createLately, LOOK_LIMITS } from '../../src/consent/look.ts';
import { inTimeBand, TIME_BAND_MS } from '../../src/consent/time-band.ts';

async function took(isFirst: boolean): Promise<number> {
  const started = performance.now();
  const look = { isFirst: () => isFirst };
  await inTimeBand(
    async () => 'something',
    () => false,
    { look },
  );
  return performance.now() - started;
}

describe('what is shown', () => {
  it('of a record that was not looked at lately leaves at the end of a band', async () => {
    expect(await took(true)).toBeGreaterThan(TIME_BAND_MS - 2);
  });

  it('of a record that was looked at lately leaves when it is ready', async () => {
    const times: number[] = [];
    for (let turn = 0; turn < 9; turn += 1) times.push(await took(false));
    expect(Math.min(...times)).toBeLessThan(TIME_BAND_MS / 2);
  });
});

describe('a look', () => {
  it('counts for the circle that looked and for no other, until it is too long ago', () => {
    let now = 0;
    const lately = createLately(() => now);
    expect(lately.has('practice', 'a')).toBe(false);
    expect(lately.has('practice', 'a')).toBe(true);
    expect(lately.has('practice', 'b')).toBe(false);
    expect(lately.has('hospital', 'a')).toBe(false);
    now += LOOK_LIMITS.lastsMs - 1;
    expect(lately.has('practice', 'a')).toBe(true);
    now += 1;
    expect(lately.has('practice', 'a')).toBe(false);
  });

  it('is forgotten when there are too many: then the next one waits, and shows nothing', () => {
    const lately = createLately(() => 0);
    for (let at = 0; at <= LOOK_LIMITS.looksMax * 2; at += 1) lately.has('practice', `${at}`);
    expect(lately.has('practice', '0')).toBe(false);
  });
});
