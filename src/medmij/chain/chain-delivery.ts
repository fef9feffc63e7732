/**
 * Delivers the chain log to MedMij in batches, and again until each is acknowledged. A batch keeps
 * its id and its events over every attempt, so that the receiver can tell a repeat from news; this
 * gateway sends each event in one batch only. A batch that is refused for what stands in it is cut
 * in two until the event is alone that does it: it waits aside, and holds up no other.
 * medmij-protocol.md 7.4.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../platform/clock.ts';
import { type Database, statement } from '../../platform/database.ts';
import { type HttpCall, httpCall } from '../../platform/http-client.ts';
import { createRounds } from '../rounds.ts';

export interface ChainDeliverySettings {
  /** `POST` address of the logging API; nothing is delivered when absent. */
  readonly url: string | undefined;
  readonly everySeconds: number;
  readonly batchBytesMax: number;
  readonly tls?: HttpCall['tls'];
}

export interface ChainDelivery {
  /** Delivers what waits. @returns how many events were acknowledged. */
  deliver(): Promise<number>;
  start(): void;
  close(): void;
}

const BATCH_ROWS_MAX = 5_000;
const ANSWER_MS_MAX = 30_000;
const ANSWER_BYTES_MAX = 1_000_000;
const ALARM_MS = 86_400_000;
/** Delivered events stay for questions about a Trace ID; after that MedMij has the only copy. */
const KEPT_DAYS = 30;
/** Said of the delivery itself; sent again as it is, it would be refused again. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 422]);
/** A receiver that refuses everything gets no more than these in one round. */
const REFUSALS_MAX = 50;
const ASIDE_MS = 3_600_000;

const LOCK = `select pg_try_advisory_lock(hashtext('medmij-chain')) as mine`;
const UNLOCK = `select pg_advisory_unlock(hashtext('medmij-chain'))`;
const NEXT_BATCH = statement(
  'medmij_chain_open_batch',
  `select batch from medmij_chain_event
    where batch is not null and delivered is null and batch <> all($1::uuid[]) limit 1`,
);
const OF_BATCH = statement(
  'medmij_chain_of_batch',
  `select seq, content::text as content, at from medmij_chain_event
    where batch = $1 and delivered is null order by seq`,
);
const WAITING = statement(
  'medmij_chain_waiting',
  `select seq, length(content::text) as size from medmij_chain_event
    where batch is null order by seq limit $1`,
);
const PUT_IN = statement(
  'medmij_chain_put_in',
  'update medmij_chain_event set batch = $1 where batch is null and seq = any($2)',
);
const CUT = statement(
  'medmij_chain_cut',
  `update medmij_chain_event set batch = case when seq < $2 then $3::uuid else $4::uuid end
    where batch = $1 and delivered is null`,
);
const DONE = statement(
  'medmij_chain_done',
  'update medmij_chain_event set delivered = $2 where batch = $1',
);
const FORGET = statement(
  'medmij_chain_forget',
  'delete from medmij_chain_event where delivered < $1',
);

export function createChainDelivery(parts: {
  settings: ChainDeliverySettings;
  database: Database;
  clock: Clock;
  log: FastifyBaseLogger;
}): ChainDelivery {
  const { settings, database, clock, log } = parts;
  const aside: Aside = new Map();
  /** One instance at a time: another one would send the same batch beside us. */
  async function deliverAll(): Promise<number> {
    const line = await database.connect();
    let broken = true;
    try {
      const { rows } = await line.query<{ mine: boolean }>(LOCK);
      const done = rows[0]?.mine ? await everyBatch() : 0;
      if (rows[0]?.mine) await line.query(UNLOCK);
      broken = false;
      return done;
    } finally {
      // A line that ends gives its lock back; a pooled one that lives on would keep it.
      line.release(broken);
    }
  }
  async function everyBatch(): Promise<number> {
    let done = 0;
    let refusals = 0;
    for (const [batch, until] of aside) if (until <= clock().getTime()) aside.delete(batch);
    while (refusals < REFUSALS_MAX) {
      const count = await deliverBatch(parts, aside);
      if (count === undefined) break;
      if (count === 0) refusals += 1;
      done += count;
    }
    const keptSince = new Date(clock().getTime() - KEPT_DAYS * 86_400_000);
    await database.query({ ...FORGET, values: [keptSince] });
    return done;
  }
  const { everySeconds } = settings;
  const rounds = createRounds(deliverAll, {
    everySeconds,
    log,
    failed: 'chain events were not delivered',
  });
  return {
    deliver: rounds.run,
    start: () => {
      if (settings.url !== undefined) rounds.start();
    },
    close: rounds.close,
  };
}

/** Batches of one event that was refused, and until when (ms) they are left alone. */
type Aside = Map<string, number>;

type DeliveryParts = Parameters<typeof createChainDelivery>[0];

interface Sent {
  readonly seq: string;
  readonly content: string;
  readonly at: Date;
}

/**
 * One batch.
 * @returns how many events went, 0 when it was refused for what stands in it; undefined when none
 * wait or the receiver cannot take them now.
 */
async function deliverBatch(parts: DeliveryParts, aside: Aside): Promise<number | undefined> {
  const { settings, database, clock, log } = parts;
  if (settings.url === undefined) return undefined;
  const batch = await openBatch(database, settings.batchBytesMax, [...aside.keys()]);
  if (batch === undefined) return undefined;
  const { rows } = await database.query<Sent>({ ...OF_BATCH, values: [batch] });
  const first = rows[0];
  if (!first) return undefined;
  if (clock().getTime() - first.at.getTime() > ALARM_MS) {
    log.error({ waiting: rows.length }, 'chain events wait for more than a day');
  }
  const { status } = await httpCall(settings.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-aanlevering-id': batch },
    body: `[${rows.map(({ content }) => content).join(',')}]`,
    msMax: ANSWER_MS_MAX,
    bytesMax: ANSWER_BYTES_MAX,
    ...(settings.tls ? { tls: settings.tls } : {}),
  });
  if (REFUSED.has(status)) {
    await refused(parts, aside, { batch, status, rows });
    return 0;
  }
  if (status < 200 || status > 299) {
    log.warn({ status }, 'the chain log was not taken');
    return undefined;
  }
  await database.query({ ...DONE, values: [batch, clock()] });
  return rows.length;
}

/** Two batches of it, under ids of their own; one event alone is tried again later. */
async function refused(
  { database, clock, log }: DeliveryParts,
  aside: Aside,
  { batch, status, rows }: { batch: string; status: number; rows: readonly Sent[] },
): Promise<void> {
  const middle = rows.length > 1 ? rows[Math.floor(rows.length / 2)] : undefined;
  if (middle) {
    log.warn({ status, events: rows.length }, 'a delivery of chain events was refused');
    await database.query({ ...CUT, values: [batch, middle.seq, randomUUID(), randomUUID()] });
    return;
  }
  log.error({ status, batch }, 'a chain event was refused');
  aside.set(batch, clock().getTime() + ASIDE_MS);
}

/** The batch that was begun before, else a new one as large as may be. */
async function openBatch(
  database: Database,
  bytesMax: number,
  aside: readonly string[],
): Promise<string | undefined> {
  return database.transaction(async (tx) => {
    const { rows: begun } = await tx.query<{ batch: string }>({ ...NEXT_BATCH, values: [aside] });
    if (begun[0]) return begun[0].batch;
    const { rows } = await tx.query<{ seq: number; size: number }>({
      ...WAITING,
      values: [BATCH_ROWS_MAX],
    });
    let size = 2;
    const chosen = rows.filter((row) => {
      // A character is at most four bytes; counted generously, since the limit is the receiver's.
      size += row.size * 4 + 1;
      return size <= bytesMax;
    });
    if (chosen.length === 0) return undefined;
    const batch = randomUUID();
    await tx.query({ ...PUT_IN, values: [batch, chosen.map(({ seq }) => seq)] });
    return batch;
  });
}
