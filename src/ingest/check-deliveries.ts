/**
 * Deliveries against their own receipts, which are sealed: one that stands as if it were done or
 * taken back leaves the list of its sender and is lost to the record, one that stands as if it had
 * never been handled is handled again, and one without its key lets the same message in a second
 * time with another content. audit.md 6.3.
 */
import { type Sql, type Statement, statement } from '../platform/database.ts';
import type { Deliveries, DeliveryRow } from './delivery.ts';
import { type Receipt, TAKEN_BACK } from './receipt.ts';

export interface DeliveryFinding {
  readonly fault: 'delivery';
  readonly id: string;
  readonly text: string;
}

const PAGE = 500;
const FINDINGS_MAX = 1_000;
const NIL = '00000000-0000-0000-0000-000000000000';
/** The original is durable a moment before its delivery is. */
const SLACK_MS = 120_000;

/** Waiting items end with a record; what is known of the original ends with it too. */
const ROWS = statement(
  'ingest_check_receipts',
  `select d.id, d.sender, d.original, d.channel, d.state, d.format, d.receipt, d.reasons,
          d.received, d.done, d.rejected, o.received as kept,
          o.id is not null and o.parts is null as whole
     from delivery d left join original o on o.id = d.original
    where d.id > $1 order by d.id limit ${PAGE}`,
);
/** All at once: neither of these tables is found by delivery. */
const WITHOUT_KEY = statement(
  'ingest_check_without_key',
  `select d.id from delivery d where d.state in ('accepted', 'held') and not exists (
     select from delivery_key k where k.sender = d.sender and k.delivery = d.id)`,
);
const WAITING = statement(
  'ingest_check_waiting',
  'select delivery as id, sum(items)::int as items from waiting_item group by delivery',
);
const STRAY_KEYS = statement(
  'ingest_check_stray_keys',
  `select k.delivery as id from delivery_key k
    where not exists (select from delivery d where d.id = k.delivery and d.sender = k.sender)
    limit ${FINDINGS_MAX}`,
);
const STRAY_WAITING = statement(
  'ingest_check_stray_waiting',
  `select w.delivery as id from waiting_item w
    where not exists (select from delivery d where d.id = w.delivery) limit ${FINDINGS_MAX}`,
);

interface Row extends DeliveryRow {
  /** When its original came; null: it is gone. */
  readonly kept: Date | null;
  /** Its original is there, and is of one person. */
  readonly whole: boolean;
}

interface Beside {
  readonly receiptOf: Deliveries['receiptOf'];
  readonly withoutKey: ReadonlySet<string>;
  /** Items of people that are told to wait, by delivery. */
  readonly waiting: ReadonlyMap<string, number>;
}

/** @returns what differs, at most 1,000. */
export async function deliveryFindings(
  sql: Sql,
  receipts: Pick<Deliveries, 'receiptOf'>,
): Promise<DeliveryFinding[]> {
  const found: DeliveryFinding[] = [];
  const add = (id: string, text: string) => found.push({ fault: 'delivery', id, text });
  const all = async <R extends { id: string }>(query: Statement) =>
    (await sql.query<R>({ ...query, values: [] })).rows;
  const waiting = await all<{ id: string; items: number }>(WAITING);
  const beside: Beside = {
    receiptOf: receipts.receiptOf,
    withoutKey: new Set((await all(WITHOUT_KEY)).map(({ id }) => id)),
    waiting: new Map(waiting.map(({ id, items }) => [id, items])),
  };
  for (let after = NIL; found.length < FINDINGS_MAX; ) {
    const { rows } = await sql.query<Row>({ ...ROWS, values: [after] });
    for (const row of rows) {
      const text = oddness(row, beside);
      if (text !== undefined) add(row.id, text);
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) break;
    after = last.id;
  }
  for (const { id } of await all(STRAY_KEYS)) {
    add(id, 'A key of a message leads to no delivery of its sender.');
  }
  for (const { id } of await all(STRAY_WAITING)) {
    add(id, 'Items are said to wait because of a delivery that is not there.');
  }
  return found.slice(0, FINDINGS_MAX);
}

/** @returns how a row is not as its receipt says, or undefined. */
function oddness(row: Row, beside: Beside): string | undefined {
  if (row.receipt === null) {
    return row.state === 'received' ? undefined : 'It was handled, and its receipt was taken out.';
  }
  const receipt = opened(row, beside);
  if (!receipt) return 'Its receipt does not open: it was changed, or is of another delivery.';
  if (row.state !== receipt.state) {
    return `It stands as ${row.state}, and its receipt says ${receipt.state}.`;
  }
  if (row.rejected !== receipt.reasons.includes(TAKEN_BACK)) {
    return row.rejected ? 'Nobody took it back.' : 'It was taken back, and stands as if it waits.';
  }
  if (row.format !== receipt.format || `${row.reasons}` !== `${receipt.reasons}`) {
    return 'It stands with another format or reason than its receipt.';
  }
  const received = Date.parse(receipt.received);
  const isNear = (at: Date) => Math.abs(at.getTime() - received) <= SLACK_MS;
  if (row.received.getTime() !== received || (row.kept && !isNear(row.kept))) {
    return 'It stands with another moment of arrival than its receipt.';
  }
  return unlikeItems(row, receipt, beside);
}

function opened(row: Row, { receiptOf }: Beside): Receipt | undefined {
  try {
    return receiptOf(row);
  } catch {
    return undefined;
  }
}

function unlikeItems(
  { id, state, rejected, whole }: Row,
  { items }: Receipt,
  { withoutKey, waiting }: Beside,
): string | undefined {
  if (items.length > 0 && withoutKey.has(id)) {
    return 'The key of its message is gone: the same message may come in again.';
  }
  const told = waiting.get(id) ?? 0;
  // What cannot be read any more waits as it did; of what several people share, some may be gone.
  if (!whole || (state === 'refused' && !rejected)) return undefined;
  const left = rejected ? 0 : items.filter(({ outcome }) => outcome === 'waiting').length;
  return told === left ? undefined : `${left} of its items wait, and people are told of ${told}.`;
}
