/** Requests side by side share a commit, within bounds; a ledger that cannot keep up says so. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GROUP_LIMITS, GroupQueue } from '../../src/audit/group-queue.ts';
import type { Place, Unnumbered } from '../../src/audit/number-statement.ts';
import { Problem } from '../../src/platform/problem.ts';

const entry: Unnumbered = { class: 'care', commit: Buffer.alloc(32), patient: null };
const entries = (count: number): Unnumbered[] => Array.from({ length: count }, () => entry);
const places = (from: number, group: readonly Unnumbered[]): Place[] =>
  group.map((_, at) => ({ seq: from + at, leafHash: Buffer.alloc(32) }));

afterEach(() => {
  vi.useRealTimers();
});

describe('a group', () => {
  it('holds all who wait, up to its bound, and gives each its own places', async () => {
    const sizes: number[] = [];
    let next = 0;
    const queue = new GroupQueue(
      async (group) => {
        sizes.push(group.length);
        const made = places(next, group);
        next += group.length;
        return made;
      },
      () => undefined,
    );
    const found = await Promise.all(
      Array.from({ length: 300 }, (_, at) => queue.add(entries(1 + (at % 2)))),
    );
    expect(found.flat().map(({ seq }) => seq)).toEqual(Array.from({ length: 450 }, (_, at) => at));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(GROUP_LIMITS.groupEntriesMax);
    expect(sizes.length).toBe(2);
  });

  it('that fails fails for all in it, and the next one is tried anew', async () => {
    let calls = 0;
    const seen: unknown[] = [];
    const queue = new GroupQueue(
      async (group) => {
        calls += 1;
        if (calls === 1) throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
        return places(0, group);
      },
      (error) => seen.push(error),
    );
    const both = await Promise.allSettled([queue.add(entries(1)), queue.add(entries(2))]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(both[0]).toMatchObject({ reason: { kind: 'busy' } });
    expect(seen).toHaveLength(1);
    await expect(queue.add(entries(1))).resolves.toHaveLength(1);
  });

  it('fails only the one whose row was never committed', async () => {
    const lost = new Problem('fault', 'never committed');
    const queue = new GroupQueue(
      async (group) => [lost, ...places(0, group.slice(1))],
      () => undefined,
    );
    const both = await Promise.allSettled([queue.add(entries(1)), queue.add(entries(1))]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});

describe('a ledger that cannot keep up', () => {
  it('is busy at once when the queue is full', async () => {
    const queue = new GroupQueue(
      () => new Promise(() => undefined),
      () => undefined,
    );
    void queue.add(entries(GROUP_LIMITS.waitingEntriesMax));
    await expect(queue.add(entries(1))).rejects.toMatchObject({
      kind: 'busy',
      code: 'ledger-busy',
    });
  });

  it('is busy for all who waited too long, and goes on when it can', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    let release: (made: Place[]) => void = () => undefined;
    let first = true;
    const queue = new GroupQueue(
      (group) => {
        if (!first) return Promise.resolve(places(1, group));
        first = false;
        return new Promise<Place[]>((resolve) => {
          release = resolve;
        });
      },
      () => undefined,
    );
    const stuck = queue.add(entries(1));
    await new Promise(setImmediate);
    const behind = queue.add(entries(1));
    const both = Promise.allSettled([stuck, behind]);
    await vi.advanceTimersByTimeAsync(GROUP_LIMITS.stuckMsMax + 2_000);
    expect(await both).toMatchObject([
      { status: 'rejected', reason: { kind: 'busy' } },
      { status: 'rejected', reason: { kind: 'busy' } },
    ]);
    release(places(0, entries(1)));
    const later = queue.add(entries(1));
    await expect(later).resolves.toMatchObject([{ seq: 1 }]);
    await queue.drain();
  });

  it('is not busy while it moves, nor when this thread was held up itself', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const waiting: (() => void)[] = [];
    const queue = new GroupQueue(
      (group) =>
        new Promise((resolve) => {
          waiting.push(() => resolve(places(0, group)));
        }),
      () => undefined,
    );
    const next = async () => {
      waiting.shift()?.();
      await new Promise(setImmediate);
    };
    const { groupEntriesMax, stuckMsMax, waitMsMax } = GROUP_LIMITS;
    const all = [1, 2, 3].map(() => queue.add(entries(groupEntriesMax)));
    await new Promise(setImmediate);
    // The clock runs on, but no timer: as long as this thread does something else.
    vi.setSystemTime(Date.now() + 10 * waitMsMax);
    await vi.advanceTimersByTimeAsync(stuckMsMax - 1_000);
    await next();
    await vi.advanceTimersByTimeAsync(stuckMsMax - 1_000);
    await next();
    await vi.advanceTimersByTimeAsync(stuckMsMax - 1_000);
    await next();
    await expect(Promise.all(all)).resolves.toHaveLength(3);
    await queue.drain();
  });

  it('is busy for who waited very long, though it moves', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    let release: () => void = () => undefined;
    const queue = new GroupQueue(
      (group) =>
        new Promise((resolve) => {
          release = () => resolve(places(0, group));
        }),
      () => undefined,
    );
    const { groupEntriesMax, stuckMsMax, waitMsMax } = GROUP_LIMITS;
    const groups = Math.ceil(waitMsMax / (stuckMsMax - 1_000)) + 2;
    const all = Array.from({ length: groups }, () => queue.add(entries(groupEntriesMax)));
    const ends = Promise.allSettled(all);
    await new Promise(setImmediate);
    for (let nth = 0; nth < groups; nth += 1) {
      await vi.advanceTimersByTimeAsync(stuckMsMax - 1_000);
      release();
      await new Promise(setImmediate);
    }
    const states = (await ends).map(({ status }) => status);
    expect(states[0]).toBe('fulfilled');
    expect(states.at(-1)).toBe('rejected');
    await queue.drain();
  });
});
