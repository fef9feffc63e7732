/** A search looks back in growing windows: every line is found once, newest first, however old. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Ledger,
  type LedgerEvent,
  type LedgerQuery,
  openLedger,
} from '../../src/audit/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { HOSPITAL, PHARMACY, PRACTICE, refusedEvent, searchEvent, testKeyring } from './ledgers.ts';

const DAY = 86_400_000;
/** Days ago: some share a day, some lie on the very edge of a window. */
const AGES = [900, 899, 600, 341.5, 341, 340, 100, 85, 85, 84, 21, 20, 6, 5, 4.5, 1, 1, 0.5, 0, 0];
const KINDS: readonly ((at: number) => LedgerEvent)[] = [
  () => searchEvent(),
  () => refusedEvent('7d3d3b0e-5b0a-4e0c-9d57-0d6f2b3f7a99'),
  () => searchEvent(undefined, { holders: [PHARMACY, HOSPITAL] }),
  () => searchEvent(undefined, { route: 'emergency', holders: [HOSPITAL, PHARMACY] }),
  () => searchEvent(undefined, { event: 'export', labels: ['R', 'PSY'], holders: [HOSPITAL] }),
];

let db: TestDatabase;
let ledger: Ledger;
const made: { seq: number; at: Date; event: LedgerEvent }[] = [];

beforeAll(async () => {
  db = await testDatabase();
  const keyring = testKeyring();
  const now = Date.now();
  for (const [index, age] of AGES.entries()) {
    const at = new Date(now - age * DAY);
    const then = await openLedger({ database: db.database, keyring, clock: () => at });
    const events = KINDS.map((kind) => kind(index));
    for (const [place, { seq }] of (await then.record(events)).entries())
      made.push({ seq, at, event: events[place] as LedgerEvent });
    await then.close();
  }
  ledger = await openLedger({ database: db.database, keyring, clock: systemClock });
}, 60_000);
afterAll(async () => {
  await ledger.close();
  await db.close();
});

async function found(query: Omit<LedgerQuery, 'limit' | 'cursor'>, limit: number) {
  const seqs: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.search({ ...query, limit, ...(cursor ? { cursor } : {}) });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    seqs.push(...page.entries.map(({ seq }) => seq));
    cursor = page.next;
  } while (cursor !== undefined);
  return seqs;
}

const newestFirst = (keep: (one: (typeof made)[number]) => boolean) =>
  made
    .filter(keep)
    .toSorted((a, b) => b.at.getTime() - a.at.getTime() || b.seq - a.seq)
    .map(({ seq }) => seq);

const from = new Date(Date.now() - 400 * DAY);
const until = new Date(Date.now() - 10 * DAY);
const isOf = (organisation: string) => (one: (typeof made)[number]) =>
  one.event.agent.organisation === organisation || (one.event.holders ?? []).includes(organisation);

describe.each([1, 3, 50])('pages of %i', (limit) => {
  it('hold what was refused, for the holder; who asked is told nothing of it', async () => {
    const refused = newestFirst(({ event }) => event.outcome !== 0);
    expect(await found({ organisation: HOSPITAL, refused: true }, limit)).toEqual(refused);
    expect(await found({ organisation: PRACTICE, refused: true }, limit)).toEqual([]);
  });

  it.each<[string, Partial<LedgerQuery>, (one: (typeof made)[number]) => boolean]>([
    ['everything', {}, () => true],
    ['emergencies', { route: 'emergency' }, ({ event }) => event.route === 'emergency'],
    ['a seldom event', { events: ['export', 'merge'] }, ({ event }) => event.event === 'export'],
    ['what is labelled', { labelled: true }, ({ event }) => event.labels !== undefined],
    ['a period', { from, until }, ({ at }) => at >= from && at < until],
    ['what never was', { event: 'merge' }, () => false],
  ])('hold %s of an organisation, each once', async (_name, query, keep) => {
    for (const organisation of [PRACTICE, HOSPITAL, PHARMACY]) {
      const wanted = newestFirst((one) => keep(one) && isOf(organisation)(one));
      expect(await found({ organisation, ...query }, limit), organisation).toEqual(wanted);
    }
  });
});
