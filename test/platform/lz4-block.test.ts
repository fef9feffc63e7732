/** https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LZ4_LIMITS, lz4Dictionary, lz4Pack, lz4Unpack } from '../../src/platform/lz4-block.ts';

const words = fc.constantFrom(
  '"code":"',
  '"system":"http://loinc.org"',
  'Observation/',
  'a',
  '\u00e9',
  '0',
);
const text = fc.oneof(
  fc.array(words, { maxLength: 400 }).map((some) => Buffer.from(some.join(''))),
  fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
);
const dictionary = fc
  .array(words, { maxLength: 60 })
  .map((some) => lz4Dictionary(Buffer.from(some.join(''))));

describe('an LZ4 block', () => {
  it('gives back every byte, with any dictionary', () => {
    fc.assert(
      fc.property(text, dictionary, (plain, known) => {
        expect(lz4Unpack(lz4Pack(plain, known), plain.length, known).equals(plain)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('holds long literals and long matches', () => {
    const known = lz4Dictionary(Buffer.from('x'.repeat(1_000)));
    for (const plain of [
      Buffer.alloc(LZ4_LIMITS.textBytesMax, 'ab'),
      Buffer.alloc(LZ4_LIMITS.textBytesMax).map((_, at) => (at * at * 31 + (at >> 3)) & 0xff),
      Buffer.from('x'.repeat(1_000)),
      Buffer.alloc(0),
    ]) {
      expect(lz4Unpack(lz4Pack(plain, known), plain.length, known).equals(plain)).toBe(true);
    }
  });

  it('is the block that the format describes', () => {
    // Token: no literals, a match of 4 + 15 + 2; then its offset, back into the dictionary; then
    // a token for the last five bytes, which are always literals.
    const known = lz4Dictionary(Buffer.from('abcdefghijklmnopqrstuvwxyz'));
    const plain = Buffer.from('abcdefghijklmnopqrstuvwxyz');
    const block = lz4Pack(plain, known);
    expect(block).toEqual(Buffer.from([0x0f, 26, 0, 2, 0x50, ...Buffer.from('vwxyz')]));
  });

  it('is shorter where the dictionary knows the text', () => {
    const known = lz4Dictionary(Buffer.from('"system":"http://loinc.org","code":"'));
    const plain = Buffer.from('{"system":"http://loinc.org","code":"85354-9"}');
    expect(lz4Pack(plain, known).length).toBeLessThan(plain.length / 2);
  });

  it('refuses what was cut or changed instead of reading beyond it', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat({ max: 255 }), (plain, where, value) => {
        const known = lz4Dictionary(Buffer.from('"system":"http://loinc.org"'));
        const block = Buffer.from(lz4Pack(plain, known));
        block[where % block.length] = value;
        for (const one of [block, block.subarray(0, where % block.length)]) {
          try {
            expect(lz4Unpack(one, plain.length, known).length).toBe(plain.length);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says that a text or a dictionary is too large', () => {
    const known = lz4Dictionary(Buffer.from('x'));
    expect(() => lz4Pack(Buffer.alloc(LZ4_LIMITS.textBytesMax + 1), known)).toThrow(RangeError);
    const large = Buffer.alloc(LZ4_LIMITS.dictionaryBytesMax + 1);
    expect(() => lz4Dictionary(large)).toThrow(RangeError);
  });
});
