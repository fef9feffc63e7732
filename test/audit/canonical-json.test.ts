/** RFC 8785, as far as a ledger record needs it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/audit/canonical-json.ts';

const value = fc.letrec<{ value: never }>((tie) => ({
  value: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  ) as fc.Arbitrary<never>,
})).value;

describe('canonical JSON', () => {
  it('sorts members by UTF-16 code unit and leaves out what is absent', () => {
    expect(
      canonicalJson({ '\u20ac': 1, b: [true, null], '\ud83d\ude00': 2, a: undefined, A: '"' }),
    ).toBe('{"A":"\\"","b":[true,null],"\u20ac":1,"\ud83d\ude00":2}');
    expect(canonicalJson(-0)).toBe('0');
  });

  it('says the same as JSON, and the same again for what it has said', () => {
    fc.assert(
      fc.property(value, (some) => {
        const text = canonicalJson(some);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(some)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('refuses what has more than one spelling', () => {
    expect(() => canonicalJson(0.1)).toThrow(TypeError);
    expect(() => canonicalJson(2 ** 53)).toThrow(TypeError);
    expect(() => canonicalJson('\ud800')).toThrow(TypeError);
  });
});
