/**
 * Whether a provider takes what people send for a service now, and how many bundles of one person a
 * day (capabilities A10). A provider that never said anything takes it.
 */
import { type Sql, statement, type Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';

export interface ShareWindow {
  readonly service: string;
  readonly isOpen: boolean;
  /** Bundles of one person in 24 hours; null: no limit of the provider's own. */
  readonly perDayMax: number | null;
  /** Shown to the person when it is closed. */
  readonly reason: string;
}

/** The gateway's own limit, whatever the provider says. */
const SHARE_LIMITS = { perDayMax: 500, reasonLengthMax: 300 } as const;

const OF = statement(
  'ingest_share_windows',
  `select service, is_open as "isOpen", per_day_max as "perDayMax", reason
     from share_window where organisation = $1 order by service`,
);
const PUT = statement(
  'ingest_put_share_window',
  `insert into share_window (organisation, service, is_open, per_day_max, reason, changed)
   values ($1, $2, $3, $4, $5, $6)
   on conflict (organisation, service)
   do update set is_open = $3, per_day_max = $4, reason = $5, changed = $6`,
);
const SENT_TODAY = statement(
  'ingest_shared_today',
  `select count(*)::int as sent from shared_item
    where vault = $1 and organisation = $2 and service = $3 and received > $4`,
);

/** The windows that this provider set. */
export async function shareWindows(sql: Sql, organisation: string): Promise<ShareWindow[]> {
  return (await sql.query<ShareWindow>({ ...OF, values: [organisation] })).rows;
}

/** Opens or closes one. */
export async function setShareWindow(
  sql: Sql,
  organisation: string,
  { service, isOpen, perDayMax, reason }: ShareWindow,
  at: Date,
): Promise<void> {
  await sql.query({ ...PUT, values: [organisation, service, isOpen, perDayMax, reason, at] });
}

const DAY_MS = 86_400_000;

/** @throws Problem `conflict` code `intake-closed` with the reason, `throttled` beyond the rate. */
export async function requireOpen(tx: Tx, where: SharePlace, at: Date): Promise<void> {
  const closed = await closedFor(tx, where, at);
  if (closed?.why === 'closed') {
    const reason = closed.reason === '' ? '' : ` ${closed.reason}`;
    throw new Problem('conflict', `This care provider takes nothing now.${reason}`, {
      code: 'intake-closed',
    });
  }
  if (closed) {
    throw new Problem('throttled', `This care provider takes ${closed.most} deliveries a day.`, {
      code: 'daily-limit',
      retryAfterSeconds: 3_600,
    });
  }
}

export interface SharePlace {
  readonly vault: string;
  /** Organisation id. */
  readonly organisation: string;
  readonly service: string;
}

export type ShareClosed =
  | { readonly why: 'closed'; readonly reason: string }
  | { readonly why: 'daily-limit'; readonly most: number };

/** Whether this provider takes what this person sends now: undefined when it does. */
export async function closedFor(
  sql: Sql,
  { vault, organisation, service }: SharePlace,
  at: Date,
): Promise<ShareClosed | undefined> {
  const window = (await shareWindows(sql, organisation)).find((one) => one.service === service);
  if (window && !window.isOpen) return { why: 'closed', reason: window.reason };
  const since = new Date(at.getTime() - DAY_MS);
  const { rows } = await sql.query<{ sent: number }>({
    ...SENT_TODAY,
    values: [vault, organisation, service, since],
  });
  const most = Math.min(window?.perDayMax ?? SHARE_LIMITS.perDayMax, SHARE_LIMITS.perDayMax);
  return (rows[0]?.sent ?? 0) >= most ? { why: 'daily-limit', most } : undefined;
}
