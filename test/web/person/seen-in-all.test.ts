/** Lines of the ledger that stand as one, and who looked without a ground (journey J7, step 3). */
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/audit/index.ts';
import type { CareRelation } from '../../../src/permission/index.ts';
import { isOutsideCare, seenInAll, sentInAll } from '../../../src/web/person/seen-in-all.ts';

const line = (seq: number, record: Partial<LedgerEntry['record']>) =>
  ({ seq, record: { at: '2026-03-10T10:00:00Z', agent: {}, ...record } }) as LedgerEntry;

const looked = (seq: number, what: string[], counts: Record<string, number>) =>
  line(seq, { what, counts });

describe('what was seen in all', () => {
  it('counts an item once, however often and in whatever version it was looked at', () => {
    const first = looked(1, ['Observation/a@1', 'Condition/c@1'], { Observation: 1, Condition: 1 });
    const again = looked(2, ['Observation/a@2', 'Observation/b@1'], { Observation: 2 });
    expect(seenInAll([first, again])).toEqual({ Observation: 2, Condition: 1 });
    expect(sentInAll([first, again])).toEqual({ Observation: 3, Condition: 1 });
  });

  it('counts a long list once by its digest, and another list beside it', () => {
    const long = (seq: number, whatDigest: string) =>
      line(seq, { whatDigest, counts: { Observation: 150 } });
    expect(seenInAll([long(1, 'a'), long(2, 'a')])).toEqual({ Observation: 150 });
    expect(seenInAll([long(1, 'a'), long(2, 'b')])).toEqual({ Observation: 300 });
  });

  it('counts what no list names, each line for itself', () => {
    const bare = (seq: number) => line(seq, { counts: { items: 2 } });
    expect(seenInAll([bare(1), bare(2)])).toEqual({ items: 4 });
  });
});

describe('who looked without a ground', () => {
  const visit: CareRelation = {
    id: 'r',
    organisation: 'hospital',
    kind: 'encounter',
    from: '2026-03-01T09:00:00+01:00',
    until: '2026-03-01T10:00:00+01:00',
    evidence: 'Encounter/e',
    source: 'hospital',
  };
  const by = (organisation: string, more: Partial<LedgerEntry['record']> = {}) =>
    line(1, { agent: { kind: 'professional', id: 'x', organisation }, ...more });

  it('is whoever the record shows no treatment with at that moment', () => {
    expect(isOutsideCare(by('hospital'), [visit])).toBe(false);
    expect(isOutsideCare(by('practice'), [visit])).toBe(true);
    expect(isOutsideCare(by('hospital', { at: '2020-01-01T00:00:00Z' }), [visit])).toBe(true);
    expect(isOutsideCare(by('hospital'), [{ ...visit, withdrawn: true }])).toBe(true);
  });

  it('is not the person, and not a source that sends', () => {
    expect(isOutsideCare(line(1, { agent: { kind: 'person', id: 'p' } }), [])).toBe(false);
    expect(isOutsideCare(by('practice', { route: 'sender' }), [])).toBe(false);
  });
});
