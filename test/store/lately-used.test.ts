/** What is used again stays, what is not goes, and nothing takes more room than it was given. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatelyUsed } from '../../src/store/lately-used.ts';

describe('what was used lately', () => {
  it('give what was put there, by vault and name', () => {
    const all = createLatelyUsed<string>(10);
    all.put('v1', 'a', 'one');
    all.put('v2', 'a', 'two');
    expect([all.get('v1', 'a'), all.get('v2', 'a'), all.get('v2', 'b')]).toEqual([
      'one',
      'two',
      undefined,
    ]);
  });

  it('keeps what is used between two agings, and lets the rest go', () => {
    const all = createLatelyUsed<string>(10);
    all.put('v', 'used', 'u');
    all.put('v', 'unused', 'n');
    all.age();
    expect(all.get('v', 'used')).toBe('u');
    all.age();
    expect(all.get('v', 'used')).toBe('u');
    expect(all.get('v', 'unused')).toBeUndefined();
  });

  it('forget all of a vault, young and old, and nothing of another', () => {
    const all = createLatelyUsed<string>(10);
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

  it('lets go of what was used least lately, and of nothing that fits', () => {
    const all = createLatelyUsed<string>(3);
    for (const name of ['a', 'b', 'c']) all.put('v', name, name);
    expect(all.get('v', 'a')).toBe('a');
    all.put('w', 'd', 'd');
    const left = ['a', 'b', 'c'].map((name) => all.get('v', name));
    expect([...left, all.get('w', 'd')]).toEqual(['a', undefined, 'c', 'd']);
  });

  it('lets go of what grew too large, but of the last one', () => {
    const all = createLatelyUsed<{ weight: number }>(10, ({ weight }) => weight);
    all.put('v', 'first', { weight: 4 });
    const last = { weight: 4 };
    all.put('v', 'last', last);
    last.weight += 90;
    all.grow(90);
    expect(all.get('v', 'first')).toBeUndefined();
    expect(all.get('v', 'last')).toBe(last);
  });

  /** A list in order of use, from which the first are taken until the rest fits. */
  it('holds what a plain list of the last used would hold, whatever happens', () => {
    const MAX = 60;
    const step = fc.record({
      act: fc.constantFrom('put', 'put', 'get', 'get', 'grow', 'age', 'forget'),
      vault: fc.constantFrom('v1', 'v2'),
      name: fc.nat(12).map(String),
      weight: fc.integer({ min: 1, max: 25 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const all = createLatelyUsed<{ weight: number }>(MAX, ({ weight }) => weight);
        let list: { key: string; value: { weight: number }; age: number }[] = [];
        let age = 0;
        const makeRoom = () => {
          const total = () => list.reduce((sum, { value }) => sum + value.weight, 0);
          while (total() > MAX && list.length > 1) list.shift();
        };
        for (const { act, vault, name, weight } of steps) {
          const key = `${vault} ${name}`;
          const found = list.find((one) => one.key === key);
          if (act === 'put') {
            const value = { weight };
            all.put(vault, name, value);
            list = [...list.filter((one) => one !== found), { key, value, age }];
            makeRoom();
          } else if (act === 'get' || act === 'grow') {
            expect(all.get(vault, name)).toBe(found?.value);
            if (!found) continue;
            list = [...list.filter((one) => one !== found), { ...found, age }];
            if (act === 'get') continue;
            found.value.weight += weight;
            all.grow(weight);
            makeRoom();
          } else if (act === 'age') {
            age += 1;
            all.age();
            list = list.filter((one) => one.age >= age - 1);
          } else {
            all.forget(vault);
            list = list.filter((one) => !one.key.startsWith(vault));
          }
        }
        expect(all.isEmpty()).toBe(list.length === 0);
        for (const { key, value } of list) {
          const [vault = '', name = ''] = key.split(' ');
          expect(all.get(vault, name)).toBe(value);
        }
      }),
    );
  });
});
