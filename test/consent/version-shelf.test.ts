/** What a decision of the past needs of a record, however large that is. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVersionShelf } from '../../src/consent/version-shelf.ts';
import type { Store } from '../../src/store/index.ts';
import { openVaultIn, putIn, resourceOf, testStore } from '../store/records.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

/** More than one fetch gives. */
const ROWS = 5_050;
const ROWS_TOGETHER = 500;

let db: TestDatabase;
let store: Store;
let vault: string;

beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
  vault = await openVaultIn(db.database, store);
  const person = { type: 'Patient', id: 'p1' };
  await putIn(db.database, store, vault, resourceOf(person), resourceOf({ ...person, text: 'x' }));
  for (let from = 0; from < ROWS; from += ROWS_TOGETHER) {
    const some = Array.from({ length: ROWS_TOGETHER }, (_none, at) =>
      resourceOf({ id: `o${from + at}` }),
    );
    await putIn(db.database, store, vault, ...some);
  }
}, 120_000);
afterAll(() => db.close());

it('gives the versions that a line names and those of the person, not an empty record', async () => {
  const shelf = createVersionShelf({ store, sql: db.database });
  const rows = await shelf(vault, ['Observation/o7@1', 'Observation/o5000@1']);
  expect(rows?.map(({ type, id, version }) => `${type}/${id}@${version}`).toSorted()).toEqual([
    'Observation/o5000@1',
    'Observation/o7@1',
    'Patient/p1@1',
    'Patient/p1@2',
  ]);
});
