/** Codes that no table knows are counted together, and no count is lost when the gateway stops. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newKeyring, openKeyring } from '../../src/identity/index.ts';
import { createCodeGaps } from '../../src/ingest/code-gaps.ts';
import { createStore } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

it('are written at once when the gateway stops, and add up to what was written before', async () => {
  const keyring = openKeyring(newKeyring({ demo: true, name: 'test.example/audit' }));
  const clock = () => new Date('2026-03-10T10:00:00Z');
  const store = createStore({ keyring, clock });
  const code = { element: 'Observation.code', system: 'urn:local', code: 'X1', display: 'X' };
  const total = async () => {
    const { rows } = await db.database.query<{ seen: number }>('select seen from unknown_code');
    return rows.map(({ seen }) => Number(seen));
  };
  const gateway = () => createCodeGaps(db.database, store, keyring);
  const first = gateway();
  first.count('sender', [code, code], clock());
  expect(await total()).toEqual([]);
  await first.flush();
  expect(await total()).toEqual([2]);
  const second = gateway();
  second.count('sender', [code], clock());
  await second.flush();
  await second.flush();
  expect(await total()).toEqual([3]);
  expect(await second.of(db.database, 'sender', 10)).toMatchObject([{ code: 'X1', seen: 3 }]);
});
