/** The text under a digest: RFC 8785 for what occurs here, and the same however it is reached. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, digestOf, sha256 } from '../../src/permission/digest.ts';
import { RULE } from './random-world.ts';

/** Plainly: a copy with its keys in order, written as JSON. */
function plainly(value: unknown): unknown {
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) return plainly(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(plainly);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, plainly(one)]));
}

const json = (value: unknown) => JSON.stringify(plainly(value));

describe('the text', () => {
  it('is that of a copy in order, whatever the names and values', () => {
    const values = fc.dictionary(
      fc.string({ unit: 'binary' }).filter((key) => !/^(\d+|__proto__)$/.test(key)),
      fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null)),
    );
    fc.assert(
      fc.property(values, (value) => {
        expect(canonical(value)).toBe(json(value));
      }),
    );
  });

  it('is the same for rules, in whatever order their names stand', () => {
    fc.assert(
      fc.property(fc.array(RULE, { maxLength: 30 }), (rules) => {
        const turned = rules.map((rule) => Object.fromEntries(Object.entries(rule).toReversed()));
        expect(canonical(turned)).toBe(canonical(rules));
        expect(canonical(rules)).toBe(json(rules));
      }),
    );
  });

  it('is right after more shapes than are kept', () => {
    for (let at = 0; at < 6_000; at += 1) canonical({ [`b${at}`]: 1, [`a${at}`]: 2 });
    expect(canonical({ b: 1, a: 2 })).toBe('{"a":2,"b":1}');
  });
});

describe('the digest', () => {
  it('of a list is the same whether or not its parts were seen before', () => {
    fc.assert(
      fc.property(fc.array(RULE, { maxLength: 20 }), RULE, (rules, more) => {
        digestOf(rules);
        const longer = [...rules, more];
        expect(digestOf(longer)).toBe(sha256(canonical(longer)));
        expect(digestOf(structuredClone(longer))).toBe(digestOf(longer));
      }),
    );
  });
});
