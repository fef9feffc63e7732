/** Whether somebody else looked at a record shows in nobody's answer: decision 1022. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ReleaseParts } from '../../src/consent/decided.ts';
import { createLately, createLooks, LOOK_LIMITS } from '../../src/consent/look.ts';
import { inTimeBand, TIME_BAND_MS } from '../../src/consent/time-band.ts';
import type { Party } from '../../src/permission/index.ts';
import type { Store } from '../../src/store/index.ts';

async function took(isFirst: boolean): Promise<number> {
  const started = performance.now();
  const look = { isFirst: () => isFirst, ended: () => undefined };
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
    lately.note('practice', 'a');
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
    for (let at = 0; at <= LOOK_LIMITS.looksMax * 2; at += 1) lately.note('practice', `${at}`);
    expect(lately.has('practice', '0')).toBe(false);
  });

  const keys: string[] = [];
  const store = {
    seenBy: () => store,
    openKeyAgain: (vault: string) => void keys.push(vault),
  } as unknown as Store;
  const begin = createLooks({ store } as ReleaseParts);
  const by = (id: string) => begin({ actor: { kind: 'sender', organisation: { id } as Party } });

  it('is a first one until one was answered, also of several at once', () => {
    const vault = randomUUID();
    const looks = [by('one'), by('one')];
    for (const { parts } of looks) parts.fallsOn?.(vault);
    expect(looks.map((look) => look.isFirst())).toEqual([true, true]);
    looks[0]?.ended();
    const [later, others] = [by('one'), by('two')];
    for (const { parts } of [later, others]) parts.fallsOn?.(vault);
    expect([later.isFirst(), others.isFirst()]).toEqual([false, true]);
    expect(keys).toEqual([vault, vault, vault]);
  });

  it('that fails leaves the next one the first', async () => {
    const vault = randomUUID();
    const failed = by('one');
    failed.parts.fallsOn?.(vault);
    const refuse = () => Promise.reject(new Error('refused'));
    await inTimeBand(refuse, () => false, { look: failed }).catch(() => undefined);
    const next = by('one');
    next.parts.fallsOn?.(vault);
    expect(next.isFirst()).toBe(true);
  });

  it('of the person never waits', () => {
    const own = begin({ actor: { kind: 'person' } });
    own.parts.fallsOn?.(randomUUID());
    expect([own.isFirst(), own.parts.fallsOn]).toEqual([false, undefined]);
  });
});
