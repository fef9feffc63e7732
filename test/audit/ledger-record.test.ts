/** audit.md 4.2 and 5.6: what may stand in a record, and what never does. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalValue, canonicalJson } from '../../src/audit/canonical-json.ts';
import type { LedgerEvent } from '../../src/audit/index.ts';
import {
  canonicalRecord,
  leafData,
  RECORD_LIMITS,
  recordOf,
} from '../../src/audit/ledger-record.ts';
import { createPseudonyms } from '../../src/audit/pseudonyms.ts';
import { searchEvent, testKeyring } from './ledgers.ts';

const keyring = testKeyring();
const pseudonyms = createPseudonyms((label) => keyring.hmac(label));
const at = new Date('2026-03-10T09:00:02.114Z');
const written = (event: LedgerEvent) => canonicalRecord(recordOf(event, at, pseudonyms));

describe('a record', () => {
  it('names persons by pseudonyms that only this ledger uses', () => {
    const vault = randomUUID();
    const event = searchEvent(vault, { agent: { kind: 'person', id: vault, onBehalfOf: vault } });
    const record = recordOf(event, at, pseudonyms);
    expect(JSON.stringify(record)).not.toContain(vault);
    expect(record.agent.id).toBe(record.patient);
    const other = createPseudonyms((label) => testKeyring().hmac(label));
    expect(other.person(vault)).not.toBe(record.patient);
  });

  it('takes no field that it does not know', () => {
    const event = { ...searchEvent(), name: 'Jansen', token: 'secret' };
    expect(written(event)).not.toMatch(/Jansen|secret/);
  });

  it('is written in the canonical form of RFC 8785, whatever is in it', () => {
    const words = fc.string({ unit: 'grapheme', maxLength: 12 });
    const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const named = fc.record({
      route: maybe(fc.constantFrom('explicit' as const, 'none' as const)),
      holders: maybe(fc.array(fc.uuid(), { maxLength: 3 })),
      basis: maybe(fc.array(words, { maxLength: 3 })),
      labels: maybe(fc.array(words, { maxLength: 3 })),
      obligations: maybe(fc.array(words, { maxLength: 3 })),
      what: maybe(fc.array(words, { maxLength: 3 })),
      counts: maybe(fc.dictionary(words, fc.integer(), { maxKeys: 4 })),
      detail: maybe(fc.dictionary(words, words, { maxKeys: 4 })),
      query: maybe(words),
      reason: maybe(words),
      epoch: maybe(fc.nat()),
      withheld: maybe(fc.nat()),
    });
    fc.assert(
      fc.property(named, (more) => {
        const record = recordOf(
          searchEvent(randomUUID(), more as Partial<LedgerEvent>),
          at,
          pseudonyms,
        );
        expect(canonicalRecord(record)).toBe(canonicalJson(record as unknown as CanonicalValue));
      }),
      { numRuns: 300 },
    );
  });

  it('masks a BSN in what a person or a request made up, and leaves other numbers', () => {
    const event = searchEvent(randomUUID(), {
      query: 'Patient?identifier=999990019&_count=123456789',
      detail: { reason: 'belde over 999990019, kamer 12' },
    });
    const text = written(event);
    expect(text).not.toContain('999990019');
    expect(text).toContain('kamer 12');
    expect(text).toContain('000012345');
  });

  it('keeps ids and digests whole, also those in which nine digits would pass for a BSN', () => {
    const detail = {
      receipt: '8608e152-c876-4bdd-8728-39e999990019',
      context: `${'ab'.repeat(20)}f999990019c${'0d'.repeat(6)}e`.padEnd(64, 'a').slice(0, 64),
    };
    const record = recordOf(searchEvent(randomUUID(), { detail }), at, pseudonyms);
    expect(record.detail).toMatchObject(detail);
    const disguised = [
      ...['39e999990019', 'a-999990019', 'x8608e152-c876-4bdd-8728-39e999990019y'],
      `${detail.context}a`,
    ];
    for (const reason of disguised) {
      const masked = recordOf(searchEvent(randomUUID(), { detail: { reason } }), at, pseudonyms);
      expect(masked.detail?.['reason']).not.toContain('999990019');
    }
  });

  it('holds a list up to its limit, and above that a digest of it', () => {
    const what = Array.from(
      { length: RECORD_LIMITS.referencesMax + 1 },
      (_, index) => `Task/${index}@1`,
    );
    const record = recordOf(searchEvent(randomUUID(), { what }), at, pseudonyms);
    expect(record.what).toBeUndefined();
    expect(record.whatDigest).toMatch(/^[0-9a-f]{64}$/);
    const turned = recordOf(searchEvent(randomUUID(), { what: what.toReversed() }), at, pseudonyms);
    expect(turned.whatDigest).toBe(record.whatDigest);
  });

  it('can be written whatever the text is: half a character, control characters, very long', () => {
    const query = `\ud800\u0000\u202e${'x'.repeat(5_000)}`;
    const text = written(searchEvent(randomUUID(), { query, detail: { reason: query } }));
    expect(text.isWellFormed()).toBe(true);
    expect(text.length).toBeLessThan(2_500);
  });
});

describe('leaf data', () => {
  it('is canonical JSON of class, commitment, time and number, without anything personal', () => {
    const data = leafData({ class: 'care', commit: Buffer.alloc(32), recorded: at, seq: 7 });
    expect(data).toBe(
      `{"class":"care","commit":"${'A'.repeat(43)}=",` +
        '"recorded":"2026-03-10T09:00:02.114Z","seq":7,"v":1}',
    );
  });
});
