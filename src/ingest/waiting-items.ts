/** How many items of a person wait at a source, for the person's own page (capabilities B5). */
import { type Sql, statement, type Tx } from '../platform/database.ts';

const PUT = statement(
  'ingest_put_waiting',
  `insert into waiting_item (vault, delivery, custodian, items, since) values ($1, $2, $3, $4, $5)
   on conflict (vault, delivery) do update set items = excluded.items`,
);
const CLEAR = statement(
  'ingest_clear_waiting',
  'delete from waiting_item where vault = $1 and delivery = $2',
);
const CLEAR_ALL = statement(
  'ingest_clear_waiting_of_delivery',
  'delete from waiting_item where delivery = $1',
);
const OF_PERSON = statement(
  'ingest_waiting_of_person',
  `select custodian, sum(items)::int as items, min(since) as since from waiting_item
    where vault = $1 group by custodian order by custodian`,
);

export interface WaitingAtSource {
  /** Organisation id. */
  readonly custodian: string;
  readonly items: number;
  readonly since: Date;
}

/** Sets how many items of one delivery wait for one person; 0 ends it. */
export async function setWaiting(
  tx: Tx,
  where: { vault: string; delivery: string; custodian: string },
  items: number,
  since: Date,
): Promise<void> {
  const { vault, delivery, custodian } = where;
  if (items === 0) await tx.query({ ...CLEAR, values: [vault, delivery] });
  else await tx.query({ ...PUT, values: [vault, delivery, custodian, items, since] });
}

/** Nothing of this delivery waits any more, for nobody: its sender took it back. */
export async function clearWaiting(tx: Tx, delivery: string): Promise<void> {
  await tx.query({ ...CLEAR_ALL, values: [delivery] });
}

/** What waits for one person, by source. */
export async function waitingOf(sql: Sql, vault: string): Promise<WaitingAtSource[]> {
  return (await sql.query<WaitingAtSource>({ ...OF_PERSON, values: [vault] })).rows;
}
