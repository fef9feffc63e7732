import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, pack, readAbout, unframe, unpack } from '../../src/store/frame.ts';
import { DICTIONARY_1 } from '../../src/store/frame-dictionary.ts';
import { resourceOf } from './records.ts';

const bytes = fc.uint8Array({ maxLength: 20_000 }).map((array) => Buffer.from(array));

describe('frame', () => {
  it('gives back every byte of what was packed, of any size', () => {
    fc.assert(fc.property(bytes, (plain) => unpack(pack(plain)).equals(plain)));
    for (const size of [8_191, 8_192, 8_193, 1_048_576]) {
      const text = Buffer.from('{"resourceType":"Bundle"} '.repeat(size / 20)).subarray(0, size);
      expect(unpack(pack(text)).equals(text)).toBe(true);
      expect(pack(text).length).toBeLessThan(size / 10);
    }
  });

  it('lets what does not get smaller grow by five bytes only', () => {
    fc.assert(fc.property(bytes, (plain) => pack(plain).length <= plain.length + 5));
  });

  it('keeps native form, R4 form and what is known of them apart', () => {
    fc.assert(
      fc.property(bytes, fc.option(bytes), fc.boolean(), (native, r4, isR4) => {
        const { type: _type, custodian: _custodian, ...facts } = resourceOf().facts;
        const framed = {
          native: isR4 ? ('R4' as const) : ('STU3' as const),
          bytes: native,
          ...(r4?.length ? { r4 } : {}),
          about: { facts, originalId: 'x', sourceTime: '2026-01-01' },
        };
        const found = unframe(Buffer.concat([frame(framed)].flat()));
        expect({ ...found, about: readAbout(found.about) }).toEqual(framed);
      }),
    );
  });

  it('of a large resource is in pieces that are the same', () => {
    const { facts } = resourceOf();
    const large = Buffer.alloc(2_000_000, 'Letter. ');
    const pieces = frame({ native: 'R4', bytes: large, about: { facts } });
    expect(Array.isArray(pieces)).toBe(true);
    expect(unframe(Buffer.concat([pieces].flat())).bytes.equals(large)).toBe(true);
  });

  it('of a large resource that does not get smaller, or has parts of any size, is the same too', () => {
    const { facts } = resourceOf();
    const noise = Buffer.concat(
      Array.from({ length: 60_000 }, (_, nth) => createHash('sha256').update(`${nth}`).digest()),
    );
    for (const bytes of [noise, Buffer.concat([noise, Buffer.alloc(1_048_576 * 2)])]) {
      const pieces = frame({ native: 'STU3', bytes, r4: bytes.subarray(7), about: { facts } });
      const whole = Buffer.concat([pieces].flat());
      const found = unframe(whole);
      expect(found.bytes.equals(bytes) && found.r4?.equals(bytes.subarray(7))).toBe(true);
      expect(whole.length).toBeLessThan(bytes.length * 2 + 1_000);
    }
    expect(unpack(pack(noise)).equals(noise)).toBe(true);
  });

  it('packs a small resource to less than half', () => {
    const { bytes: plain, facts } = resourceOf();
    const framed = frame({ native: 'R4', bytes: plain, about: { facts } });
    expect(Buffer.concat([framed].flat()).length).toBeLessThan(
      (plain.length + JSON.stringify(facts).length) / 2,
    );
  });

  it('has the dictionary that stored rows were packed with', () => {
    expect(createHash('sha256').update(DICTIONARY_1).digest('hex')).toBe(
      'ac2f27c8b28123549abfb81a41799ea774bfc4f480e0a0b26ae605eb77a855ae',
    );
  });
});
