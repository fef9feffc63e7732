/** A check of a store that is in use: what is written or given a new key meanwhile is no fault. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStore, type Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { keyring, openVaultIn, putIn, resourceOf, steppingClock, tokensOf } from './records.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const indexTokens = () => ({ tokens: tokensOf('2345-7'), months: ['2026-04'] });
const isBusy = (error: unknown) => (error as { kind?: string }).kind === 'busy';

/** @returns how often it was changed */
async function change(store: Store, vault: string, isOver: () => boolean): Promise<number> {
  let round = 0;
  for (; !isOver(); round += 1) {
    try {
      const ids = ['p', 'q', 'r', 's'].map((id) => resourceOf({ id, text: `${round}` }));
      await putIn(db.database, store, vault, ...ids);
      if (round % 3 === 2) {
        await db.database.transaction((tx) => store.rekey(tx, vault, indexTokens));
      }
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
  }
  return round;
}

it('finds no fault in what is written, or gets a new key, while it looks', async () => {
  const clock = steppingClock();
  const [checking, writing] = [createStore({ keyring, clock }), createStore({ keyring, clock })];
  const vaults = await Promise.all([1, 2].map(() => openVaultIn(db.database, writing)));
  let isOver = false;
  const changes = vaults.map((vault) => change(writing, vault, () => isOver));
  let checks = 0;
  for (const until = performance.now() + 3_000; performance.now() < until || checks < 2; ) {
    const report = await checking.check(db.database, { indexTokens }).catch((error: unknown) => {
      if (!isBusy(error)) throw error;
      return { findings: [] };
    });
    expect(report.findings).toEqual([]);
    checks += 1;
  }
  isOver = true;
  expect(Math.min(...(await Promise.all(changes)))).toBeGreaterThan(1);
  const { findings, olderVersions } = await checking.check(db.database, { indexTokens });
  expect(findings).toEqual([]);
  expect(olderVersions).toBeGreaterThan(4);
});
