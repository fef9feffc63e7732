/** Deliveries: what came in, from whom, and what became of it. */
import { createHmac, randomUUID } from 'node:crypto';
import type { Keyring } from '../identity/index.ts';
import type { FilledStatement, Sql, Tx } from '../platform/database.ts';
import { statement } from '../platform/database.ts';
import { pack, type Store, unpack } from '../store/index.ts';
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
const CLAIM = statement(
  'ingest_claim_delivery',
  `with known as (select from delivery where sender = $1 and digest = $2),
   claimed as (
     insert into delivery_key (sender, key, delivery)
     select $1, $3, $4 where not exists (select from known)
     on conflict do nothing returning delivery)
   select (select count(*) from known)::int as known, (select count(*) from claimed)::int as claimed`,
);
const ADD_WHOLE = statement(
  'ingest_add_whole_delivery',
  `insert into delivery
          (id, sender, digest, original, channel, received, state, format, receipt, reasons, done)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (sender, digest) do nothing`,
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
  `select ${COLUMNS} from delivery
    where state = 'received' and received < $1 and (received, id) > ($2, $3)
    order by received, id limit $4`,
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

/** What came before a body, and its digest: what `addWhole` writes it under. */
export interface Claimed {
  readonly before: 'nothing' | 'body' | 'key';
  readonly digest: Buffer;
}

export interface Deliveries {
  /** Makes the body durable as received; a body that came before gives its first delivery. */
  open(
    database: Sql,
    body: { sender: string; custodian: string; channel: string; mediaType: string; bytes: Buffer },
    at: Date,
  ): Promise<DeliveryRow>;
  /** Claims the key of the one message of a body, in the transaction that handles it. */
  claim(tx: Tx, delivery: DeliveryRow, bytes: Buffer, key: string): Promise<Claimed>;
  /**
   * Writes the claimed delivery with its receipt.
   * @returns whether it did: else the body came before, and the transaction has to be rolled back.
   */
  addWhole(
    tx: Tx,
    delivery: DeliveryRow,
    digest: Buffer,
    receipt: Receipt,
    at: Date,
  ): Promise<boolean>;
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
  /** Received and not handled, oldest first. */
  leftOpen(
    sql: Sql,
    before: Date,
    after: { received: Date; id: string } | undefined,
    limit: number,
  ): Promise<DeliveryRow[]>;
  since(sql: Sql, sender: string, from: Date, limit: number): Promise<DeliveryRow[]>;
  receiptOf(row: DeliveryRow): Receipt | undefined;
}

/** Deliveries and their receipts, sealed under the gateway's own key. */
export function createDeliveries(store: Store, keyring: Keyring): Deliveries {
  const digestKey = keyring.hmac('ingest/digest');
  const keyKey = keyring.hmac('ingest/message-key');
  const hmac = (key: typeof digestKey, sender: string, bytes: Buffer | string) =>
    createHmac('sha256', key).update(`${sender}\0`).update(bytes).digest();
  const sealed = (id: string, receipt: Receipt) =>
    store.sealForGateway('receipt', id, pack(Buffer.from(JSON.stringify(receipt))));

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
    claim: (tx, row, bytes, key) =>
      claim(tx, row, hmac(digestKey, row.sender, bytes), hmac(keyKey, row.sender, key)),
    async addWhole(tx, { id, sender, original, channel, received }, digest, receipt, at) {
      const { state, format, reasons } = receipt;
      const came = [id, sender, digest, original, channel, received];
      const values = [...came, state, format, sealed(id, receipt), reasons, at];
      return (await tx.query({ ...ADD_WHOLE, values })).rowCount === 1;
    },
    async lock(tx, id) {
      const row = await first(tx, { ...LOCK, values: [id] });
      if (!row) throw new Error('a delivery vanished before it was handled');
      return row;
    },
    claimKey: (tx, sender, key, delivery) =>
      claimKey(tx, sender, hmac(keyKey, sender, key), delivery),
    async finish(tx, id, receipt, at) {
      const { state, format, reasons } = receipt;
      const values = [id, state, format, sealed(id, receipt), reasons, at];
      await tx.query({ ...FINISH, values });
    },
    async label(tx, id, receipt) {
      await tx.query({ ...LABEL, values: [id, sealed(id, receipt)] });
    },
    find: (sql, sender, id) => first(sql, { ...BY_ID, values: [sender, id] }),
    waiting: (sql, sender, after, limit) => pageOf(sql, WAITING, sender, after, limit),
    stored: (sql, sender, after, limit) => pageOf(sql, ACCEPTED, sender, after, limit),
    async reject(tx, id, receipt, at) {
      await tx.query({ ...REJECT, values: [id, sealed(id, receipt), receipt.reasons, at] });
    },
    leftOpen: (sql, before, after, limit) => pageOf(sql, LEFT_OPEN, before, after, limit),
    since: async (sql, sender, from, limit) =>
      (await sql.query<DeliveryRow>({ ...TODAY, values: [sender, from, limit] })).rows,
    receiptOf(row) {
      if (!row.receipt) return undefined;
      return readReceipt(store.unsealForGateway('receipt', row.id, row.receipt));
    },
  };
}

/** @param of whose, or before when: the first value of the statement. */
async function pageOf(
  sql: Sql,
  asked: ReturnType<typeof statement>,
  of: string | Date,
  after: { received: Date; id: string } = START,
  limit: number,
): Promise<DeliveryRow[]> {
  const values = [of, after.received, after.id, limit];
  return (await sql.query<DeliveryRow>({ ...asked, values })).rows;
}

async function claimKey(tx: Tx, sender: string, key: Buffer, delivery: string): Promise<string> {
  const values = [sender, key, delivery];
  const { rows } = await tx.query<{ delivery: string }>({ ...CLAIM_KEY, values });
  // A claim that another transaction is about to commit is visible only to the next statement.
  if (rows[0]) return rows[0].delivery;
  const again = await tx.query<{ delivery: string }>({ ...CLAIM_KEY, values });
  return again.rows[0]?.delivery ?? delivery;
}

async function claim(
  tx: Tx,
  { id, sender }: DeliveryRow,
  digest: Buffer,
  key: Buffer,
): Promise<Claimed> {
  const values = [sender, digest, key, id];
  const { rows } = await tx.query<{ known: number; claimed: number }>({ ...CLAIM, values });
  const { known, claimed } = rows[0] ?? { known: 0, claimed: 0 };
  return { before: known > 0 ? 'body' : claimed > 0 ? 'nothing' : 'key', digest };
}

/** Receipts of before lie as they are: none is packed by a method that begins as JSON does. */
function readReceipt(bytes: Buffer): Receipt {
  const json = bytes[0] === 0x7b ? bytes : unpack(bytes);
  return JSON.parse(json.toString('utf8')) as Receipt;
}

const START = { received: new Date(0), id: '00000000-0000-0000-0000-000000000000' } as const;

async function first(sql: Sql, query: FilledStatement): Promise<DeliveryRow | undefined> {
  const { rows } = await sql.query<DeliveryRow>(query);
  return rows[0];
}
