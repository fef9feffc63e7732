/**
 * Tells the provider's system that a person sent something, a request to correct for instance
 * (capabilities A10, A11): one POST without content or person to the address of its registered
 * sender, again with growing pauses until it is taken or three days are over. Written in the
 * transaction that stores what was sent; claimed by one instance at a time.
 */
import type { Clients } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Database, type Sql, statement } from '../../platform/database.ts';
import type { HttpCall } from '../../platform/http-client.ts';
import { isTaken, nextTry, postNotice } from '../../platform/notice.ts';
import type { SharedItem } from './shared-items.ts';

const ADD = statement(
  'ingest_add_shared_notice',
  `insert into shared_notice (vault, item, organisation, service, created, due)
   values ($1, $2, $3, $4, $5, $5) on conflict (vault, item) do nothing`,
);
const CLAIM = statement(
  'ingest_claim_shared_notices',
  `update shared_notice n
      set attempts = attempts + 1, due = $1::timestamptz + make_interval(secs => $3)
    where (vault, item) in (select vault, item from shared_notice
      where done is null and due <= $1 order by due limit $2 for update skip locked)
  returning n.vault, n.item, n.organisation, n.service, n.created, n.attempts`,
);
const DONE = statement(
  'ingest_shared_notice_done',
  'update shared_notice set done = $3, outcome = $4 where vault = $1 and item = $2',
);
const AGAIN = statement(
  'ingest_shared_notice_again',
  'update shared_notice set due = $3 where vault = $1 and item = $2',
);

const TOLD = statement(
  'ingest_shared_notices_told',
  `select item, done from shared_notice where vault = $1 and outcome = 'sent'`,
);

const IN_ONE_GO = 20;
/** While it is being sent nobody else takes it. */
const CLAIM_SECONDS = 60;
const PATIENCE = { secondsFirst: 10, secondsMax: 3_600, msMax: 3 * 86_400_000 } as const;

/** For `add`, in the transaction that stores the item. */
export async function addSharedNotice(
  sql: Sql,
  { vault, id, organisation, service, received }: SharedItem,
): Promise<void> {
  await sql.query({ ...ADD, values: [vault, id, organisation, service, received] });
}

/** When the provider's system took the notice of each item of this person. */
export async function toldOf(sql: Sql, vault: string): Promise<ReadonlyMap<string, Date>> {
  const { rows } = await sql.query<{ item: string; done: Date }>({ ...TOLD, values: [vault] });
  return new Map(rows.map(({ item, done }) => [item, done]));
}

export interface SharedNotices {
  /** Sends what is due. @returns how many were tried. */
  deliver(): Promise<number>;
}

interface NoticeParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly clients: Clients;
  readonly publicUrl: string;
  readonly tls?: HttpCall['tls'];
}

interface Waiting {
  readonly vault: string;
  readonly item: string;
  readonly organisation: string;
  readonly service: string;
  readonly created: Date;
  readonly attempts: number;
}

/** Who we are, and whom we can tell. */
export function createSharedNotices(parts: NoticeParts): SharedNotices {
  return {
    async deliver() {
      const values = [parts.clock(), IN_ONE_GO, CLAIM_SECONDS];
      const { rows } = await parts.database.query<Waiting>({ ...CLAIM, values });
      await Promise.all(rows.map((row) => send(parts, row)));
      return rows.length;
    },
  };
}

async function send(parts: NoticeParts, row: Waiting): Promise<void> {
  const { database, clock, clients } = parts;
  const { vault, item, service, created } = row;
  const finish = async (outcome: string) =>
    void (await database.query({ ...DONE, values: [vault, item, clock(), outcome] }));
  const systems = (await clients.all('sender')).filter(
    (one) => one.organisationId === row.organisation && one.status === 'active',
  );
  const system = systems.find(({ notificationBase }) => notificationBase !== undefined);
  // Without an address the provider asks by itself: GET /intake/{sender}/shared.
  if (system?.notificationBase === undefined) return finish('no-address');
  const where = `${parts.publicUrl}/intake/${system.id}/shared?state=received`;
  const status = await postNotice(system.notificationBase, {
    headers: { 'x-request-id': item },
    body: { kind: 'shared', id: item, service, received: created, where },
    tls: parts.tls,
  });
  if (isTaken(status)) return finish('sent');
  if (status === 410) return finish('refused');
  const due = nextTry(row, clock(), PATIENCE);
  if (!due) return finish('given-up');
  await database.query({ ...AGAIN, values: [vault, item, due] });
}
