/** Subscriptions of PGO apps, and the notifications that follow. medmij-protocol.md 8.3 and 8.4. */
import { randomUUID } from 'node:crypto';
import { type Sql, statement } from '../../platform/database.ts';

export interface Subscription {
  readonly vault: string;
  readonly id: string;
  readonly consent: string;
  readonly client: string;
  /** Organisation id. */
  readonly aanbieder: string;
  readonly service: string;
  readonly created: Date;
  readonly grantedUntil: Date;
  readonly ends: Date;
}

const COLUMNS = `vault, id, consent, client, aanbieder, service, created,
  granted_until as "grantedUntil", ends`;

const ADD = statement(
  'medmij_add_subscription',
  `insert into medmij_subscription
     (vault, id, consent, client, aanbieder, service, created, granted_until, ends)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);
const BY_ID = statement(
  'medmij_subscription_by_id',
  `select ${COLUMNS} from medmij_subscription where vault = $1 and id = $2`,
);
const SET_END = statement(
  'medmij_subscription_set_end',
  `update medmij_subscription set ends = $3
    where vault = $1 and id = $2 and ends > $4 and granted_until >= $3`,
);
const SAME = statement(
  'medmij_same_subscription',
  `select ${COLUMNS} from medmij_subscription
    where vault = $1 and client = $2 and aanbieder = $3 and service = $4 and ends > $5
    order by created desc, id limit 1`,
);
const ONE_AT_A_TIME = statement(
  'medmij_subscription_one_at_a_time',
  'select pg_advisory_xact_lock(hashtextextended($1, 0))',
);
const RENEW = statement(
  'medmij_renew_subscription',
  `update medmij_subscription set consent = $3, granted_until = $4, ends = $5
    where vault = $1 and id = $2 and ends > $6`,
);
const END_ALL = statement(
  'medmij_end_subscriptions',
  `update medmij_subscription set ends = $5
    where vault = $1 and client = $2 and aanbieder = $3 and service = $4 and ends > $5`,
);
const END_OF_CONSENT = statement(
  'medmij_end_subscriptions_of_consent',
  'update medmij_subscription set ends = $3 where vault = $1 and consent = $2 and ends > $3',
);
const END_BY_AANBIEDER = statement(
  'medmij_end_subscriptions_by_aanbieder',
  `update medmij_subscription set ends = $3
    where aanbieder = $1 and service = $2 and ends > $3 returning ${COLUMNS}`,
);
const OF_VAULT = statement(
  'medmij_active_subscriptions',
  `select ${COLUMNS} from medmij_subscription where vault = $1 and ends > $2`,
);
const OF_VAULTS = statement(
  'medmij_active_subscriptions_of',
  `select ${COLUMNS} from medmij_subscription where vault = any($1::uuid[]) and ends > $2`,
);
const NOTIFY = statement(
  'medmij_add_notification',
  `insert into medmij_notification (id, vault, subscription, kind, end_date, created, due)
   values ($1, $2, $3, $4, $5, $6, $6) on conflict do nothing`,
);

/**
 * The one that runs: an app has one at a time for a person, an aanbieder and a service, so that
 * nothing is told twice. Whoever asks in this transaction is alone until it ends.
 */
export async function runningSubscription(
  tx: Sql,
  one: Pick<Subscription, 'vault' | 'client' | 'aanbieder' | 'service'>,
  now: Date,
): Promise<Subscription | undefined> {
  const values = [one.vault, one.client, one.aanbieder, one.service];
  await tx.query({ ...ONE_AT_A_TIME, values: [['subscription', ...values].join(' ')] });
  return (await tx.query<Subscription>({ ...SAME, values: [...values, now] })).rows[0];
}

/** It goes on under a newer consent, as long as that one says. @returns false when it was over. */
export async function renewSubscription(
  sql: Sql,
  one: Pick<Subscription, 'vault' | 'id' | 'consent' | 'grantedUntil' | 'ends'>,
  now: Date,
): Promise<boolean> {
  const { vault, id, consent, grantedUntil, ends } = one;
  const values = [vault, id, consent, grantedUntil, ends, now];
  return (await sql.query({ ...RENEW, values })).rowCount === 1;
}

/** Begins one. */
export async function addSubscription(sql: Sql, one: Subscription): Promise<void> {
  const { vault, id, consent, client, aanbieder, service, created, grantedUntil, ends } = one;
  const values = [vault, id, consent, client, aanbieder, service, created, grantedUntil, ends];
  await sql.query({ ...ADD, values });
}

/** One of this person; undefined when there is none. */
export async function subscriptionById(
  sql: Sql,
  vault: string,
  id: string,
): Promise<Subscription | undefined> {
  return (await sql.query<Subscription>({ ...BY_ID, values: [vault, id] })).rows[0];
}

/** Moves the end, never past what the person granted. @returns false when it was over. */
export async function setEnd(
  sql: Sql,
  { vault, id }: Pick<Subscription, 'vault' | 'id'>,
  ends: Date,
  now: Date,
): Promise<boolean> {
  return (await sql.query({ ...SET_END, values: [vault, id, ends, now] })).rowCount === 1;
}

/** Ends what this app has with this aanbieder for this service. */
export async function endSubscriptions(
  sql: Sql,
  one: Pick<Subscription, 'vault' | 'client' | 'aanbieder' | 'service'>,
  at: Date,
): Promise<void> {
  const { vault, client, aanbieder, service } = one;
  await sql.query({ ...END_ALL, values: [vault, client, aanbieder, service, at] });
}

/** A subscription ends with the consent that it came from. */
export async function endSubscriptionsOfConsent(
  sql: Sql,
  vault: string,
  consent: string,
  at: Date,
): Promise<void> {
  await sql.query({ ...END_OF_CONSENT, values: [vault, consent, at] });
}

/**
 * The aanbieder stops notifying for a service: every subscription ends, and each app hears it.
 * @returns how many ended.
 */
export async function endByAanbieder(
  sql: Sql,
  aanbieder: string,
  service: string,
  at: Date,
): Promise<number> {
  const { rows } = await sql.query<Subscription>({
    ...END_BY_AANBIEDER,
    values: [aanbieder, service, at],
  });
  for (const { vault, id } of rows) {
    await sql.query({ ...NOTIFY, values: [randomUUID(), vault, id, 'subscription', at, at] });
  }
  return rows.length;
}

/** Those that run now. */
export async function activeSubscriptions(
  sql: Sql,
  vault: string,
  at: Date,
): Promise<Subscription[]> {
  return (await sql.query<Subscription>({ ...OF_VAULT, values: [vault, at] })).rows;
}

/** Something new of one person from one aanbieder. */
export interface CameIn {
  readonly vault: string;
  readonly aanbieder: string;
  readonly types: ReadonlySet<string>;
  isQuiet(): Promise<boolean>;
}

/**
 * Something new came in: in the transaction that brings it, one notification for each subscription
 * that it concerns; a second one while the first waits is none.
 */
export async function noticeNew(
  sql: Sql,
  came: readonly CameIn[],
  at: Date,
  concerns: (service: string, types: ReadonlySet<string>) => boolean,
): Promise<void> {
  const vaults = [...new Set(came.map(({ vault }) => vault))];
  const { rows: active } = await sql.query<Subscription>({ ...OF_VAULTS, values: [vaults, at] });
  if (active.length === 0) return;
  for (const news of came) {
    const told = active.filter(
      ({ vault, aanbieder, service }) =>
        vault === news.vault && aanbieder === news.aanbieder && concerns(service, news.types),
    );
    if (told.length === 0 || (await news.isQuiet())) continue;
    for (const { vault, id } of told) {
      await sql.query({ ...NOTIFY, values: [randomUUID(), vault, id, 'resource', null, at] });
    }
  }
}
