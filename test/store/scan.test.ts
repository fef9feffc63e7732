/** A record in batches: of so many rows, or of so many bytes. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { openVaultIn, putIn, resourceOf, testStore } from './records.ts';

let db: TestDatabase;
let store: Store;
let vault: string;
const SMALL = Array.from({ length: 12 }, (_, nth) => `small-${nth}`);
const LARGE = ['large-1', 'large-2', 'large-3', 'large-4', 'large-5'];

beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
  vault = await openVaultIn(db.database, store);
  for (const id of SMALL) await putIn(db.database, store, vault, resourceOf({ id }));
  for (const id of LARGE) {
    const text = randomBytes(4_500_000).toString('base64');
    await putIn(db.database, store, vault, resourceOf({ id, text }));
  }
});
afterAll(() => db.close());

async function batches(limit: number): Promise<string[][]> {
  const epoch = await store.epoch(db.database, vault);
  const found: string[][] = [];
  let after: string | undefined;
  for (;;) {
    const { rows, isLast } = await store.scan(db.database, {
      ...{ vault, epoch, limit },
      ...(after === undefined ? {} : { after }),
    });
    found.push(rows.map(({ row }) => row.id));
    if (isLast) return found;
    expect(found.length).toBeLessThan(30);
    after = rows.at(-1)?.position;
  }
}

it.each([500, 17, 5, 1])('of at most %i rows, each row once, whatever they hold', async (limit) => {
  for (const _time of [1, 2]) {
    const found = await batches(limit);
    expect(found.flat().toSorted()).toEqual([...SMALL, ...LARGE].toSorted());
    for (const ids of found) {
      expect(ids.length).toBeLessThanOrEqual(limit);
      expect(ids.filter((id) => LARGE.includes(id)).length).toBeLessThanOrEqual(4);
    }
    if (limit >= 17) expect(found.length).toBe(2);
  }
});
