/** Works that share a transaction: together when they can, and each all or nothing still. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statement, type Tx } from '../../src/platform/database.ts';
import { SharedTransactions } from '../../src/platform/shared-transaction.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const ADD = statement(
  'test_shared_add',
  'insert into shared_work (id, tx) values ($1, txid_current())',
);
const LIMITS = { togetherMax: 4, lanesMax: 1, waitingMax: 100 };

let test: TestDatabase;
let locked: string[][] = [];

beforeAll(async () => {
  test = await testDatabase();
  const owner = await import('pg').then(({ default: pg }) => new pg.Client(test.ownerUrl));
  await owner.connect();
  await owner.query('create table shared_work (id text primary key, tx bigint)');
  await owner.query('grant all on shared_work to public');
  await owner.end();
});
afterAll(() => test.close());

const open = (limits = LIMITS) =>
  new SharedTransactions(
    test.database,
    async (_tx, names) => {
      locked.push([...names]);
    },
    limits,
  );

const add = (id: string) => async (tx: Tx) => {
  await tx.query({ ...ADD, values: [id] });
  return id;
};

async function transactionsOf(...ids: string[]): Promise<Map<string, string>> {
  const { rows } = await test.database.query<{ id: string; tx: string }>(
    'select id, tx::text from shared_work where id = any($1)',
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row.tx]));
}

describe('shared transactions', () => {
  it('puts works of one turn in one transaction, after the locks of all of them', async () => {
    locked = [];
    const shared = open();
    const ids = ['a1', 'a2', 'a3'];
    const results = await Promise.all(ids.map((id) => shared.run({ names: [id], run: add(id) })));
    expect(results).toEqual(ids);
    expect(new Set((await transactionsOf(...ids)).values()).size).toBe(1);
    expect(locked).toEqual([ids]);
  });

  it('keeps two of one name apart, in the order in which they came', async () => {
    const shared = open({ ...LIMITS, lanesMax: 2 });
    const order: string[] = [];
    await Promise.all(
      ['b1', 'b2'].map((id) =>
        shared.run({
          names: ['same'],
          async run(tx) {
            await add(id)(tx);
            order.push(id);
          },
        }),
      ),
    );
    expect(new Set((await transactionsOf('b1', 'b2')).values()).size).toBe(2);
    expect(order).toEqual(['b1', 'b2']);
  });

  it('takes back what a failing work wrote, and keeps that of the others', async () => {
    const shared = open();
    const [good, bad, other] = await Promise.allSettled([
      shared.run({ names: ['c1'], run: add('c1') }),
      shared.run({
        names: ['c2'],
        async run(tx) {
          await add('c2')(tx);
          throw new Error('not after all');
        },
      }),
      shared.run({ names: ['c3'], run: add('c3') }),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled', value: 'c1' });
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: 'not after all' } });
    expect(other).toMatchObject({ status: 'fulfilled', value: 'c3' });
    expect([...(await transactionsOf('c1', 'c2', 'c3')).keys()].toSorted()).toEqual(['c1', 'c3']);
  });

  it('does the same when a statement of one fails in the database', async () => {
    const shared = open();
    await shared.run({ names: ['d1'], run: add('d1') });
    const [again, fresh] = await Promise.allSettled([
      shared.run({ names: ['x'], run: add('d1') }),
      shared.run({ names: ['d2'], run: add('d2') }),
    ]);
    expect(again).toMatchObject({ status: 'rejected', reason: { code: '23505' } });
    expect(fresh).toMatchObject({ status: 'fulfilled', value: 'd2' });
  });

  it('gives two works that turn out to be about the same a transaction each', async () => {
    const shared = open();
    await Promise.all(
      ['e1', 'e2'].map((id) =>
        shared.run({
          names: [id],
          async run(tx, claim) {
            await add(id)(tx);
            claim('one record');
          },
        }),
      ),
    );
    const found = await transactionsOf('e1', 'e2');
    expect(found.size).toBe(2);
    expect(new Set(found.values()).size).toBe(2);
  });

  it('serves hundreds at once, more than fit one transaction, one way or the other', async () => {
    const shared = open({ togetherMax: 4, lanesMax: 2, waitingMax: 20 });
    const ids = Array.from({ length: 60 }, (_, nth) => `f${nth}`);
    await Promise.all(ids.map((id) => shared.run({ names: [id], run: add(id) })));
    expect((await transactionsOf(...ids)).size).toBe(60);
  });
});
