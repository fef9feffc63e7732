/** Answers that show nothing leave when a band of time ends: consent.md 7.5. */
import { describe, expect, it } from 'vitest';
import { inTimeBand } from '../../src/consent/time-band.ts';

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
