/**
 * Sends the notifications that wait: one POST without health data to the app's own address, again
 * with growing pauses until it is taken or a day is over. The outbox is a small table of our own:
 * a row is written in the transaction that brings the news, claimed by one instance at a time, and
 * never sent to a host that is not on the Whitelist. medmij-protocol.md 8.4, 6.2.
 */
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement } from '../../platform/database.ts';
import type { HttpCall } from '../../platform/http-client.ts';
import { isTaken, nextTry, postNotice } from '../../platform/notice.ts';
import type { ChainLog } from '../chain/chain-log.ts';
import { errorOf } from '../chain/request-step.ts';
import type { Pgos } from '../pgos.ts';
import { createRounds } from '../rounds.ts';
import type { Subscription } from './subscription.ts';

export interface Notifier {
  /** Sends what is due. @returns how many were tried. */
  deliver(): Promise<number>;
  start(): void;
  close(): void;
}

const CLAIM = statement(
  'medmij_claim_notifications',
  `update medmij_notification n
      set attempts = attempts + 1, due = $1::timestamptz + make_interval(secs => $3)
    where id in (select id from medmij_notification
                  where done is null and due <= $1 order by due limit $2 for update skip locked)
  returning n.id, n.vault, n.subscription, n.kind, n.attempts, n.created,
            to_char(n.end_date, 'YYYY-MM-DD') as "endDate"`,
);
const SUBSCRIPTION = statement(
  'medmij_notified_subscription',
  `select client, aanbieder, service, ends from medmij_subscription where vault = $1 and id = $2`,
);
const DONE = statement(
  'medmij_notification_done',
  'update medmij_notification set done = $2, outcome = $3 where id = $1',
);
const AGAIN = statement(
  'medmij_notification_again',
  'update medmij_notification set due = $2 where id = $1',
);
const FORGET = statement(
  'medmij_forget_notifications',
  'delete from medmij_notification where done < $1',
);

const IN_ONE_GO = 50;
/** All that is due goes at once: at most an hour may pass (ext.abo.rscnotint.206). */
const TURNS_MAX = 100;
/** While it is being sent nobody else takes it; after that a crashed instance lets it go. */
const CLAIM_SECONDS = 60;
const PATIENCE = { secondsFirst: 5, secondsMax: 900, msMax: 86_400_000 } as const;
const KEPT_DAYS = 30;
const NO_ANSWER = { code: 'temporarily_unavailable', description: 'no answer' } as const;

interface Waiting {
  readonly id: string;
  readonly vault: string;
  readonly subscription: string;
  readonly kind: 'resource' | 'subscription';
  readonly attempts: number;
  readonly created: Date;
  readonly endDate: string | null;
}

interface NotifierParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  readonly pgos: Pgos;
  readonly chain: ChainLog;
  readonly everySeconds: number;
  readonly tls: HttpCall['tls'];
  /** Ends what aanbieders withdrew; each app is told with what else is due. */
  readonly endWithdrawn: () => Promise<void>;
  /** A sandbox may send everything twice. */
  readonly isTwice: (aanbieder: string, service: string) => Promise<boolean>;
}

export function createNotifier(parts: NotifierParts): Notifier {
  async function deliverDue(): Promise<number> {
    const { database, clock } = parts;
    await parts.endWithdrawn();
    let tried = 0;
    for (let turn = 0; turn < TURNS_MAX; turn += 1) {
      const values = [clock(), IN_ONE_GO, CLAIM_SECONDS];
      const { rows } = await database.query<Waiting>({ ...CLAIM, values });
      await Promise.all(rows.map((row) => send(parts, row)));
      tried += rows.length;
      if (rows.length < IN_ONE_GO) break;
    }
    const keptSince = new Date(clock().getTime() - KEPT_DAYS * 86_400_000);
    await database.query({ ...FORGET, values: [keptSince] });
    return tried;
  }
  const { everySeconds, log } = parts;
  const rounds = createRounds(deliverDue, {
    everySeconds,
    log,
    failed: 'notifications were not sent',
  });
  return { deliver: rounds.run, start: rounds.start, close: rounds.close };
}

async function send(parts: NotifierParts, row: Waiting): Promise<void> {
  const { database, clock, pgos, log } = parts;
  const { rows } = await database.query<
    Pick<Subscription, 'client' | 'aanbieder' | 'service' | 'ends'>
  >({ ...SUBSCRIPTION, values: [row.vault, row.subscription] });
  const one = rows[0];
  const finish = (outcome: string) =>
    database.query({ ...DONE, values: [row.id, clock(), outcome] });
  // News of a subscription that is over is no longer the app's business; its end is.
  if (!one || (row.kind === 'resource' && one.ends <= clock())) return void (await finish('over'));
  const base = (await pgos.byId(one.client))?.notificationBase(one.service, row.kind);
  if (base === undefined) return void (await finish('no-address'));
  const { hostname } = new URL(base);
  if (!pgos.isNode(hostname)) {
    log.error({ subscription: row.subscription }, 'a notification address is not on the Whitelist');
    return void (await finish('not-on-whitelist'));
  }
  if (await parts.isTwice(one.aanbieder, one.service)) await post(parts, row, base, hostname);
  const status = await post(parts, row, base, hostname);
  if (isTaken(status)) return void (await finish('sent'));
  if (status === 400 || status === 404 || status === 410) return void (await finish('refused'));
  const due = nextTry(row, clock(), PATIENCE);
  if (!due) {
    log.error({ subscription: row.subscription }, 'a notification was given up after a day');
    return void (await finish('given-up'));
  }
  await database.query({ ...AGAIN, values: [row.id, due] });
}

/** @returns the status, 0 when there was no answer. */
async function post(
  { tls, chain }: NotifierParts,
  row: Waiting,
  base: string,
  hostname: string,
): Promise<number> {
  const body = {
    subscription_id: row.subscription,
    notification_type: row.kind,
    ...(row.endDate === null ? {} : { end_date: row.endDate }),
  };
  const ids = { 'MedMij-Request-ID': row.id, 'X-Correlation-ID': row.subscription };
  // Here we are the client, and the node of the app is the server.
  const to = { hostname, uri: `${base.replace(/(?<!\/)\/+$/, '')}/Notification` };
  const step = { traceId: row.subscription, request: { id: row.id, method: 'POST', to } };
  const what = `${row.kind}_notification`;
  chain.note({ ...step, type: `send_${what}` });
  const status = await postNotice(base, { headers: ids, body, tls });
  const response = { id: row.id, status };
  if (isTaken(status)) chain.note({ ...step, type: `receive_${what}_response`, response });
  else {
    // No answer at all has no status to tell of; a time-out is told with this code (7.3).
    const error = status === 0 ? NO_ANSWER : errorOf(status);
    const told = status === 0 ? {} : { response };
    chain.note({ ...step, type: `receive_${what}_error_response`, error, ...told });
  }
  return status;
}
