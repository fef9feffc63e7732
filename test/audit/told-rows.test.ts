/** Rows of any room against the lines that tell of them. */
import { expect, it } from 'vitest';
import type { LedgerEntry } from '../../src/audit/ledger-entry-view.ts';
import { type ToldTable, toldRows, toldTable } from '../../src/audit/told-rows.ts';
import type { Sql } from '../../src/platform/database.ts';

const NOW = new Date('2026-11-27T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);
const VAULT = '00000000-0000-4000-8000-000000000001';

const NOTICES: ToldTable = {
  fault: 'notice',
  rows: toldTable('test_told', 'notice', { said: 'state', since: 'made', until: 'ends' }),
  tells({ event, detail }) {
    const { notice: id, until } = detail ?? {};
    if (id === undefined) return undefined;
    if (event === 'again') return { id, begins: 'open' };
    return { id, said: event, ...(until === undefined ? {} : { until }) };
  },
};

interface Row {
  readonly id: string;
  readonly said: string;
  readonly since?: Date;
  readonly until?: Date;
}

function rowsOf(rows: readonly Row[]): Sql {
  const all = rows.map((row) => ({ vault: VAULT, since: daysAgo(1), until: null, ...row }));
  return { query: async () => ({ rows: all, rowCount: all.length }) } as never;
}

type Line = readonly [event: string, id: string, more?: { until?: string; outcome?: number }];

async function found(rows: readonly Row[], lines: readonly Line[], table = NOTICES) {
  const check = toldRows(rowsOf(rows), [table], NOW);
  for (const [seq, [event, id, { until, outcome = 0 } = {}]] of lines.entries()) {
    const detail = { notice: id, ...(until === undefined ? {} : { until }) };
    const record = { event, outcome, at: daysAgo(1).toISOString(), patient: 'p', detail };
    check.hear({ seq, record } as unknown as LedgerEntry);
  }
  return (await check.findings()).map(({ id, seq, text }) => [id, seq, text.split(' ').at(-1)]);
}

it('finds nothing where every row is as its last line says', async () => {
  const lines: Line[] = [
    ['open', 'a'],
    ['closed', 'a'],
    ['open', 'b'],
  ];
  const rows = [
    { id: 'a', said: 'closed' },
    { id: 'b', said: 'open' },
  ];
  expect(await found(rows, lines)).toEqual([]);
});

it('names a row that was taken out, and the line that tells of it', async () => {
  expect(await found([], [['open', 'a']])).toEqual([['a', 0, 'there.']]);
});

it('names a row that stands otherwise than its last line says', async () => {
  const lines: Line[] = [
    ['open', 'a'],
    ['closed', 'a'],
  ];
  expect(await found([{ id: 'a', said: 'open' }], lines)).toEqual([['a', 1, 'closed.']]);
});

it('takes what a row is at first for as long as nothing else was said', async () => {
  const again: Line = ['again', 'a'];
  expect(await found([{ id: 'a', said: 'open' }], [again])).toEqual([]);
  expect(await found([{ id: 'a', said: 'closed' }], [again])).toEqual([['a', 0, 'open.']]);
  expect(await found([{ id: 'a', said: 'closed' }], [again, ['closed', 'a'], again])).toEqual([]);
});

it('names what lasts longer than it may, and not what ended sooner', async () => {
  const until = daysAgo(-2).toISOString();
  const row = (days: number) => [{ id: 'a', said: 'open', until: daysAgo(-days) }];
  expect(await found(row(3), [['open', 'a', { until }]])).toEqual([['a', 0, 'tells.']]);
  expect(await found(row(2), [['open', 'a', { until }]])).toEqual([]);
  expect(await found(row(1), [['open', 'a', { until }]])).toEqual([]);
});

it('names a row that no line tells of, unless lines of its age are gone', async () => {
  const row = (days: number) => [{ id: 'a', said: 'open', since: daysAgo(days) }];
  expect(await found(row(10), [])).toEqual([['a', undefined, 'it.']]);
  expect(await found(row(800), [])).toEqual([]);
});

it('passes over what is older than the first line of a kind that came later', async () => {
  const since: ToldTable = { ...NOTICES, isToldSince: true };
  const rows = [
    { id: 'old', said: 'open', since: daysAgo(5) },
    { id: 'a', said: 'open' },
  ];
  expect(await found(rows, [['open', 'a']], since)).toEqual([]);
  const put = { id: 'put in', said: 'open', since: NOW };
  expect(await found([...rows, put], [['open', 'a']], since)).toEqual([
    ['put in', undefined, 'it.'],
  ]);
});

it('does not mind how a row stands after the end of its record, but that it is there', async () => {
  const lines: Line[] = [
    ['open', 'a'],
    ['erase', ''],
  ];
  expect(await found([{ id: 'a', said: 'ended' }], lines.slice(0, 1))).toHaveLength(1);
  const check = toldRows(rowsOf([{ id: 'a', said: 'ended' }]), [NOTICES], NOW);
  const line = (event: string, detail = {}) =>
    ({
      seq: 1,
      record: { event, outcome: 0, at: NOW.toISOString(), patient: 'p', detail },
    }) as never;
  check.hear(line('open', { notice: 'a' }));
  check.hear(line('erase'));
  expect(await check.findings()).toEqual([]);
});

it('hears nothing of what was refused', async () => {
  expect(await found([], [['open', 'a', { outcome: 4 }]])).toEqual([]);
});
