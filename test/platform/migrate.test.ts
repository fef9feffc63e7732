/** Migrations go forward only, and a gateway starts only on the schema that it was made for. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkMigrations,
  type Migration,
  migrate,
  readMigrations,
} from '../../src/platform/migrate.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let db: TestDatabase;
const migrations = readMigrations(join(import.meta.dirname, '../../src'));

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const known = (number: number, sha256 = 'x'): Migration => ({
  number,
  name: 'made-up',
  sql: 'select 1',
  sha256,
});

describe('the schema at start', () => {
  it('is the one of this program', async () => {
    await expect(checkMigrations(db.database, migrations)).resolves.toBeUndefined();
  });

  it.each([9_999, 12, 1])('may not lack migration %i', async (number) => {
    const more = [...migrations.filter((one) => one.number !== number), known(number)];
    const missing = migrations.some((one) => one.number === number) ? /changed/ : /misses/;
    await expect(checkMigrations(db.database, more)).rejects.toThrow(missing);
  });

  it('may not hold a migration that this program does not know, whatever its number', async () => {
    for (const dropped of [migrations.at(-1), migrations[1]]) {
      const fewer = migrations.filter((one) => one !== dropped);
      await expect(checkMigrations(db.database, fewer)).rejects.toThrow(/newer version/);
    }
  });

  it('may not differ from what was applied', async () => {
    const [first, ...rest] = migrations;
    const changed = [{ ...(first as Migration), sha256: 'other' }, ...rest];
    await expect(checkMigrations(db.database, changed)).rejects.toThrow(/was changed/);
    await expect(migrate(db.ownerUrl, changed)).rejects.toThrow(/was changed/);
  });

  it('is brought up to date once, also by two at the same time', async () => {
    const more = [...migrations, { ...known(9_998), sql: 'create table made_up (id int)' }];
    const both = await Promise.all([migrate(db.ownerUrl, more), migrate(db.ownerUrl, more)]);
    expect(both.flat()).toEqual([9_998]);
  });
});
