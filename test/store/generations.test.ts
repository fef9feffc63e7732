/** What is used again stays, what is not goes, and nothing takes more room than it was given. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGenerations } from '../../src/store/generations.ts';

describe('generations', () => {
  it('give what was put there, by vault and name', () => {
    const all = createGenerations<string>(10);
    all.put('v1', 'a', 'one');
    all.put('v2', 'a', 'two');
    expect([all.get('v1', 'a'), all.get('v2', 'a'), all.get('v2', 'b')]).toEqual([
      'one',
      'two',
      undefined,
    ]);
  });

  it('keep what is used between two of them, and let the rest go', () => {
    const all = createGenerations<string>(10);
    all.put('v', 'used', 'u');
    all.put('v', 'unused', 'n');
    all.age();
    expect(all.get('v', 'used')).toBe('u');
    all.age();
    expect(all.get('v', 'used')).toBe('u');
    expect(all.get('v', 'unused')).toBeUndefined();
  });

  it('forget all of a vault, young and old, and nothing of another', () => {
    const all = createGenerations<string>(10);
    all.put('v', 'old', 'x');
    all.put('other', 'old', 'y');
    all.age();
    all.put('v', 'young', 'x');
    all.forget('v');
    expect([all.get('v', 'old'), all.get('v', 'young'), all.get('other', 'old')]).toEqual([
      undefined,
      undefined,
      'y',
    ]);
    all.forget('other');
    expect(all.isEmpty()).toBe(true);
  });

  it('hold no more than two generations of what things weighed, also when they grew', () => {
    const step = fc.record({
      vault: fc.constantFrom('v1', 'v2'),
      name: fc.nat(40),
      weight: fc.integer({ min: 1, max: 30 }),
      grows: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const max = 100;
        const all = createGenerations<{ weight: number }>(max, ({ weight }) => weight);
        const given: { vault: string; name: string }[] = [];
        for (const { vault, name, weight, grows } of steps) {
          const one = { weight };
          all.put(vault, String(name), one);
          one.weight += grows;
          all.grow(grows);
          given.push({ vault, name: String(name) });
        }
        const names = new Set(given.map(({ vault, name }) => `${vault} ${name}`));
        const held = [...names].flatMap((name) => {
          const [vault = '', of = ''] = name.split(' ');
          return peek(all, vault, of) ?? [];
        });
        const total = held.reduce((sum, { weight }) => sum + weight, 0);
        // The last one put into a generation may reach over its end by itself.
        expect(total).toBeLessThanOrEqual(2 * (max + 50));
      }),
    );
  });
});

/** What `get` gives before it moves anything: taken once a name. */
function peek<T>(
  all: ReturnType<typeof createGenerations<T>>,
  vault: string,
  name: string,
): T | undefined {
  return all.get(vault, name);
}
