/**
 * The end of a term (audit.md 6.4): lines past it go with their salt, in runs that are entries
 * themselves. Hashes stay, so the proofs of all other lines hold; what a run took is named by its
 * digest, so nothing else can pass for it. Two people ask for a run.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Database, Sql, Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { PendingEntry } from './insert-entries.ts';
import type { LedgerEvent, RetentionClass } from './ledger-entry.ts';

const RETENTION_LIMITS = {
  /** Entries of one run: its digest is made in memory. */
  runEntriesMax: 50_000,
  /** Runs in one go; the rest is for the next. */
  runsMax: 200,
  clocksApartMsMax: 300_000,
} as const;

export interface Term {
  readonly class: RetentionClass;
  readonly months: number;
  /** Entries past their term that no hold keeps. */
  readonly due: number;
  readonly held: number;
  /** Moment of writing of the oldest entry that is there. */
  readonly oldest: Date | undefined;
}

export interface RetentionRun {
  readonly run: string;
  readonly class: RetentionClass;
  /** The term that it ended, as it was set then. */
  readonly months: number;
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** SHA-256 over `seq hash` lines, hex. */
  readonly digest: string;
}

/** Who asked for a run, and who agreed. */
export interface Agreed {
  readonly by: string;
  readonly and: string;
}

type Write = (tx: Tx, event: LedgerEvent) => Promise<PendingEntry>;

const TERMS = `
  select t.class, t.months, due.due, due.held, old.recorded as oldest
  from ledger_terms t
  cross join lateral (
    select count(*) filter (where not d.hold)::integer as due,
      count(*) filter (where d.hold)::integer as held
    from (select exists (select from ledger_hold h
        where h.patient = l.patient and h.lifted_at is null) as hold
      from ledger_leaf l join ledger_entry e on e.id = l.entry join ledger_key k on k.id = e.key
      where k.class = t.class
        and l.seq <= ledger_last_before(now() - make_interval(months => t.months))) d) due
  left join lateral (select l.recorded from ledger_leaf l join ledger_entry e on e.id = l.entry
    join ledger_key k on k.id = e.key where k.class = t.class order by l.seq limit 1) old on true
  order by t.class`;
const TAKE = 'select seq, hash from ledger_end_of_term($1, $2, $3)';
const KEYS = 'select ledger_end_of_keys($1)::integer as gone';
const HOLD = 'insert into ledger_hold (id, patient, set_at) values ($1, $2, $3)';
const LIFT = 'select ledger_lift_hold($1, $2)::text as patient';
const PATIENT = 'select patient::text from ledger_leaf where seq = $1';

/** What is kept how long, and what is due. */
export async function termsOf(sql: Sql): Promise<Term[]> {
  const { rows } = await sql.query<Omit<Term, 'oldest'> & { oldest: Date | null }>(TERMS);
  return rows.map(({ oldest, ...term }) => ({ ...term, oldest: oldest ?? undefined }));
}

/**
 * Takes out what is past its term, a run at a time.
 * @throws Problem `invalid` unless two different people agreed.
 */
export async function endTerms(
  database: Database,
  write: Write,
  agreed: Agreed,
  now: Date,
): Promise<{ runs: RetentionRun[]; pending: PendingEntry[] }> {
  const [by, and] = [agreed.by.trim(), agreed.and.trim()];
  if (by === '' || and === '' || by.toLowerCase() === and.toLowerCase()) {
    throw new Problem('invalid', 'A retention run needs two different people.', {
      code: 'two-people',
    });
  }
  await requireSameTime(database, now);
  const { rows } = await database.query<{ class: RetentionClass; months: number }>(
    'select class, months from ledger_terms order by class',
  );
  const runs: RetentionRun[] = [];
  const pending: PendingEntry[] = [];
  for (const { class: name, months } of rows) {
    for (let turn = 0; turn < RETENTION_LIMITS.runsMax; turn += 1) {
      const made = await oneRun(database, write, { name, months }, { by, and });
      if (!made) break;
      runs.push(made.run);
      pending.push(made.pending);
      if (made.run.count < RETENTION_LIMITS.runEntriesMax) break;
    }
    await database.query(KEYS, [name]);
  }
  return { runs, pending };
}

/**
 * The database says what is past its term. One whose clock runs ahead would take lines of today.
 * @throws Problem `conflict` when the two are further apart than clocks of servers are.
 */
async function requireSameTime(database: Database, now: Date): Promise<void> {
  const { rows } = await database.query<{ theirs: Date }>('select now() as theirs');
  const apart = Math.abs((rows[0]?.theirs.getTime() ?? 0) - now.getTime());
  if (apart <= RETENTION_LIMITS.clocksApartMsMax) return;
  throw new Problem('conflict', 'The clock of the database is not ours: nothing is taken out.', {
    code: 'clocks-apart',
  });
}

async function oneRun(
  database: Database,
  write: Write,
  { name, months }: { readonly name: RetentionClass; readonly months: number },
  agreed: Agreed,
): Promise<{ run: RetentionRun; pending: PendingEntry } | undefined> {
  return database.transaction(async (tx) => {
    const run = randomUUID();
    const values = [name, run, RETENTION_LIMITS.runEntriesMax];
    const { rows } = await tx.query<{ seq: number; hash: Buffer }>(TAKE, values);
    const [first] = rows;
    const last = rows.at(-1);
    if (!first || !last) return undefined;
    const digest = prunedDigest();
    for (const { seq, hash } of rows) digest.update(prunedLine(seq, hash));
    const made: RetentionRun = {
      ...{ run, class: name, months, count: rows.length, first: first.seq, last: last.seq },
      digest: digest.digest('hex'),
    };
    return { run: made, pending: await write(tx, runEvent(made, agreed)) };
  });
}

/** Over these lines, in order of number, goes the digest of a run. */
export const prunedLine = (seq: number, hash: Buffer): string =>
  `${seq} ${hash.toString('base64')}\n`;

export const prunedDigest = () => createHash('sha256');

/** In the class that is kept as long as the ledger. */
function runEvent(made: RetentionRun, { by, and }: Agreed): LedgerEvent {
  const { run, class: name, months, count, first, last, digest } = made;
  return {
    ...{ class: 'ops', event: 'retention-run', action: 'D', outcome: 0 },
    agent: { kind: 'operator', id: by },
    counts: { entries: count },
    detail: {
      ...{ run, class: name, months: String(months), digest, and },
      ...{ first: String(first), last: String(last) },
    },
  };
}

/**
 * Keeps all lines of the patient of this line, whatever their term, until it is lifted.
 * @throws Problem `not-found` when that line is about nobody.
 */
export async function setHold(
  database: Database,
  write: Write,
  { seq, by, reason, at }: { seq: number; by: string; reason: string; at: Date },
): Promise<{ hold: string; pending: PendingEntry }> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ patient: string | null }>(PATIENT, [seq]);
    const patient = rows[0]?.patient;
    if (patient == null) throw new Problem('not-found', 'There is no line about a patient there.');
    const hold = randomUUID();
    await tx.query(HOLD, [hold, patient, at]);
    const detail = { hold, line: String(seq), reason };
    return { hold, pending: await write(tx, holdEvent('hold-set', by, detail)) };
  });
}

/** @throws Problem `not-found` for a hold that is not there or was lifted. */
export async function liftHold(
  database: Database,
  write: Write,
  { hold, by, at }: { hold: string; by: string; at: Date },
): Promise<{ pending: PendingEntry }> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ patient: string | null }>(LIFT, [hold, at]);
    if (rows[0]?.patient == null) throw new Problem('not-found', 'There is no such hold.');
    return { pending: await write(tx, holdEvent('hold-lifted', by, { hold })) };
  });
}

const holdEvent = (
  event: 'hold-set' | 'hold-lifted',
  by: string,
  detail: Readonly<Record<string, string>>,
): LedgerEvent => ({
  ...{ class: 'ops', event, action: 'U', outcome: 0 },
  agent: { kind: 'operator', id: by },
  detail,
});
