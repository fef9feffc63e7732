/**
 * Every emergency access, and every access on a declared care relation, is a question to the
 * privacy officer of the organisation that asked (consent.md section 9, capabilities C3 and C9):
 * due in five working days, and nobody can take it away without a verdict.
 */
import { createHmac, randomUUID } from 'node:crypto';
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { Keyring } from '../identity/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, type Sql, statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import {
  ACCESS_REVIEW_LIMITS,
  type AccessBody,
  type AccessReview,
  accessReviewEvent,
  bodyOf,
  kindOf,
  lineOf,
  type Raised,
  sealedPart,
  withAccess,
} from './access-review.ts';
import { type Coverage, covered, reviewed, type Verdict } from './case-book.ts';
import { workingDaysAfter } from './working-days.ts';

const COLUMNS = 'id, holder, kind, state, sealed, opened, ends, due::text as due, closed';
const LOCK = statement('insight_lock_access', 'select pg_advisory_xact_lock($1::bigint)');
const BOX = statement(
  'insight_access_box',
  `select ${COLUMNS} from access_review where subject = $1 and ends > $2
    order by ends desc limit 1 for update`,
);
const ADD = statement(
  'insight_add_access',
  `insert into access_review (id, holder, kind, subject, actor, state, sealed, opened, ends, due)
   values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9)`,
);
const CHANGE = statement(
  'insight_change_access',
  'update access_review set state = $2, sealed = $3, closed = $4 where id = $1',
);
const BY_ID = statement(
  'insight_access_by_id',
  `select ${COLUMNS} from access_review where holder = $1 and id = $2 for update`,
);
const QUEUE = statement(
  'insight_access_queue',
  `select ${COLUMNS} from access_review where holder = $1 and state <> 'closed'
    order by due, opened, id limit $2`,
);
const DONE = statement(
  'insight_access_done',
  `select ${COLUMNS} from access_review where holder = $1 and state = 'closed'
    order by closed desc, id limit $2`,
);
const COUNT = statement(
  'insight_access_count',
  'select count(*)::integer as boxes from access_review where actor = $1 and opened >= $2',
);

const COVERAGE = statement(
  'insight_access_coverage',
  `select count(*)::integer as raised,
     count(*) filter (where state = 'closed')::integer as reviewed,
     count(*) filter (where state <> 'closed' and due < $3::date)::integer as late,
     coalesce(percentile_disc(0.5) within group (order by extract(day from closed - opened)),
       0)::integer as days
   from access_review where holder = $1 and opened >= $2`,
);

const HOUR_MS = 3_600_000;
const REASON_CHARACTERS_MAX = 500;

interface Row extends Omit<AccessReview, keyof AccessBody> {
  readonly sealed: Buffer;
}

interface Judged {
  readonly verdict: Verdict;
  readonly reason: string;
}

export interface AccessReviews {
  /**
   * Puts accesses in the queue; durable when it resolves.
   * @throws Problem `busy` when it cannot be kept: then nothing may be given.
   */
  raise(accesses: readonly Raised[]): Promise<void>;
  /** Of what was opened since a moment. @param today `YYYY-MM-DD` */
  coverage(sql: Sql, holder: string, since: Date, today: string): Promise<Coverage>;
  queue(sql: Sql, holder: string, limit: number): Promise<AccessReview[]>;
  done(sql: Sql, holder: string, limit: number): Promise<AccessReview[]>;
  find(holder: string, id: string): Promise<AccessReview | undefined>;
  /** How many boxes this user of an organisation opened since a moment. */
  boxesSince(holder: string, user: string, since: Date): Promise<number>;
  /** @throws Problem `throttled` when the user has had all boxes of a shift. */
  requireRoom(holder: string, user: string): Promise<void>;
  /**
   * Writes a verdict down. @throws Problem `conflict` when it is closed, or by somebody who may not
   * be the one (the user, or the first reviewer again); `invalid` without a reason.
   */
  review(
    holder: string,
    id: string,
    judged: Judged,
    by: LedgerEvent['agent'],
  ): Promise<AccessReview>;
}

export interface AccessReviewParts {
  readonly database: Database;
  readonly store: Pick<Store, 'sealForGateway' | 'unsealForGateway'>;
  readonly ledger: Pick<Ledger, 'write' | 'numbered' | 'pseudonymOf'>;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

export function createAccessReviews(parts: AccessReviewParts): AccessReviews {
  const { database, clock } = parts;
  const shelf = createShelf(parts);
  return {
    async raise(accesses) {
      await database.transaction(async (tx) => {
        for (const one of accesses) await raiseOne(parts, shelf, tx, one);
      });
    },
    coverage: (sql, holder, since, today) => covered(COVERAGE, sql, [holder, since, today]),
    queue: (sql, holder, limit) => shelf.listed(sql, QUEUE, holder, limit),
    done: (sql, holder, limit) => shelf.listed(sql, DONE, holder, limit),
    find: (holder, id) => shelf.byId(database, holder, id),
    boxesSince: (holder, user, since) => shelf.boxes(database, holder, user, since),
    async requireRoom(holder, user) {
      const { boxesPerShiftMax, shiftHours } = ACCESS_REVIEW_LIMITS;
      const shift = new Date(clock().getTime() - shiftHours * HOUR_MS);
      if ((await shelf.boxes(database, holder, user, shift)) < boxesPerShiftMax) return;
      throw new Problem('throttled', 'A second person must confirm further emergency access.', {
        code: 'second-person-required',
        retryAfterSeconds: HOUR_MS / 1000,
      });
    },
    review: (holder, id, judged, by) => review(parts, shelf, { holder, id, judged, by }),
  };
}

type Shelf = ReturnType<typeof createShelf>;

/** Items as rows: who they are about is sealed, digests find them again. */
function createShelf({ store, keyring }: AccessReviewParts) {
  const key = keyring.hmac('insight/access');
  const digest = (...names: readonly string[]) =>
    createHmac('sha256', key).update(JSON.stringify(names)).digest().subarray(0, 16);
  const open = ({ sealed, ...row }: Row): AccessReview => ({
    ...row,
    ...(JSON.parse(store.unsealForGateway('access', row.id, sealed).toString()) as AccessBody),
  });
  return {
    digest,
    open,
    seal: (id: string, body: AccessBody) =>
      store.sealForGateway('access', id, Buffer.from(JSON.stringify(body))),
    async listed(sql: Sql, query: typeof QUEUE, holder: string, limit: number) {
      return (await sql.query<Row>({ ...query, values: [holder, limit] })).rows.map(open);
    },
    async byId(sql: Sql, holder: string, id: string) {
      const { rows } = await sql.query<Row>({ ...BY_ID, values: [holder, id] });
      return rows[0] && open(rows[0]);
    },
    async boxes(sql: Sql, holder: string, user: string, since: Date) {
      const values = [digest('actor', holder, user), since];
      return (await sql.query<{ boxes: number }>({ ...COUNT, values })).rows[0]?.boxes ?? 0;
    },
  };
}

async function raiseOne(
  { ledger, clock }: AccessReviewParts,
  shelf: Shelf,
  tx: Tx,
  raised: Raised,
): Promise<void> {
  const { event } = raised;
  const { agent, patient } = event;
  const holder = agent.organisation;
  if (holder === undefined || patient === undefined) {
    throw new Problem('fault', 'An access to be reviewed names no organisation or person.');
  }
  const at = clock();
  const kind = kindOf(event);
  const subject = shelf.digest(kind, holder, agent.id, patient);
  // Two requests at once are one box: whoever comes second finds it.
  await tx.query({ ...LOCK, values: [subject.readBigInt64BE(0)] });
  const { rows } = await tx.query<Row>({ ...BOX, values: [subject, at] });
  if (rows[0]) {
    const known = shelf.open(rows[0]);
    // More was looked at after a verdict: the question is open again.
    const state = known.state === 'closed' ? 'open' : known.state;
    const sealed = shelf.seal(known.id, withAccess(known, raised, at));
    await tx.query({ ...CHANGE, values: [known.id, state, sealed, null] });
    return;
  }
  const { boxSecondsMax, workingDaysMax } = ACCESS_REVIEW_LIMITS;
  const id = randomUUID();
  const body = bodyOf(event, ledger.pseudonymOf(patient), lineOf(raised, at));
  const ends = new Date(at.getTime() + boxSecondsMax * 1000);
  const due = workingDaysAfter(at, workingDaysMax);
  const actor = shelf.digest('actor', holder, agent.id);
  const sealed = shelf.seal(id, body);
  await tx.query({ ...ADD, values: [id, holder, kind, subject, actor, sealed, at, ends, due] });
}

async function review(
  { database, ledger, clock }: AccessReviewParts,
  shelf: Shelf,
  asked: { holder: string; id: string; judged: Judged; by: LedgerEvent['agent'] },
): Promise<AccessReview> {
  const { holder, id, judged, by } = asked;
  const reason = judged.reason.trim().slice(0, REASON_CHARACTERS_MAX);
  if (reason === '') {
    throw new Problem('invalid', 'A verdict needs a reason.', { expression: ['reason'] });
  }
  const { next, pending } = await database.transaction(async (tx) => {
    const known = await shelf.byId(tx, holder, id);
    if (!known) throw new Problem('not-found', 'There is no such item.');
    if (known.user === by.id) {
      throw new Problem('conflict', 'Nobody reviews an access of their own.', {
        code: 'four-eyes',
      });
    }
    const next = reviewed(known, { by: by.id, verdict: judged.verdict, reason }, clock());
    const sealed = shelf.seal(id, sealedPart(next));
    await tx.query({ ...CHANGE, values: [id, next.state, sealed, next.closed] });
    const event = accessReviewEvent(next, judged.verdict, reason, by);
    return { next, pending: await ledger.write(tx, event) };
  });
  await ledger.numbered([pending]);
  return next;
}
