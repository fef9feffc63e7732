import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

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

/** First column of the primary key: what the table is distributed by. */
const DISTRIBUTED_BY: Record<string, string> = {
  vault: 'id',
  resource: 'vault',
  resource_history: 'vault',
  // Looked up by hash before anybody knows the vault, and never joined with the tables above.
  vault_lookup: 'hash',
  resource_place: 'place',
  // Kept before anybody knows whose they are.
  original: 'id',
  original_chunk: 'original',
};

/** D3: the patient is the first key, and nothing crosses patients, so that it fits Citus. */
describe('the tables of the store', () => {
  it.each(Object.entries(DISTRIBUTED_BY))('%s is distributed by %s', async (table, column) => {
    const { rows } = await owner.query<{ column: string }>(
      `select a.attname as column from pg_index i
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        where i.indrelid = $1::regclass and i.indisunique`,
      [table],
    );
    expect(rows).toEqual([{ column }]);
  });

  it('have no foreign key', async () => {
    const { rows } = await owner.query(
      `select conname from pg_constraint
        where contype = 'f' and conrelid = any($1::text[]::regclass[])`,
      [Object.keys(DISTRIBUTED_BY)],
    );
    expect(rows).toEqual([]);
  });

  it('can be changed by the gateway only as far as it has to', async () => {
    const { rows } = await owner.query<{ table: string; rights: string }>(
      `select table_name as table, string_agg(lower(privilege_type), ' ' order by privilege_type)
              as rights
         from information_schema.role_table_grants
        where grantee = 'zorgsluis_app' and table_name = any($1::text[]) group by 1`,
      [Object.keys(DISTRIBUTED_BY)],
    );
    expect(Object.fromEntries(rows.map(({ table, rights }) => [table, rights]))).toEqual({
      vault: 'insert select update',
      vault_lookup: 'delete insert select',
      resource: 'delete insert select update',
      resource_place: 'delete insert select update',
      resource_history: 'delete insert select',
      original: 'delete insert select update',
      original_chunk: 'delete insert select',
    });
  });
});
