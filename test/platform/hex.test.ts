import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeHex } from '../../src/platform/hex.ts';

describe('digits as bytes', () => {
  it('are those that were meant, dashes or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(5), (bytes, from) => {
        const hex = Buffer.from(bytes).toString('hex');
        const to = Buffer.alloc(60);
        const text = hex.replace(/^(.{8})/, '$1-').toUpperCase();
        expect(writeHex(to, from, text)).toBe(from + bytes.length);
        expect(to.subarray(from, from + bytes.length)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('are refused when they are none, or half a byte', () => {
    for (const text of ['0g', '0', '\u0130\u0130', ' 00']) {
      expect(() => writeHex(Buffer.alloc(4), 0, text)).toThrow(RangeError);
    }
  });
});
