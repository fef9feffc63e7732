/**
 * Delivers the chain log to MedMij in batches, and again until each is acknowledged. A batch keeps
 * its id and its events over every attempt, so that the receiver can tell a repeat from news; this
 * gateway sends each event in one batch only. medmij-protocol.md 7.4.
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

const LOCK = `select pg_try_advisory_lock(hashtext('medmij-chain')) as mine`;
const UNLOCK = `select pg_advisory_unlock(hashtext('medmij-chain'))`;
const NEXT_BATCH = statement(
  'medmij_chain_open_batch',
  'select batch from medmij_chain_event where batch is not null and delivered is null limit 1',
);
const OF_BATCH = statement(
  'medmij_chain_of_batch',
  `select content::text as content, at from medmij_chain_event
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
    for (;;) {
      const count = await deliverBatch(parts);
      if (count === 0) break;
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

/** One batch. @returns how many events went; 0 when none wait. */
async function deliverBatch({
  settings,
  database,
  clock,
  log,
}: Parameters<typeof createChainDelivery>[0]): Promise<number> {
  if (settings.url === undefined) return 0;
  const batch = await openBatch(database, settings.batchBytesMax);
  if (batch === undefined) return 0;
  const { rows } = await database.query<{ content: string; at: Date }>({
    ...OF_BATCH,
    values: [batch],
  });
  const first = rows[0];
  if (!first) return 0;
  if (clock().getTime() - first.at.getTime() > ALARM_MS) {
    log.error({ waiting: rows.length }, 'chain events wait for more than a day');
  }
  const answer = await httpCall(settings.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-aanlevering-id': batch },
    body: `[${rows.map(({ content }) => content).join(',')}]`,
    msMax: ANSWER_MS_MAX,
    bytesMax: ANSWER_BYTES_MAX,
    ...(settings.tls ? { tls: settings.tls } : {}),
  });
  if (answer.status < 200 || answer.status > 299) {
    log.warn({ status: answer.status }, 'the chain log was not taken');
    return 0;
  }
  await database.query({ ...DONE, values: [batch, clock()] });
  return rows.length;
}

/** The batch that was begun before, else a new one as large as may be. */
async function openBatch(database: Database, bytesMax: number): Promise<string | undefined> {
  return database.transaction(async (tx) => {
    const { rows: begun } = await tx.query<{ batch: string }>(NEXT_BATCH);
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
