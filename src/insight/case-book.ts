/**
 * The review queue: one for each holder, with a date, a reason for every verdict, and a second pair
 * of eyes for what may be misuse. Every step is a line in the ledger.
 */
import { createHmac, randomUUID } from 'node:crypto';
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { Keyring } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, type Sql, statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import type { RuleId } from './anomaly-rules.ts';
import { CASE_LIMITS, type CaseDraft } from './cases.ts';
import { workingDaysAfter } from './working-days.ts';

export type Verdict = 'fine' | 'explained' | 'unclear' | 'misuse';

/** Verdicts that a second reviewer has to share. */
const NEEDS_SECOND: ReadonlySet<Verdict> = new Set(['unclear', 'misuse']);
const WORKING_DAYS = 5;
const REVIEW_REASON_LENGTH_MAX = 500;

/** A flag as the case keeps it: the line leads to everything else. */
export interface CaseFlag {
  readonly rule: RuleId;
  readonly seq: number;
  readonly at: string;
  readonly user: string;
  readonly patient?: string;
  readonly why: Readonly<Record<string, number>>;
}

export interface CaseReview {
  readonly by: string;
  readonly at: string;
  readonly verdict: Verdict;
  readonly reason: string;
}

/** What can be reviewed, by one pair of eyes or two. */
export interface Reviewable {
  readonly state: 'open' | 'second' | 'closed';
  readonly reviews: readonly CaseReview[];
  readonly closed: Date | null;
}

interface CaseBody {
  readonly about: CaseDraft['about'];
  readonly subject: string;
  readonly flags: readonly CaseFlag[];
  readonly reviews: readonly CaseReview[];
}

export interface ReviewCase extends CaseBody {
  readonly id: string;
  readonly holder: string;
  readonly state: 'open' | 'second' | 'closed';
  readonly score: number;
  readonly opened: Date;
  /** `YYYY-MM-DD`. */
  readonly due: string;
  readonly closed: Date | null;
}

interface CaseRow {
  readonly id: string;
  readonly holder: string;
  readonly state: ReviewCase['state'];
  readonly score: number;
  readonly sealed: Buffer;
  readonly opened: Date;
  readonly due: string;
  readonly closed: Date | null;
}

const COLUMNS = 'id, holder, state, score, sealed, opened, due::text as due, closed';
const OPEN_OF = statement(
  'insight_open_case',
  `select ${COLUMNS} from review_case
    where holder = $1 and subject = $2 and state <> 'closed' for update`,
);
const ADD = statement(
  'insight_add_case',
  `insert into review_case (id, holder, subject, state, score, sealed, opened, due)
   values ($1, $2, $3, 'open', $4, $5, $6, $7) on conflict do nothing`,
);
const CHANGE = statement(
  'insight_change_case',
  'update review_case set state = $2, score = $3, sealed = $4, closed = $5 where id = $1',
);
const BY_ID = statement(
  'insight_case_by_id',
  `select ${COLUMNS} from review_case where holder = $1 and id = $2 for update`,
);
const QUEUE = statement(
  'insight_queue',
  `select ${COLUMNS} from review_case where holder = $1 and state <> 'closed'
    order by due, score desc, id limit $2`,
);
const DONE = statement(
  'insight_closed',
  `select ${COLUMNS} from review_case where holder = $1 and state = 'closed'
    order by closed desc, id limit $2`,
);

const COVERAGE = statement(
  'insight_case_coverage',
  `select count(*)::integer as raised,
     count(*) filter (where state = 'closed')::integer as reviewed,
     count(*) filter (where state <> 'closed' and due < $3::date)::integer as late,
     coalesce(percentile_disc(0.5) within group (order by extract(day from closed - opened)),
       0)::integer as days
   from review_case where holder = $1 and opened >= $2`,
);

/** How far the review of one kind is: what the court asks to be systematic (capabilities E5). */
export interface Coverage {
  readonly raised: number;
  readonly reviewed: number;
  /** Past their date and not closed. */
  readonly late: number;
  /** Median days from raised to closed. */
  readonly days: number;
}

export async function covered(
  question: typeof COVERAGE,
  sql: Sql,
  values: readonly [holder: string, since: Date, today: string],
): Promise<Coverage> {
  const { rows } = await sql.query<Coverage>({ ...question, values: [...values] });
  return rows[0] ?? { raised: 0, reviewed: 0, late: 0, days: 0 };
}

export interface CaseBook {
  /** Of what was raised since a moment. @param today `YYYY-MM-DD` */
  coverage(sql: Sql, holder: string, since: Date, today: string): Promise<Coverage>;
  /** Opens a case, or adds flags to the one that is open; the same flag is kept once. */
  raise(tx: Tx, draft: CaseDraft): Promise<{ id: string; added: number; isNew: boolean }>;
  queue(sql: Sql, holder: string, limit: number): Promise<ReviewCase[]>;
  done(sql: Sql, holder: string, limit: number): Promise<ReviewCase[]>;
  find(holder: string, id: string): Promise<ReviewCase | undefined>;
  /**
   * Writes a verdict down. @throws Problem `conflict` when it is closed, or by the first reviewer a
   * second time; `invalid` without a reason.
   */
  review(
    holder: string,
    id: string,
    verdict: { readonly verdict: Verdict; readonly reason: string },
    by: LedgerEvent['agent'],
  ): Promise<ReviewCase>;
}

export interface CaseBookParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

/** The queue of one gateway; cases lie sealed, and a digest finds the open one again. */
export function createCaseBook(parts: CaseBookParts): CaseBook {
  const { store, database } = parts;
  const key = parts.keyring.hmac('insight/case');
  const digestOf = ({ holder, about, subject }: CaseDraft) =>
    createHmac('sha256', key).update(`${holder}|${about}|${subject}`).digest().subarray(0, 16);
  const open = ({ sealed, ...row }: CaseRow): ReviewCase => ({
    ...row,
    ...(JSON.parse(store.unsealForGateway('case', row.id, sealed).toString('utf8')) as CaseBody),
  });
  const seal = (id: string, body: CaseBody) =>
    store.sealForGateway('case', id, Buffer.from(JSON.stringify(body)));
  const listed = async (query: typeof QUEUE, sql: Sql, holder: string, limit: number) =>
    (await sql.query<CaseRow>({ ...query, values: [holder, limit] })).rows.map(open);

  async function change(tx: Tx, next: ReviewCase): Promise<void> {
    const { id, state, score, closed, about, subject, flags, reviews } = next;
    const sealed = seal(id, { about, subject, flags, reviews });
    await tx.query({ ...CHANGE, values: [id, state, score, sealed, closed] });
  }

  return {
    coverage: (sql, holder, since, today) => covered(COVERAGE, sql, [holder, since, today]),
    async raise(tx, draft) {
      const flags = draft.flags.map(flagOf);
      const at = parts.clock();
      const subject = digestOf(draft);
      const id = randomUUID();
      const body = { about: draft.about, subject: draft.subject, flags, reviews: [] };
      const due = workingDaysAfter(at, WORKING_DAYS);
      const values = [id, draft.holder, subject, draft.score, seal(id, body), at, due];
      const added = await tx.query({ ...ADD, values });
      if (added.rowCount === 1) return { id, added: flags.length, isNew: true };
      const { rows } = await tx.query<CaseRow>({ ...OPEN_OF, values: [draft.holder, subject] });
      const [row] = rows;
      if (!row) throw new Problem('busy', 'The case changed meanwhile.', { retryAfterSeconds: 1 });
      const known = open(row);
      const had = new Set(known.flags.map(({ rule, seq }) => `${rule}|${seq}`));
      const fresh = flags.filter(({ rule, seq }) => !had.has(`${rule}|${seq}`));
      const all = [...known.flags, ...fresh].slice(0, CASE_LIMITS.flagsKeptMax);
      const score = Math.max(known.score, draft.score);
      if (fresh.length > 0) await change(tx, { ...known, flags: all, score });
      return { id: known.id, added: fresh.length, isNew: false };
    },
    queue: (sql, holder, limit) => listed(QUEUE, sql, holder, limit),
    done: (sql, holder, limit) => listed(DONE, sql, holder, limit),
    async find(holder, id) {
      const { rows } = await database.query<CaseRow>({ ...BY_ID, values: [holder, id] });
      return rows[0] && open(rows[0]);
    },
    async review(holder, id, { verdict, reason }, by) {
      const said = reason.trim();
      if (said === '') {
        throw new Problem('invalid', 'A verdict needs a reason.', { expression: ['reason'] });
      }
      const { next, pending } = await database.transaction(async (tx) => {
        const { rows } = await tx.query<CaseRow>({ ...BY_ID, values: [holder, id] });
        const [row] = rows;
        if (!row) throw new Problem('not-found', 'There is no such case.');
        const made = { by: by.id, verdict, reason: said.slice(0, REVIEW_REASON_LENGTH_MAX) };
        const changed = reviewed(open(row), made, parts.clock());
        await change(tx, changed);
        const event = reviewEvent(changed, verdict, said, by);
        return { next: changed, pending: await parts.ledger.write(tx, event) };
      });
      await parts.ledger.numbered([pending]);
      return next;
    },
  };
}

/** @throws Problem `conflict` when it is closed, or when the second pair of eyes is the first. */
export function reviewed<T extends Reviewable>(one: T, made: Omit<CaseReview, 'at'>, at: Date): T {
  if (one.state === 'closed') {
    throw new Problem('conflict', 'This case is closed.', { code: 'case-closed' });
  }
  const last = one.reviews.at(-1);
  if (one.state === 'second' && last?.by === made.by) {
    throw new Problem('conflict', 'A second reviewer has to look at this case.', {
      code: 'four-eyes',
    });
  }
  const reviews = [...one.reviews, { ...made, at: at.toISOString() }];
  // What may be misuse is closed by two who agree; what is clearly nothing from the start, by one.
  const isClosed =
    one.state === 'second' ? last?.verdict === made.verdict : !NEEDS_SECOND.has(made.verdict);
  return { ...one, reviews, state: isClosed ? 'closed' : 'second', closed: isClosed ? at : null };
}

function flagOf({ rule, access, why }: CaseDraft['flags'][number]): CaseFlag {
  const { seq, at, user, patient } = access;
  const about = patient === undefined ? {} : { patient };
  return { rule, seq, at: at.toISOString(), user, ...about, why };
}

function reviewEvent(
  { id, state, holder }: ReviewCase,
  verdict: Verdict,
  reason: string,
  by: LedgerEvent['agent'],
): LedgerEvent {
  return {
    class: 'security',
    event: state === 'closed' ? 'anomaly-closed' : 'anomaly-reviewed',
    action: 'U',
    outcome: 0,
    agent: by,
    holders: [holder],
    door: 'web',
    detail: { case: id, verdict, reason: reason.slice(0, 300) },
  };
}
