/** Lines of one organisation, about one kind of data, of one kind of act (audit.md 7.1). */
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/audit/index.ts';
import { say } from '../../../src/platform/html/language.ts';
import { filterFields, filterIn, passes } from '../../../src/web/person/looked-filter.ts';
import { isChosen, olderLines, periodIn } from '../../../src/web/person/looked-period.ts';

const line = (organisation: string, event: string, counts: Record<string, number> = {}) =>
  ({ record: { event, counts, agent: { kind: 'professional', organisation } } }) as LedgerEntry;

const lines = [
  line('hospital', 'read', { Observation: 2 }),
  line('practice', 'search-type', { Condition: 1 }),
  line('gone', 'login'),
];
const names = new Map([
  ['hospital', 'Ziekenhuis & Zo'],
  ['practice', 'Praktijk'],
]);
const shown = (query: Record<string, string>) =>
  lines.filter((one) => passes(filterIn(query), one)).map(({ record }) => record.event);

describe('the lines that are shown', () => {
  it('are all where nothing was chosen, or nothing that a line can have', () => {
    expect(shown({})).toHaveLength(3);
    expect(shown({ organisatie: '', soort: '"><script>', daad: ' ' })).toHaveLength(3);
    expect(isChosen(periodIn({ soort: '' }))).toBe(false);
  });

  it('are those of an organisation, of a kind of data, of an act, and of all three', () => {
    expect(shown({ organisatie: 'hospital' })).toEqual(['read']);
    expect(shown({ soort: 'Condition' })).toEqual(['search-type']);
    expect(shown({ soort: 'constructor' })).toEqual([]);
    expect(shown({ daad: 'login' })).toEqual(['login']);
    expect(shown({ organisatie: 'hospital', soort: 'Condition' })).toEqual([]);
  });

  it('stay chosen on the page with older lines', () => {
    const period = periodIn({ organisatie: 'hospital', daad: 'read' });
    expect(isChosen(period)).toBe(true);
    expect(olderLines(period, 9)).toBe('/mij/inzage?organisatie=hospital&daad=read&voor=9');
  });
});

describe('what can be chosen', () => {
  const form = (query: Record<string, string>) =>
    String(filterFields(filterIn(query), lines, names, (text) => say(text, 'nl')));

  it('is what stands in the lines, in words, each once', () => {
    const text = form({});
    expect(text).toContain('>Ziekenhuis &amp; Zo</option>');
    expect(text).not.toContain('value="gone"');
    expect(text.match(/<option value="Condition"/g)).toHaveLength(1);
    expect(text).not.toContain('selected');
  });

  it('shows what was chosen, also where these lines do not have it', () => {
    expect(form({ soort: 'Immunization' })).toContain('<option value="Immunization" selected>');
  });
});
