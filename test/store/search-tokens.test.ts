import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashTokens, tokenArray } from '../../src/store/search-tokens.ts';

const one = createSecretKey(randomBytes(32));
const other = createSecretKey(randomBytes(32));
const tokens = fc.array(fc.string({ maxLength: 40 }), { maxLength: 30 });

/** Architecture D4: equal codes of two patients differ. */
describe('search tokens', () => {
  it('are the same for the same key and token, whatever stands beside it', () => {
    fc.assert(
      fc.property(tokens, fc.string(), (some, token) => {
        const [alone] = hashTokens(one, [token]);
        expect(hashTokens(one, [...some, token]).at(-1)).toBe(alone);
      }),
    );
  });

  it('differ between vaults and between tokens', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 30 }), (some) => {
        const mine = hashTokens(one, some);
        expect(new Set([...mine, ...hashTokens(other, some)]).size).toBe(some.length * 2);
      }),
    );
  });

  it('stand in the row once each, in an order that does not follow the content', () => {
    fc.assert(
      fc.property(tokens, (some) => {
        const text = tokenArray(one, [...some, ...some]);
        expect(tokenArray(one, some.toReversed())).toBe(text);
        const stored = text.slice(1, -1).split(',').filter(Boolean);
        expect(stored.length).toBe(new Set(some).size);
      }),
    );
  });

  it('stay the same when more tokens were seen than are remembered', () => {
    const [before] = hashTokens(one, ['status||final']);
    for (let n = 0; n < 20_000; n += 1) hashTokens(one, [`code||${n}`]);
    expect([...hashTokens(one, ['status||final'])]).toEqual([before]);
  });
});
