/** Work that nobody waits for gives way to what somebody waits for, and still comes to an end. */
import { describe, expect, it } from 'vitest';
import { createPace, type PaceLimits } from '../../src/platform/pace.ts';

const limits: PaceLimits = { workMs: 1, restMs: 4, restMsMax: 32, yieldMsMax: 60_000 };

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Works and rests so often, and tells how long each rest was at least (timers are never early). */
async function rests(times: number, share: () => number, more: Partial<PaceLimits> = {}) {
  const pace = createPace({ ...limits, ...more }, share);
  const lengths: number[] = [];
  for (let at = 0; at < times; at += 1) {
    work(limits.workMs + 0.5);
    const from = performance.now();
    await pace.step();
    lengths.push(performance.now() - from);
  }
  return lengths;
}

describe('the pace of work that nobody waits for', () => {
  it('does not rest before it worked for its time', () => {
    expect(createPace({ ...limits, workMs: 1_000 }).step()).toBeUndefined();
  });

  it('rests longer and longer while the thread is busy, up to its longest rest', async () => {
    const lengths = await rests(6, () => 1);
    expect(lengths[4]).toBeGreaterThan(30);
    expect(lengths[5]).toBeGreaterThan(30);
    expect(lengths[1]).toBeGreaterThan(7);
  });

  it('goes on as before when the thread has time again', async () => {
    let busy = 1;
    const pace = createPace(limits, () => busy);
    for (let at = 0; at < 5; at += 1) {
      work(1.5);
      await pace.step();
    }
    busy = 0.1;
    work(1.5);
    await pace.step();
    work(1.5);
    const from = performance.now();
    await pace.step();
    expect(performance.now() - from).toBeLessThan(30);
  });

  it('does not give way for ever', async () => {
    const lengths = await rests(8, () => 1, { yieldMsMax: 10 });
    expect(Math.min(...lengths.slice(4))).toBeLessThan(20);
  });

  it('looks at the event loop itself where nothing else is told', async () => {
    const pace = createPace(limits);
    let isOver = false;
    const busy = (async () => {
      while (!isOver) {
        work(5);
        await new Promise((done) => setImmediate(done));
      }
    })();
    const from = performance.now();
    for (let at = 0; at < 5; at += 1) {
      work(1.5);
      await pace.step();
    }
    isOver = true;
    await busy;
    expect(performance.now() - from).toBeGreaterThan(4 + 8 + 16 + 32);
  });
});
