/**
 * PostgreSQL through one pool. Rooms hold their own SQL; this file only opens, times and closes.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { utcInstant } from './utc-instant.ts';

/** Anything a statement can be sent to: the pool itself or a client inside a transaction. */
export type Sql = Pick<pg.Pool, 'query'>;

/** A client inside `transaction`: what is written through it commits together or not at all. */
export type Tx = pg.PoolClient;

export interface Database extends Sql {
  /** Runs the work in one transaction; a thrown error rolls everything back and is thrown on. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** A connection of one's own (LISTEN, COPY); the caller releases it. */
  connect(): Promise<pg.PoolClient>;
  close(): Promise<void>;
}

export interface DatabaseConfig {
  readonly url: string;
  readonly poolSizeMax: number;
  readonly statementMsMax: number;
  /** Prepared statements by name; off behind a pooler in transaction mode. */
  readonly namedStatements: boolean;
}

/** A statement with a name, so that PostgreSQL plans it once for each connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

/** A statement with the values of its parameters, in their order. */
export interface FilledStatement extends Statement {
  readonly values: unknown[];
}

let namesOn = true;

/** Names a statement; names must be unique in the house (prefix them with the room). */
export function statement(name: string, text: string): Statement {
  return {
    get name() {
      return namesOn ? name : undefined;
    },
    text,
  } as Statement;
}

// int8 comes as text by default; our counters stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
});

const anyInstant = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (text: string) => Date;
pg.types.setTypeParser(
  pg.types.builtins.TIMESTAMPTZ,
  (text) => utcInstant(text) ?? anyInstant(text),
);

/**
 * For a connection, behind others that wait for one too: when 200 people fetch at once on a machine
 * that is busy, the last of them waits well over 5 s and still gets an answer in time. A server
 * that is not there is refused at once.
 */
const WAIT_MS_MAX = 20_000;

/**
 * Connections for what is asked of the pool by somebody who is inside a transaction, as a list that
 * is read anew. Were those to wait for the others, all connections could be held by transactions
 * that wait for one more, until they give up.
 */
const RESERVE = 2;

/** Opens a pool; connections are made when they are needed. */
export function openDatabase(config: DatabaseConfig): Database {
  namesOn = config.namedStatements;
  const pool = openPool(config, config.poolSizeMax);
  const reserve = openPool(config, RESERVE);
  const inTransaction = new AsyncLocalStorage<true>();
  const free = () => (inTransaction.getStore() ? reserve : pool);
  return {
    query: ((...asked: unknown[]) => {
      const from = free();
      return (from.query as (...all: unknown[]) => unknown).apply(from, asked);
    }) as Database['query'],
    connect: () => free().connect(),
    async close() {
      await Promise.all([pool.end(), reserve.end()]);
    },
    transaction: async (work) =>
      transact(await free().connect(), (tx) => inTransaction.run(true, () => work(tx))),
  };
}

async function transact<T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> {
  let broken: Error | undefined;
  try {
    // Waited for: had it failed, the statements behind it would each commit by themselves.
    await tx.query('begin');
    const result = await work(tx);
    await tx.query('commit');
    return result;
  } catch (error) {
    await tx.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    tx.release(broken);
  }
}

/**
 * Our statements are look-ups by key: planning them anew for each set of values only costs. And a
 * plan that lasts may not read whole tables because they are small at the moment it is made.
 */
const PLANNED_ONCE = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off';

function openPool(config: DatabaseConfig, max: number): pg.Pool {
  const pool = new pg.Pool({
    // A statement need not wait for the answer to the one before it, when nobody does.
    pipeline: true,
    connectionString: config.url,
    max,
    connectionTimeoutMillis: WAIT_MS_MAX,
    idleTimeoutMillis: 60_000,
    statement_timeout: config.statementMsMax,
    application_name: 'zorgsluis',
    ...(config.namedStatements ? { options: PLANNED_ONCE } : {}),
  });
  // An idle connection that breaks is replaced at the next use, and what waits for an answer on
  // one that is in use fails by itself; without a listener on both it ends the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('connect', writeTogether);
  return pool;
}

interface Wire {
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
}

/** What is asked in one turn of the event loop goes out in one write. */
function writeTogether(client: pg.PoolClient): void {
  const { connection } = client as unknown as Wire;
  const query = client.query.bind(client) as (...asked: unknown[]) => unknown;
  let isCorked = false;
  client.query = ((...asked: unknown[]) => {
    if (!isCorked) {
      isCorked = true;
      connection.stream.cork();
      process.nextTick(() => {
        isCorked = false;
        connection.stream.uncork();
      });
    }
    return query(...asked);
  }) as typeof client.query;
}
