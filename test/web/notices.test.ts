/** What a person is told of access: off, each, a day at a time, only unusual (capabilities D6). */
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/audit/index.ts';
import { noticesOf } from '../../src/web/person/notices.ts';

let seq = 0;
function line(at: string, organisation: string, more: Partial<LedgerEntry['record']> = {}) {
  seq += 1;
  return {
    ledger: 'l',
    seq,
    recorded: at,
    leafHash: '',
    masked: false,
    record: {
      v: 1,
      at,
      class: 'care',
      event: 'search-type',
      action: 'E',
      outcome: 0,
      released: 2,
      route: 'explicit',
      agent: { kind: 'professional', id: 'dokter-1', organisation, role: '01.015' },
      ...more,
    },
  } as LedgerEntry;
}

/** Newest first, as the ledger gives them. */
const LINES = [
  line('2026-03-01T08:00:00Z', 'gp'),
  line('2026-03-01T09:00:00Z', 'gp'),
  line('2026-03-01T09:30:00Z', 'gp', { released: 0 }),
  line('2026-03-02T08:00:00Z', 'gp'),
  line('2026-03-02T10:00:00Z', 'gp', { route: 'emergency', detail: { reason: 'bewusteloos' } }),
  line('2026-03-03T10:00:00Z', 'far'),
  line('2026-03-03T11:00:00Z', 'far'),
  line('2026-03-03T12:00:00Z', 'p', { agent: { kind: 'person', id: 'p' } }),
].toReversed();

const told = (notices: 'each' | 'daily' | 'unusual' | 'off') =>
  noticesOf(LINES, { notices }, (organisation) => organisation === 'gp');

describe('a notice', () => {
  it('is given once for each access, and for nothing else', () => {
    expect(told('each').map(({ at }) => at.slice(5, 13))).toEqual([
      '03-03T11',
      '03-03T10',
      '03-02T10',
      '03-02T08',
      '03-01T09',
      '03-01T08',
    ]);
  });

  it('a day stands for all of that day, but an emergency stands by itself', () => {
    expect(told('daily').map(({ organisation, times }) => [organisation, times])).toEqual([
      ['far', 2],
      ['gp', 1],
      ['gp', 1],
      ['gp', 2],
    ]);
  });

  it('of what is unusual says why', () => {
    expect(told('unusual').map(({ why }) => why)).toEqual([
      ['other-region'],
      ['first-time', 'other-region'],
      ['emergency'],
      ['first-time'],
    ]);
  });

  it('of an emergency is always given, with the reason that was typed', () => {
    expect(told('off').map(({ reason }) => reason)).toEqual(['bewusteloos']);
  });

  it('of who was refused in an emergency is always given, once a day for each who tried', () => {
    const tried = (at: string, id = 'dokter-1', more: Partial<LedgerEntry['record']> = {}) =>
      line(at, 'gp', {
        ...{ outcome: 4, released: 0, route: 'none', reason: 'emergency-refused' },
        agent: { kind: 'professional', id, organisation: 'gp', role: '01.015' },
        detail: { level: 'urgent', reason: 'bewusteloos' },
        ...more,
      });
    const lines = [
      tried('2026-03-05T08:00:00Z'),
      tried('2026-03-05T08:00:01Z', 'dokter-1', { event: 'read' }),
      tried('2026-03-05T09:00:00Z', 'dokter-2'),
      tried('2026-03-06T08:00:00Z'),
      // No emergency, no refusal, and nobody of care: none of these is one.
      tried('2026-03-07T08:00:00Z', 'dokter-1', { detail: {} }),
      tried('2026-03-07T08:00:00Z', 'dokter-1', { outcome: 0 }),
      tried('2026-03-07T08:00:00Z', 'dokter-1', { event: 'log-search' }),
      tried('2026-03-07T08:00:00Z', 'dokter-1', { agent: { kind: 'person', id: 'p' } }),
    ].toReversed();
    const expected = [
      ['2026-03-06T08:00:00Z', 1],
      ['2026-03-05T09:00:00Z', 1],
      ['2026-03-05T08:00:01Z', 2],
    ];
    for (const notices of ['each', 'daily', 'unusual', 'off'] as const) {
      const told = noticesOf(lines, { notices }, () => true);
      expect(told.map(({ at, times }) => [at, times])).toEqual(expected);
      expect(new Set(told.flatMap(({ why }) => why))).toEqual(new Set(['emergency-refused']));
    }
  });

  it('of who was refused does not make a later look the second one', () => {
    const lines = [
      line('2026-03-05T08:00:00Z', 'gp', {
        ...{ outcome: 4, released: 0, detail: { level: 'urgent', reason: 'bewusteloos' } },
      }),
      line('2026-03-06T08:00:00Z', 'gp'),
    ].toReversed();
    const [later] = noticesOf(lines, { notices: 'unusual' }, () => true);
    expect(later?.why).toEqual(['first-time']);
  });

  it('of an app is given once for each time that it comes to fetch, or each day', () => {
    const fetched = (at: string, correlationId: string) =>
      line(at, 'gp', {
        ...{ door: 'medmij', client: 'app.example', holders: ['gp'], correlationId },
        agent: { kind: 'person', id: 'p' },
      });
    const lines = [
      fetched('2026-03-05T08:00:00Z', 'a'),
      fetched('2026-03-05T08:00:01Z', 'a'),
      fetched('2026-03-05T20:00:00Z', 'b'),
      fetched('2026-03-06T08:00:00Z', 'c'),
    ].toReversed();
    const of = (notices: 'each' | 'daily' | 'unusual' | 'off') =>
      noticesOf(lines, { notices }, () => true).map(({ app, times }) => [app, times]);
    expect(of('each')).toEqual(Array.from({ length: 3 }, () => ['app.example', 1]));
    expect(of('daily')).toEqual([
      ['app.example', 1],
      ['app.example', 2],
    ]);
    expect([of('unusual'), of('off')]).toEqual([[], []]);
  });

  it('tells that the consent of an app was stopped because a key was used twice', () => {
    const ended = (reason?: string) =>
      line('2026-03-07T08:00:00Z', 'gp', {
        ...{ door: 'medmij', client: 'app.example', holders: ['gp'], released: 0 },
        ...{ event: 'toestemming-ended', agent: { kind: 'system', id: 'app.example' } },
        ...(reason === undefined ? {} : { reason }),
      });
    const of = (reason?: string) => noticesOf([ended(reason)], { notices: 'unusual' }, () => true);
    expect(of('replayed').map(({ why }) => why)).toEqual([['app-stopped']]);
    expect(of()).toEqual([]);
  });
});
