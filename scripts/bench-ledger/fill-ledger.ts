/** A ledger of any size by the real way in: sealed, numbered, signed, in groups of thousands. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Ledger, type LedgerEvent, openLedger } from '../../src/audit/index.ts';
import type { Keyring } from '../../src/identity/index.ts';
import type { Database } from '../../src/platform/database.ts';
import { Problem } from '../../src/platform/problem.ts';
import { createMadeEvents, MADE } from './made-events.ts';

const GROUP = 2_000;
const BUSY_MS = 15_000;

/**
 * Fills a ledger, or goes on where filling it stopped, with events of two years, a month at a time,
 * as the keys of the bodies go.
 * @returns the ledger, open, at the end of those two years.
 */
export async function fillLedger(
  parts: {
    readonly database: Database;
    readonly keyring: Keyring;
    readonly checkpointsDir: string;
  },
  total: number,
  note: (text: string) => void,
): Promise<Ledger> {
  const events = createMadeEvents(total);
  const until = Date.UTC(2024, MADE.months, 1);
  const msOfEntry = (until - MADE.from) / total;
  const before = await sizeOf(parts.database);
  let written = before;
  let moment = MADE.from + written * msOfEntry;
  const clock = () => new Date(moment);
  for (let at = 0; at < written; at += GROUP) events.next(Math.min(GROUP, written - at));
  const started = performance.now();
  for (let month = Math.floor((written * MADE.months) / total); month < MADE.months; month += 1) {
    moment = Math.max(moment, Date.UTC(2024, month, 1));
    const ledger = await openLedger({ ...parts, clock });
    const end = Math.round((total * (month + 1)) / MADE.months);
    while (written < end) {
      const count = Math.min(GROUP, end - written);
      moment = Math.min(MADE.from + written * msOfEntry, Date.UTC(2024, month + 1, 1) - 1);
      await surely(ledger, events.next(count), written + count);
      written += count;
    }
    await ledger.close();
    const perSecond = Math.round((written - before) / ((performance.now() - started) / 1000));
    note(`${written} entries, ${perSecond} a second`);
  }
  moment = until;
  return openLedger({ ...parts, clock });
}

/** Asked without opening the ledger: that would tell it what time it is. */
async function sizeOf(database: Database): Promise<number> {
  const { rows } = await database.query<{ size: number }>('select size from ledger_head');
  return rows[0]?.size ?? 0;
}

/**
 * Writes a group whatever the machine does meanwhile: a database that was away for longer than a
 * caller waits may have taken it or not, and the size tells which.
 */
async function surely(ledger: Ledger, events: LedgerEvent[], size: number): Promise<void> {
  for (;;) {
    try {
      await ledger.record(events);
      return;
    } catch (error) {
      if (Problem.from(error).kind !== 'busy') throw error;
      await sleep(BUSY_MS);
      if ((await ledger.head()).size >= size) return;
    }
  }
}

const INDEXES = `select indexname as name, indexdef as made from pg_indexes
  where tablename in ('ledger_entry', 'ledger_leaf')
    and indexname not in (select conname from pg_constraint)`;

/** As the autovacuum of a database at work keeps them. */
export async function statisticsOf(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('analyze ledger_entry, ledger_leaf').finally(() => client.end());
}

const COPY = [
  // In the order of time, as entries lie when they are written one by one.
  `insert into ledger_entry (at, agent, organisation, holder, key, outcome, action, salt, event,
     purpose, route, holders, body)
   select at, agent, organisation, holder, key, outcome, action, salt, event, purpose, route,
     holders, body
   from ledger_entry cross join generate_series(1, $1::integer) order by at, id`,
  `insert into ledger_leaf (seq, entry, recorded, patient, nth, hash)
   select m.size + row_number() over (order by e.id), e.id, o.recorded, o.patient,
     case when o.patient is null then null else 1000 + row_number() over (order by e.id) end, o.hash
   from (select max(seq) as size, max(entry) as entry from ledger_leaf) m
   join ledger_entry e on e.id > m.entry
   join ledger_entry f on f.id <= m.entry and f.salt = e.salt
   join ledger_leaf o on o.entry = f.id`,
];

/**
 * Multiplies the rows for questions that are timed and not proved: copies open and answer as their
 * originals do, but the tree knows nothing of them. A ledger treated so no longer verifies.
 * @param copies of every entry, beside itself.
 */
export async function multiplyLedger(url: string, copies: number): Promise<void> {
  // A connection without the time limit that the gateway sets for itself.
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Indexes are made anew afterwards: ten times quicker than entry by entry.
    const { rows: indexes } = await client.query<{ name: string; made: string }>(INDEXES);
    for (const { name } of indexes) await client.query(`drop index ${name}`);
    await client.query(COPY[0] ?? '', [copies]);
    await client.query(COPY[1] ?? '');
    for (const { made } of indexes) await client.query(made);
    await client.query('vacuum analyze ledger_entry, ledger_leaf');
  } finally {
    await client.end();
  }
}
