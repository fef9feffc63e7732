/**
 * A connection plans a statement once, which may be while the tables are still empty: such a plan
 * must look rows up by their key, or it reads a whole record, or all places, from then on.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tx } from '../../src/platform/database.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { openVaultIn, resourceOf, testStore } from './records.ts';

let db: TestDatabase;
let owner: pg.Client;
beforeAll(async () => {
  db = await testDatabase();
  owner = new pg.Client({ connectionString: db.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await db.close();
});

describe('a plan made on empty tables', () => {
  it('looks up each row that is written, and each place', async () => {
    const store = testStore();
    const vault = await openVaultIn(db.database, store);
    const texts: string[] = [];
    await db.database.transaction((tx) => {
      const query = (asked: { text: string }, ...rest: unknown[]) => {
        texts.push(asked.text);
        return (tx.query as (...all: unknown[]) => unknown)(asked, ...rest);
      };
      const listening = { ...tx, query } as unknown as Tx;
      return store.putMany(listening, vault, [resourceOf({ id: 'planned' })]);
    });
    const write = texts.find((text) => text.includes('resource_place'));
    const { rows } = await owner.query(`explain (generic_plan) ${write}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index (Only )?Scan using resource_place_pkey/);
    expect(plan).toMatch(/Index Cond: \(\(vault = \$1\) AND \(type = .* AND \(place = /);
    expect(plan).not.toMatch(/(Seq|Bitmap Heap) Scan on resource/);
  });
});
