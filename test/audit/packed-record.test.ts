/** What is sealed is the canonical record, to the byte. */
import { createHash, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/audit/canonical-json.ts';
import { packRecord, unpackRecord } from '../../src/audit/packed-record.ts';
import { DEFLATE_DICTIONARY, LZ4_DICTIONARY } from '../../src/audit/record-dictionary.ts';

const again = (canonical: string) => {
  const { bytes, dictionary } = packRecord(Buffer.from(canonical));
  return unpackRecord(bytes, dictionary);
};

const piece = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uuid(),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  fc.stringMatching(/^[0-9a-f]{60,70}$/),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom(
    '9999-99-99T99:99:99.999Z',
    '1960-01-01T00:00:00.000Z',
    '0070-01-01T00:00:00.000Z',
  ),
  fc.constantFrom(
    '2023-02-29T00:00:00.000Z',
    '2024-02-29T23:59:59.999Z',
    '2024-06-31T00:00:00.000Z',
  ),
  fc.constantFrom(
    '\u0001',
    '\u0002\u0003',
    'abc',
    '12345678-',
    '2024-',
    '0f8fad5b-d9cb-469f-a165-7086772',
  ),
);

describe('packing a record', () => {
  it('gives back the same bytes, whatever looks like a uuid, a digest or a time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(piece, { maxLength: 4 }).map((some) => some.join(''))),
        (texts) => {
          const canonical = canonicalJson({ texts });
          expect(again(canonical)).toBe(canonical);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes little more than what is random in it', () => {
    const record = canonicalJson({
      action: 'R',
      agent: { address: '192.0.2.7', id: randomUUID(), kind: 'person' },
      at: '2026-03-10T09:00:00.000Z',
      class: 'pgo',
      door: 'medmij',
      event: 'read',
      outcome: 0,
      patient: randomUUID(),
      v: 1,
    });
    expect(packRecord(Buffer.from(record)).bytes.length).toBeLessThan(90);
  });

  it('packs a record that is too long for one block as well', () => {
    const canonical = canonicalJson({
      texts: Array.from({ length: 9_000 }, (_, nth) => `n${nth}`),
    });
    expect(again(canonical)).toBe(canonical);
    expect(packRecord(Buffer.from(canonical)).dictionary).toBe(1);
  });

  it('opens what was packed by the first dictionary', () => {
    const packed =
      'ACYPj61b2ctGn6FlcIZ3KJUOAZzW+XqAD4+tW9nLRp+hZXCGdyiVDiMi9Vga6RnoGemZY0s9kJyInChQ8y96ukdNuijhjttbsbUA';
    const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
    expect(unpackRecord(Buffer.from(packed, 'base64'), 1)).toBe(
      `{"action":"R","agent":{"address":"192.0.2.7","id":"${id}","kind":"person"},"at":"2026-03-10T09:00:00.000Z","class":"pgo","door":"medmij","event":"read","outcome":0,"v":1,"what":["Patient/${id}@1"]}`,
    );
  });

  it('keeps every dictionary that was ever used, unchanged', () => {
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    expect(
      [DEFLATE_DICTIONARY, LZ4_DICTIONARY].map(({ number, bytes }) => [number, digest(bytes)]),
    ).toEqual([
      [1, '7e7babe073fb4167'],
      [2, 'de5f0a2442c1a741'],
    ]);
    expect(() => unpackRecord(Buffer.alloc(9), 3)).toThrow(/dictionary/);
  });
});
