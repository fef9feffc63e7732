/** The length of a history counts what may be seen: what is withheld cannot close it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allVersions } from '../../src/consent/all-versions.ts';
import type { Grant } from '../../src/permission/index.ts';
import type { Store } from '../../src/store/index.ts';
import { openVaultIn, putIn, resourceOf, testStore, tombstoneOf } from '../store/records.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const MANY = 5_020;
const OPEN = 250;

let db: TestDatabase;
let store: Store;
let vault: string;
beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
  vault = await openVaultIn(db.database, store);
  const rows = Array.from({ length: MANY }, (_, nth) =>
    resourceOf({ id: `o${nth}`, labels: [nth < OPEN ? 'N' : 'PSY'] }),
  );
  await putIn(db.database, store, vault, ...rows);
  const again = (nth: number, label: string) =>
    resourceOf({ id: `o${nth}`, labels: [label], text: 'later' });
  await putIn(db.database, store, vault, again(0, 'N'), again(1, 'PSY'), again(OPEN, 'N'));
  await putIn(db.database, store, vault, tombstoneOf({ id: 'o2', labels: ['N'] }));
}, 60_000);
afterAll(() => db.close());

const said = { basis: [], reason: '', route: 'none', obligations: [] } as const;

/** Sees what carries one of these labels. */
async function versionsFor(...labels: string[]) {
  const epoch = await store.epoch(db.database, vault);
  const grant: Grant = {
    ...{ epoch, engine: 'test', at: new Date(0), context: '', inputsHash: '', narrowing: {} },
    anything: true,
    covers: (facts) => ({ ...said, permit: facts.labels.some((one) => labels.includes(one)) }),
  };
  return allVersions({ store, database: db.database }, grant, {
    vault,
    epoch,
    types: ['Observation'],
  });
}

describe('the versions of a large record', () => {
  it('are those of what may be seen, however much may not', async () => {
    const found = await versionsFor('N');
    if (found === 'moved') throw new Error('nobody moved it');
    const open = found.rows.filter(({ facts }) => facts.labels.includes('N'));
    const of = (id: string) =>
      open.filter((row) => row.id === id).map(({ version, deleted }) => `${version} ${deleted}`);
    expect(of('o0')).toEqual(['2 false', '1 false']);
    // Older versions leave only with the current one; and of the closed one that is open now, one.
    expect(of('o1')).toEqual([]);
    expect(of('o2')).toEqual(['2 true', '1 false']);
    expect(of(`o${OPEN}`)).toEqual(['2 false']);
    expect(new Set(open.map(({ id }) => id)).size).toBe(OPEN);
    // Each of the rest is told once, for the ledger.
    const closed = new Set(found.rows.filter((row) => !open.includes(row)).map(({ id }) => id));
    expect(closed.size).toBe(MANY - OPEN + 1);
    expect(found.mark).toBeDefined();
  });

  it('are too many when so many may be seen', async () => {
    await expect(versionsFor('N', 'PSY')).rejects.toMatchObject({ kind: 'too-costly' });
  });
});
