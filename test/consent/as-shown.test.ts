/** Rows of which an embargo is over stand there as of that moment, and open as often as asked. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asShown } from '../../src/consent/as-shown.ts';
import type { Store } from '../../src/store/index.ts';
import { openVaultIn, putIn, resourceOf, testStore, textOf } from '../store/records.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const WRITTEN = Date.parse('2026-05-01T10:00:00.000Z');
const ENDED = '2026-06-01T00:00:00.000Z';

let db: TestDatabase;
let store: Store;
let vault: string;
beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
  vault = await openVaultIn(db.database, store);
  const plain = resourceOf({ id: 'a' });
  const kept = { ...plain, facts: { ...plain.facts, embargoUntil: ENDED } };
  await putIn(db.database, store, vault, kept, resourceOf({ id: 'b' }));
});
afterAll(() => db.close());

it('opens a row again whose facts are known, at the time of the embargo', async () => {
  const shown = asShown(store, () => new Date('2026-07-01T00:00:00.000Z'));
  const epoch = await store.epoch(db.database, vault);
  const rowsOf = async (at: Store, types: readonly string[]) => {
    const { rows } = await at.candidates(db.database, { vault, epoch, types });
    return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  };
  await rowsOf(shown, ['Observation']);
  const [first] = await rowsOf(shown, ['Observation']);
  expect(first?.updated.toISOString()).toBe(ENDED);
  // Another question: facts are known, and what was held is let go of by many others.
  const many = Array.from({ length: 40 }, (_none, nth) =>
    resourceOf({ id: `large-${nth}`, type: 'Basic', text: 'x'.repeat(2_000_000) }),
  );
  await putIn(db.database, store, vault, ...many);
  await rowsOf(store, ['Basic']);
  const again = await rowsOf(shown, ['Observation', 'Encounter']);
  expect(again.map(textOf)).toEqual(['Glucose', 'Glucose']);
  expect(again.map((row) => row.bytes.length > 0)).toEqual([true, true]);
  expect(again[0]?.updated.toISOString()).toBe(ENDED);
  // What is held of it is the row as it lies.
  const [plain] = await rowsOf(store, ['Observation', 'Encounter']);
  expect(plain?.updated.getTime()).toBeLessThan(WRITTEN + 60_000);
});
