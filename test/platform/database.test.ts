/** A pool all of whose lines are held by transactions still answers what those ask beside them. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { Problem } from '../../src/platform/problem.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const CONNECTIONS = 2;
let db: TestDatabase;
let small: Database;

beforeAll(async () => {
  db = await testDatabase();
  small = openDatabase({
    url: db.url,
    poolSizeMax: CONNECTIONS,
    statementMsMax: 5_000,
    namedStatements: true,
  });
});
afterAll(async () => {
  await small.close();
  await db.close();
});

const one = async (sql: Pick<Database, 'query'>) =>
  (await sql.query<{ one: number }>('select 1 as one')).rows[0]?.one;

it('does not let transactions wait for each other when each asks for one line more', async () => {
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () =>
      small.transaction(async (tx) => [await one(tx), await one(small), await one(tx)]),
    ),
  );
  expect(answers).toEqual(Array.from({ length: 12 }, () => [1, 1, 1]));
  expect(performance.now() - began).toBeLessThan(10_000);
});

it('gives a transaction that is begun inside another one a line as well', async () => {
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => small.transaction(() => small.transaction((tx) => one(tx)))),
  );
  expect(answers).toEqual([1, 1, 1, 1, 1, 1]);
});

it('sees beside a transaction what is committed, and not what is still its own', async () => {
  const seen = await small.transaction(async (tx) => {
    await tx.query('create temporary table own (id integer) on commit drop');
    return (await small.query(`select to_regclass('pg_temp.own') is null as hidden`)).rows[0];
  });
  expect(seen).toEqual({ hidden: true });
});

it('opens no more lines than it may for all that is asked outside of transactions', async () => {
  const asked = Array.from({ length: 20 }, () =>
    small.query<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.02)'),
  );
  const pids = new Set((await Promise.all(asked)).map(({ rows }) => rows[0]?.pid));
  expect(pids.size).toBeLessThanOrEqual(CONNECTIONS);
});

it('plans no look-up as a read of the whole table, however small the table is just then', async () => {
  const plan = await small.transaction(async (tx) => {
    await tx.query('create temporary table few (id integer primary key) on commit drop');
    await tx.query('insert into few select generate_series(1, 3)');
    await tx.query('analyze few');
    const { rows } = await tx.query<{ 'QUERY PLAN': string }>(
      'explain (generic_plan, costs off) select id from few where id = $1 limit 1',
    );
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
  expect(plan).toMatch(/Index/);
  expect(plan).not.toMatch(/Seq Scan/);
});

describe('a line that breaks while a transaction has it', () => {
  /** Passes everything on, until it breaks all lines at once. */
  async function breakable(): Promise<{ database: Database; breakAll(): void; close(): void }> {
    const url = new URL(db.url);
    const port = Number(url.port);
    const lines = new Set<Socket>();
    const proxy = createServer((line) => {
      const server = connect(port, '127.0.0.1');
      line.pipe(server).pipe(line);
      for (const end of [line, server]) end.on('error', () => undefined);
      lines.add(line);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    url.hostname = '127.0.0.1';
    url.port = String((proxy.address() as AddressInfo).port);
    const more = { poolSizeMax: 2, statementMsMax: 5_000, namedStatements: true };
    return {
      database: openDatabase({ url: url.href, ...more }),
      breakAll: () => {
        for (const line of lines) line.resetAndDestroy();
        lines.clear();
      },
      close: () => proxy.close(),
    };
  }

  it.each(['between its statements', 'in a statement'])(
    '%s fails it, and nothing else',
    async (when) => {
      const { database, breakAll, close } = await breakable();
      const failed = database.transaction(async (tx) => {
        await one(tx);
        setTimeout(breakAll, 20);
        if (when === 'in a statement') await tx.query('select pg_sleep(1)');
        else await new Promise((resolve) => setTimeout(resolve, 100));
        return one(tx);
      });
      const error = await failed.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      // The whole store is out of reach for a moment: asked again, not a mistake of anybody.
      expect(Problem.from(error).kind).toBe('busy');
      expect(await one(database)).toBe(1);
      await database.close();
      close();
    },
  );
});
