/** First and last fetch of each app, as the person's pages tell them (capabilities A7, J2). */
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/audit/index.ts';
import { appFetches } from '../../../src/web/person/app-fetches.ts';

function line(at: string, more: Partial<LedgerEntry['record']> = {}): LedgerEntry {
  const record = {
    ...{ at: `2026-03-${at}:00Z`, event: 'search-type', outcome: 0, door: 'medmij' },
    ...{ client: 'app.example', holders: ['hospital'], correlationId: 'one' },
    detail: { toestemming: 'c1' },
    ...more,
  };
  return { record } as unknown as LedgerEntry;
}

describe('fetches of an app', () => {
  it('count once for all questions of one time, and know where the last one began', () => {
    const lines = [
      line('01T10:00'),
      line('01T10:02'),
      line('09T08:00', { correlationId: 'two' }),
      line('09T08:07', { correlationId: 'two' }),
    ];
    const [one, ...rest] = appFetches(lines.toReversed());
    expect(rest).toEqual([]);
    expect(one).toMatchObject({
      ...{ client: 'app.example', provider: 'hospital', consent: 'c1', times: 2 },
      first: new Date('2026-03-01T10:00:00Z'),
      lastBegan: new Date('2026-03-09T08:00:00Z'),
      last: new Date('2026-03-09T08:07:00Z'),
    });
  });

  it('stand apart for each provider and consent, the latest first', () => {
    const found = appFetches([
      line('01T10:00'),
      line('02T10:00', { holders: ['practice'], correlationId: 'two' }),
      line('03T10:00', { detail: { toestemming: 'c2' }, correlationId: 'three' }),
    ]);
    expect(found.map(({ provider, consent }) => `${provider} ${consent}`)).toEqual([
      'hospital c2',
      'practice c1',
      'hospital c1',
    ]);
  });

  it.each<[string, Partial<LedgerEntry['record']>]>([
    ['is refused', { outcome: 4 }],
    ['is of a partner', { door: 'fhir' }],
    ['only says what a token opens', { event: 'granted' }],
    ['gave nothing of anybody', { holders: [] }],
  ])('are none where a line %s', (_name, more) => {
    expect(appFetches([line('01T10:00', more)])).toEqual([]);
  });
});
