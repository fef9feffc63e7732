/** Answers that show nothing leave when a band of time ends: consent.md 7.5. */
import { describe, expect, it } from 'vitest';
import { createRecentWork, inTimeBand, TIME_BAND_MS } from '../../src/consent/time-band.ts';

const BAND_MS = 15;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function took(work: () => Promise<string>): Promise<number> {
  const started = performance.now();
  await inTimeBand(work, (answer) => answer === '').catch(() => undefined);
  return performance.now() - started;
}

describe('an answer', () => {
  it('without content leaves at the end of the band, however short the work was', async () => {
    expect(await took(async () => '')).toBeGreaterThan(BAND_MS - 2);
    const later = await took(() => wait(BAND_MS + 4).then(() => ''));
    expect(later).toBeGreaterThan(2 * BAND_MS - 3);
  });

  it('that fails leaves at the end of the band too', async () => {
    const failed = took(() => Promise.reject(new Error('not there')));
    expect(await failed).toBeGreaterThan(BAND_MS - 2);
  });

  it('with content leaves when it is ready', async () => {
    const times: number[] = [];
    for (let turn = 0; turn < 9; turn += 1) times.push(await took(async () => 'something'));
    expect(Math.min(...times)).toBeLessThan(BAND_MS / 2);
  });
});

describe('the band', () => {
  const bandAfter = (...works: number[]) => {
    const recent = createRecentWork();
    for (const ms of works) recent.note(ms);
    return recent.bandMs();
  };
  const times = (count: number, ms: number) => Array.from({ length: count }, () => ms);

  it('is short while the work fits, a few that do not included', () => {
    expect(bandAfter()).toBe(TIME_BAND_MS);
    expect(bandAfter(...times(250, 3), ...times(6, 400))).toBe(TIME_BAND_MS);
  });

  it('doubles until the work fits on a busy machine, and is short again after it', () => {
    const busy = times(256, 35);
    expect(bandAfter(...busy)).toBe(TIME_BAND_MS * 4);
    expect(bandAfter(...busy, ...times(256, 3))).toBe(TIME_BAND_MS);
  });

  it('stays within bounds however long the work takes', () => {
    expect(bandAfter(...times(64, 60_000))).toBe(TIME_BAND_MS * 32);
  });

  it('is told of work that shows nothing, and not of answers that did not wait', async () => {
    const noted: number[] = [];
    const works = { note: (ms: number) => noted.push(ms), bandMs: () => BAND_MS };
    await inTimeBand(
      async () => 'shown',
      () => false,
      { ms: BAND_MS, works },
    );
    expect(noted).toEqual([]);
    await inTimeBand(
      () => wait(8),
      () => true,
      { ms: BAND_MS, works },
    );
    expect(noted).toHaveLength(1);
    expect(noted[0]).toBeGreaterThan(6);
  });
});
