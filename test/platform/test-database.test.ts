import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

describe('the database of a test', () => {
  let one: TestDatabase;
  let other: TestDatabase;
  beforeAll(async () => {
    [one, other] = await Promise.all([testDatabase(), testDatabase()]);
  });
  afterAll(async () => {
    await Promise.all([one.close(), other.close()]);
  });

  it('is ordered by code point, and another one for each caller', async () => {
    const ask = 'select current_database() as name, $1::text < $2::text as codepoint';
    const first = await one.database.query(ask, ['Z', 'a']);
    const second = await other.database.query(ask, ['Z', 'a']);
    expect(first.rows[0].codepoint).toBe(true);
    expect(first.rows[0].name).not.toBe(second.rows[0].name);
  });

  it('is entered with the role of the gateway, which can create nothing', async () => {
    const { rows } = await one.database.query('select current_user as name');
    expect(rows[0].name).toBe('zorgsluis_app');
    await expect(one.database.query('create table mine (id integer)')).rejects.toThrow(
      /permission/,
    );
    await expect(one.database.query('create role me')).rejects.toThrow(/permission/);
  });
});
