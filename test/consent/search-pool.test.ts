/** The number of candidates counts what may be seen: what is withheld cannot close a search. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSearch, R4 } from '../../src/conformance/index.ts';
import { madeProvenances } from '../../src/consent/provenance/made-provenance.ts';
import { createPool, SEARCH_LIMITS } from '../../src/consent/search-pool.ts';
import type { Grant } from '../../src/permission/index.ts';
import type { Store } from '../../src/store/index.ts';
import { openVaultIn, putIn, resourceOf, testStore } from '../store/records.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const MANY = SEARCH_LIMITS.candidatesMax + 20;
const query = parseSearch(R4, 'Observation', [['code', 'x']], { strict: true });

let db: TestDatabase;
let store: Store;
let vault: string;
beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
  vault = await openVaultIn(db.database, store);
  const rows = Array.from({ length: MANY }, (_, nth) =>
    resourceOf({ id: `o${nth}`, labels: [nth < 30 ? 'N' : 'PSY'] }),
  );
  await putIn(db.database, store, vault, ...rows);
}, 60_000);
afterAll(() => db.close());

const said = { basis: [], reason: '', route: 'none', obligations: [] } as const;

/** Sees what carries one of these labels. */
async function grantFor(...labels: string[]): Promise<Grant> {
  return {
    epoch: await store.epoch(db.database, vault),
    engine: 'test',
    at: new Date(0),
    context: '',
    inputsHash: '',
    narrowing: {},
    anything: true,
    covers: (facts) => ({ ...said, permit: facts.labels.some((one) => labels.includes(one)) }),
  };
}

async function poolFor(...labels: string[]) {
  return createPool(store, db.database, vault, await grantFor(...labels), query);
}

describe('a search in a large record', () => {
  it('finds the few that may be seen among more than it looks at otherwise', async () => {
    const pool = await poolFor('N');
    const found = await pool.fetch({ types: ['Observation'], tokens: [] });
    expect(found).toHaveLength(30);
    expect(pool.withheld()).toHaveLength(MANY - 30);
  });

  it('is too costly when so many may be seen', async () => {
    const pool = await poolFor('N', 'PSY');
    await expect(pool.fetch({ types: ['Observation'], tokens: [] })).rejects.toMatchObject({
      kind: 'too-costly',
    });
  });

  it('does not tell by its provenance that there is more than may be seen', async () => {
    const parts = { store, database: db.database };
    const asked = new Set([randomUUID()]);
    expect(await madeProvenances(parts, vault, await grantFor('N'), asked)).toEqual([]);
  });

  it('decides again when the choices change between two pages', async () => {
    const pool = await poolFor('N');
    await db.database.transaction((tx) => store.bumpEpoch(tx, vault));
    expect(await pool.fetch({ types: ['Observation'], tokens: [] })).toBe('moved');
  });
});
