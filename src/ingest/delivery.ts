/** Deliveries: what came in, from whom, and what became of it. */
import { createHmac, randomUUID } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import type { Sql, Tx } from '../platform/database.ts';
import { statement } from '../platform/database.ts';
import type { Store } from '../store/index.ts';
import type { Receipt } from './receipt.ts';

export type DeliveryState = 'received' | Receipt['state'];

export interface DeliveryRow {
  readonly id: string;
  readonly sender: string;
  readonly original: string;
  readonly channel: string;
  readonly state: DeliveryState;
  readonly format: string | null;
  readonly receipt: Buffer | null;
  readonly reasons: readonly string[];
  readonly received: Date;
  readonly done: Date | null;
  /** Its sender took it back: it is not tried again. */
  readonly rejected: boolean;
}

const COLUMNS =
  'id, sender, original, channel, state, format, receipt, reasons, received, done, rejected';

const ADD = statement(
  'ingest_add_delivery',
  `insert into delivery (id, sender, digest, original, channel, state, received)
   values ($1, $2, $3, $4, $5, 'received', $6) on conflict (sender, digest) do nothing
   returning ${COLUMNS}`,
);
const BEGIN = statement(
  'ingest_begin_delivery',
  `with added as (
     insert into delivery (id, sender, digest, original, channel, state, received)
     values ($1, $2, $3, $4, $5, 'received', $6) on conflict (sender, digest) do nothing
     returning id),
   claimed as (
     insert into delivery_key (sender, key, delivery) select $2, $7, id from added
     on conflict do nothing returning delivery)
   select (select count(*) from added)::int as added, (select count(*) from claimed)::int as claimed`,
);
const BY_DIGEST = statement(
  'ingest_delivery_by_digest',
  `select ${COLUMNS} from delivery where sender = $1 and digest = $2`,
);
const BY_ID = statement(
  'ingest_delivery_by_id',
  `select ${COLUMNS} from delivery where sender = $1 and id = $2`,
);
const LOCK = statement(
  'ingest_lock_delivery',
  `select ${COLUMNS} from delivery where id = $1 for update`,
);
const CLAIM_KEY = statement(
  'ingest_claim_key',
  `with claim as (
     insert into delivery_key (sender, key, delivery) values ($1, $2, $3)
     on conflict do nothing returning delivery)
   select delivery from claim
   union all select delivery from delivery_key where sender = $1 and key = $2
   limit 1`,
);
const FINISH = statement(
  'ingest_finish_delivery',
  `update delivery set state = $2, format = $3, receipt = $4, reasons = $5, done = $6 where id = $1`,
);
const LABEL = statement('ingest_label_delivery', 'update delivery set receipt = $2 where id = $1');
const WAITING = statement(
  'ingest_waiting_deliveries',
  `select ${COLUMNS} from delivery
    where sender = $1 and state in ('held', 'refused') and not rejected
      and (received, id) > ($2, $3)
    order by received, id limit $4`,
);
const LEFT_OPEN = statement(
  'ingest_deliveries_left_open',
  `select ${COLUMNS} from delivery where state = 'received' and received < $1
    order by received limit $2`,
);
const REJECT = statement(
  'ingest_reject_delivery',
  `update delivery set rejected = true, state = 'refused', receipt = $2, reasons = $3, done = $4
    where id = $1`,
);
const ACCEPTED = statement(
  'ingest_accepted_deliveries',
  `select ${COLUMNS} from delivery
    where sender = $1 and state in ('accepted', 'held') and not rejected
      and (received, id) > ($2, $3)
    order by received, id limit $4`,
);
const TODAY = statement(
  'ingest_deliveries_since',
  `select ${COLUMNS} from delivery where sender = $1 and received >= $2
    order by received desc limit $3`,
);

export type Begun = 'new' | 'known-body' | 'known-key';

export interface Deliveries {
  /** Makes the body durable as received; a body that came before gives its first delivery. */
  open(
    database: Sql,
    body: { sender: string; custodian: string; channel: string; mediaType: string; bytes: Buffer },
    at: Date,
  ): Promise<DeliveryRow>;
  /**
   * Begins a delivery in the transaction that handles it, with the key of its one message.
   * @returns what came before, if anything; after `known-key` the transaction has to be rolled back.
   */
  begin(tx: Tx, delivery: DeliveryRow, bytes: Buffer, key: string): Promise<Begun>;
  lock(tx: Tx, id: string): Promise<DeliveryRow>;
  /** @returns the delivery that owns this message key: one's own id when it is new. */
  claimKey(tx: Tx, sender: string, key: string, delivery: string): Promise<string>;
  finish(tx: Sql, id: string, receipt: Receipt, at: Date): Promise<void>;
  /** Puts a receipt with more to say in the place of the one that was given. */
  label(tx: Tx, id: string, receipt: Receipt): Promise<void>;
  find(sql: Sql, sender: string, id: string): Promise<DeliveryRow | undefined>;
  waiting(
    sql: Sql,
    sender: string,
    after: { received: Date; id: string } | undefined,
    limit: number,
  ): Promise<DeliveryRow[]>;
  /** What became part of records, in order of arrival, for mapping it again. */
  stored(
    sql: Sql,
    sender: string,
    after: { received: Date; id: string } | undefined,
    limit: number,
  ): Promise<DeliveryRow[]>;
  /** Ends a delivery that waits: it was a mistake of its sender. */
  reject(tx: Tx, id: string, receipt: Receipt, at: Date): Promise<void>;
  leftOpen(sql: Sql, before: Date, limit: number): Promise<DeliveryRow[]>;
  since(sql: Sql, sender: string, from: Date, limit: number): Promise<DeliveryRow[]>;
  receiptOf(row: DeliveryRow): Receipt | undefined;
}

/** Deliveries and their receipts, sealed under the gateway's own key. */
export function createDeliveries(store: Store, keyring: Keyring): Deliveries {
  const digestKey = keyring.hmac('ingest/digest');
  const keyKey = keyring.hmac('ingest/message-key');
  const hmac = (key: typeof digestKey, sender: string, bytes: Buffer | string) =>
    createHmac('sha256', key).update(`${sender}\0`).update(bytes).digest();

  return {
    async open(database, body, at) {
      const digest = hmac(digestKey, body.sender, body.bytes);
      const known = await first(database, { ...BY_DIGEST, values: [body.sender, digest] });
      if (known) return known;
      const original = await store.keepOriginal(database, body);
      const id = randomUUID();
      const values = [id, body.sender, digest, original.id, body.channel, at];
      const added = await first(database, { ...ADD, values });
      if (added) return added;
      // The same body came at the same time: its original is there already.
      await store.dropOriginals(database, [original.id]);
      const row = await first(database, { ...BY_DIGEST, values: [body.sender, digest] });
      if (!row) throw new Error('a delivery vanished while it was opened');
      return row;
    },
    begin: (tx, row, bytes, key) =>
      begun(tx, row, hmac(digestKey, row.sender, bytes), hmac(keyKey, row.sender, key)),
    async lock(tx, id) {
      const row = await first(tx, { ...LOCK, values: [id] });
      if (!row) throw new Error('a delivery vanished before it was handled');
      return row;
    },
    async claimKey(tx, sender, key, delivery) {
      const values = [sender, hmac(keyKey, sender, key), delivery];
      const { rows } = await tx.query<{ delivery: string }>({ ...CLAIM_KEY, values });
      // A claim that another transaction is about to commit is visible only to the next statement.
      if (rows[0]) return rows[0].delivery;
      const again = await tx.query<{ delivery: string }>({ ...CLAIM_KEY, values });
      return again.rows[0]?.delivery ?? delivery;
    },
    async finish(tx, id, receipt, at) {
      const sealed = store.sealForGateway('receipt', id, Buffer.from(JSON.stringify(receipt)));
      const values = [id, receipt.state, receipt.format, sealed, receipt.reasons, at];
      await tx.query({ ...FINISH, values });
    },
    async label(tx, id, receipt) {
      const sealed = store.sealForGateway('receipt', id, Buffer.from(JSON.stringify(receipt)));
      await tx.query({ ...LABEL, values: [id, sealed] });
    },
    find: (sql, sender, id) => first(sql, { ...BY_ID, values: [sender, id] }),
    async waiting(sql, sender, after = START, limit) {
      const values = [sender, after.received, after.id, limit];
      return (await sql.query<DeliveryRow>({ ...WAITING, values })).rows;
    },
    async stored(sql, sender, after = START, limit) {
      const values = [sender, after.received, after.id, limit];
      return (await sql.query<DeliveryRow>({ ...ACCEPTED, values })).rows;
    },
    async reject(tx, id, receipt, at) {
      const sealed = store.sealForGateway('receipt', id, Buffer.from(JSON.stringify(receipt)));
      await tx.query({ ...REJECT, values: [id, sealed, receipt.reasons, at] });
    },
    leftOpen: async (sql, before, limit) =>
      (await sql.query<DeliveryRow>({ ...LEFT_OPEN, values: [before, limit] })).rows,
    since: async (sql, sender, from, limit) =>
      (await sql.query<DeliveryRow>({ ...TODAY, values: [sender, from, limit] })).rows,
    receiptOf(row) {
      if (!row.receipt) return undefined;
      return JSON.parse(store.unsealForGateway('receipt', row.id, row.receipt).toString('utf8'));
    },
  };
}

async function begun(tx: Tx, row: DeliveryRow, digest: Buffer, claim: Buffer): Promise<Begun> {
  const { id, sender, original, channel, received } = row;
  const values = [id, sender, digest, original, channel, received, claim];
  const { rows } = await tx.query<{ added: number; claimed: number }>({ ...BEGIN, values });
  const { added, claimed } = rows[0] ?? { added: 0, claimed: 0 };
  if (added === 0) return 'known-body';
  return claimed === 0 ? 'known-key' : 'new';
}

const START = { received: new Date(0), id: '00000000-0000-0000-0000-000000000000' } as const;

async function first(sql: Sql, query: object): Promise<DeliveryRow | undefined> {
  const { rows } = await sql.query<DeliveryRow>(query as never);
  return rows[0];
}
