/** Rows that are there and that an index does not lead to, while it looks sound. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { unfoundRows } from '../../src/audit/index-rows.ts';
import { searchEvent, type TestLedger, testLedger } from './ledgers.ts';

let made: TestLedger;
beforeAll(async () => {
  made = await testLedger();
  await made.ledger.record(Array.from({ length: 20 }, () => searchEvent()));
});
afterAll(() => made.close());

const deaf = (index: string, isDeaf: boolean) =>
  made.tamper(
    `update pg_index set indisready = ${!isDeaf} where indexrelid = '${index}'::regclass`,
  );

it('finds nothing where every index leads to all', async () => {
  expect(await unfoundRows(made.db.database)).toEqual([]);
});

it.each([
  ['registry_told', `insert into registry_told (digest, content) values ('d', 'c')`],
  ['ledger_hold', 'insert into ledger_hold values (gen_random_uuid(), 1, now())'],
])(
  'names the key of %s after it was deaf for a while, though it hears again',
  async (table, put) => {
    const index = `${table}_pkey`;
    await deaf(index, true);
    await made.tamper(put);
    await deaf(index, false);
    expect(await unfoundRows(made.db.database)).toEqual([
      `The index ${index} leads to 0 of 1 rows of ${table}.`,
    ]);
    await made.tamper(`reindex table ${table}`);
    expect(await unfoundRows(made.db.database)).toEqual([]);
  },
);
