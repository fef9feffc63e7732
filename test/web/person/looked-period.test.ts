/** The period of "Wie keek": whole days of Amsterdam, kept on the pages with older lines. */
import { describe, expect, it } from 'vitest';
import { isChosen, isWithin, olderLines, periodIn } from '../../../src/web/person/looked-period.ts';

describe('a period of the log', () => {
  it('has both its days whole, by the clock of Amsterdam', () => {
    const period = periodIn({ van: '2026-03-02', tot: '2026-03-03' });
    const within = (at: string) => isWithin(period, new Date(at));
    expect(within('2026-03-01T22:59:59Z')).toBe(false);
    expect(within('2026-03-01T23:00:00Z')).toBe(true);
    expect(within('2026-03-03T22:59:59Z')).toBe(true);
    expect(within('2026-03-03T23:00:00Z')).toBe(false);
  });

  it('stays on the page with older lines', () => {
    const older = olderLines(periodIn({ van: '2026-03-02', wie: 'anderen' }), 512);
    expect(older).toBe('/mij/inzage?van=2026-03-02&wie=anderen&voor=512');
    const query = Object.fromEntries(new URLSearchParams(older.split('?')[1]));
    expect(periodIn(query)).toMatchObject({ van: '2026-03-02', wie: true, faults: [] });
    expect(olderLines(periodIn({}), 512)).toBe('/mij/inzage?voor=512');
  });

  it('is everything where nothing was chosen', () => {
    expect([isChosen(periodIn({})), isWithin(periodIn({}), new Date(0))]).toEqual([false, true]);
    expect(isChosen(periodIn({ wie: 'anderen' }))).toBe(true);
    expect(isChosen(periodIn({ zonder: 'afspraak' }))).toBe(true);
    expect(olderLines(periodIn({ zonder: 'afspraak' }), 5)).toBe(
      '/mij/inzage?zonder=afspraak&voor=5',
    );
  });
});
