/** What is sealed is the canonical record, to the byte. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/audit/canonical-json.ts';
import { packRecord, unpackRecord } from '../../src/audit/packed-record.ts';
import { DICTIONARIES } from '../../src/audit/record-dictionary.ts';

const piece = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uuid(),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  fc.stringMatching(/^[0-9a-f]{60,70}$/),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom('9999-99-99T99:99:99.999Z', '1960-01-01T00:00:00.000Z', '\u0001', '\u0002\u0003'),
);

describe('packing a record', () => {
  it('gives back the same bytes, whatever looks like a uuid, a digest or a time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(piece, { maxLength: 4 }).map((some) => some.join(''))),
        (texts) => {
          const canonical = canonicalJson({ texts });
          expect(unpackRecord(packRecord(canonical, 1), 1).toString()).toBe(canonical);
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
    expect(packRecord(record, 1).length).toBeLessThan(90);
  });

  it('keeps every dictionary that was ever used, unchanged', () => {
    expect(Object.keys(DICTIONARIES)).toEqual(['1']);
    expect(() => packRecord('{}', 2)).toThrow(/dictionary/);
  });
});
