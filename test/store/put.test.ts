import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store, StoredResource } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import {
  HOSPITAL,
  openVaultIn,
  PRACTICE,
  putIn,
  resourceOf,
  testStore,
  textOf,
  tombstoneOf,
} from './records.ts';

let db: TestDatabase;
let store: Store;
let vault: string;
const put = (...writes: Parameters<typeof putIn>[3][]) =>
  putIn(db.database, store, vault, ...writes);

async function current(id = 'o1', custodian = HOSPITAL): Promise<StoredResource | undefined> {
  const epoch = await store.epoch(db.database, vault);
  const ids = [{ type: 'Observation', id, custodian }];
  return (await store.candidates(db.database, { vault, epoch, ids, deletedToo: true })).rows[0];
}

const versions = async (id = 'o1') =>
  (await store.history(db.database, { vault, type: 'Observation', id })).map(textOf);

beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
});
afterAll(() => db.close());

describe('put', () => {
  beforeAll(async () => {
    vault = await openVaultIn(db.database, store);
  });

  it('gives back what was written, byte for byte, with what is known of it', async () => {
    const write = { ...resourceOf({ id: 'all' }), r4: Buffer.from('{"r4":1}'), native: 'STU3' };
    const originalId = '0a0f3a52-6f0c-4b55-9a94-0d2f8c0f1a09';
    const full = { ...write, native: 'STU3' as const, originalId, sourceTime: '2026-04-11' };
    const [result] = await put(full);
    expect(result).toMatchObject({ version: 1, created: true, outcome: 'stored' });
    const { tokens: _tokens, months: _months, ...kept } = full;
    const updated = result?.updated;
    const { kept: _kept, ...stored } = (await current('all')) ?? {};
    expect(stored).toEqual({ ...kept, vault, version: 1, updated, deleted: false });
  });

  it('makes a next version of what changed and keeps the one before', async () => {
    await put(resourceOf({ text: 'eerst' }));
    const [second] = await put(resourceOf({ text: 'daarna' }));
    expect(second).toMatchObject({ version: 2, created: false, outcome: 'stored' });
    expect(textOf(await current())).toBe('daarna');
    expect(await versions()).toEqual(['daarna', 'eerst']);
  });

  it('gives no version an earlier time than the one it replaces, whatever the clock says', async () => {
    const [first] = await put(resourceOf({ id: 'clock', text: 'eerst' }));
    const early = new Date('2001-01-01T00:00:00Z');
    const [second, fresh] = await putIn(
      db.database,
      testStore(() => early),
      vault,
      resourceOf({ id: 'clock', text: 'daarna' }),
      resourceOf({ id: 'clock-fresh' }),
    );
    expect([second?.version, second?.updated]).toEqual([2, first?.updated]);
    expect((await current('clock'))?.updated).toEqual(first?.updated);
    expect([fresh?.version, fresh?.updated]).toEqual([1, early]);
    expect(await versions('clock')).toEqual(['daarna', 'eerst']);
  });

  it('writes nothing for what is the same', async () => {
    const [again] = await put(resourceOf({ text: 'daarna' }));
    expect(again).toMatchObject({ version: 2, created: false, outcome: 'unchanged' });
    expect(await versions()).toHaveLength(2);
  });

  it('does write when only a label changed', async () => {
    const [again] = await put(resourceOf({ text: 'daarna', labels: ['R'] }));
    expect(again).toMatchObject({ version: 3, outcome: 'stored' });
    expect((await current())?.facts.labels).toEqual(['R']);
  });

  it('makes a tombstone of a deletion, and a creation of what follows', async () => {
    await put(resourceOf({ id: 'gone' }));
    expect((await put(tombstoneOf({ id: 'gone' })))[0]).toMatchObject({ version: 2 });
    expect((await current('gone'))?.deleted).toBe(true);
    const [back] = await put(resourceOf({ id: 'gone' }));
    expect(back).toMatchObject({ version: 3, created: true, outcome: 'stored' });
  });

  it('takes several hundred at once, also one of them twice, in the order given', async () => {
    const many = Array.from({ length: 620 }, (_, n) => resourceOf({ id: `m${n}`, text: `t${n}` }));
    const results = await put(
      ...many,
      resourceOf({ id: 'm3', text: 'nog eens' }),
      ...many.slice(9),
    );
    expect(results).toHaveLength(many.length * 2 - 8);
    expect(results[3]).toMatchObject({ version: 1, outcome: 'stored' });
    expect(results[620]).toMatchObject({ version: 2, outcome: 'stored' });
    expect(results.slice(621).every((one) => one.outcome === 'unchanged')).toBe(true);
    expect(textOf(await current('m3'))).toBe('nog eens');
  });

  it('leaves nothing when the transaction of the caller fails', async () => {
    const failing = db.database.transaction(async (tx) => {
      await store.put(tx, vault, resourceOf({ id: 'rolled-back' }));
      throw new Error('caller');
    });
    await expect(failing).rejects.toThrow('caller');
    expect(await current('rolled-back')).toBeUndefined();
    const where = { type: 'Observation', id: 'rolled-back' };
    expect(await store.place(db.database, where)).toBeUndefined();
  });
});

/** FHIR R4 http.html#concurrency */
describe('put with the version it replaces', () => {
  beforeAll(async () => {
    vault = await openVaultIn(db.database, store);
    await put(resourceOf({ text: 'een' }));
  });

  const putIf = (ifVersion: number, text: string, id = 'o1') =>
    db.database.transaction((tx) => store.put(tx, vault, resourceOf({ id, text }), { ifVersion }));

  it('writes when it is the current one', async () => {
    expect(await putIf(1, 'twee')).toMatchObject({ version: 2, outcome: 'stored' });
  });

  it.each([1, 3, 0])('refuses version %i when the current one is 2', async (ifVersion) => {
    await expect(putIf(ifVersion, 'drie')).rejects.toMatchObject({ kind: 'precondition' });
    expect(textOf(await current())).toBe('twee');
  });

  it('refuses any version of what is not there, and 0 creates it', async () => {
    await expect(putIf(1, 'nieuw', 'o2')).rejects.toMatchObject({ kind: 'precondition' });
    expect(await current('o2')).toBeUndefined();
    expect(await putIf(0, 'nieuw', 'o2')).toMatchObject({ version: 1, created: true });
  });

  it('replaces a newer time of the source: who names the version knows what is replaced', async () => {
    await put(resourceOf({ id: 'o3', sourceTime: '2026-04-02' }));
    const write = resourceOf({ id: 'o3', text: 'hersteld', sourceTime: '2026-04-01' });
    const result = await db.database.transaction((tx) =>
      store.put(tx, vault, write, { ifVersion: 1 }),
    );
    expect(result).toMatchObject({ version: 2, outcome: 'stored' });
  });
});

/** Deliver v3, v1, v2: current is v3, history 1-2-3. */
describe('put by the time of the source', () => {
  const at = (day: number) => resourceOf({ text: `v${day}`, sourceTime: `2026-04-0${day}T08:00Z` });

  beforeAll(async () => {
    vault = await openVaultIn(db.database, store);
  });

  it('never lets an older version overwrite a newer one', async () => {
    expect((await put(at(3)))[0]).toMatchObject({ version: 1, outcome: 'stored' });
    expect((await put(at(1)))[0]).toMatchObject({ version: 2, outcome: 'older' });
    expect((await put(at(2)))[0]).toMatchObject({ version: 3, outcome: 'older' });
    expect(textOf(await current())).toBe('v3');
    expect(await versions()).toEqual(['v3', 'v2', 'v1']);
  });

  it('keeps the same late version once', async () => {
    expect((await put(at(1)))[0]).toMatchObject({ version: 2, outcome: 'unchanged' });
    expect(await versions()).toHaveLength(3);
  });

  it('goes on counting after late versions', async () => {
    expect((await put(at(4)))[0]).toMatchObject({ version: 4, outcome: 'stored' });
    expect(await versions()).toEqual(['v4', 'v3', 'v2', 'v1']);
  });

  it('remembers that the source confirmed what is stored', async () => {
    const confirmed = { ...at(4), sourceTime: '2026-04-08T08:00Z' };
    expect((await put(confirmed))[0]).toMatchObject({ version: 4, outcome: 'unchanged' });
    expect((await put(at(6)))[0]).toMatchObject({ outcome: 'older' });
    expect(textOf(await current())).toBe('v4');
  });

  it('does not let a late deletion take away what came after it', async () => {
    const late = { ...tombstoneOf(), sourceTime: '2026-04-05T08:00Z' };
    expect((await put(late))[0]).toMatchObject({ outcome: 'older' });
    expect((await current())?.deleted).toBe(false);
  });
});

describe('put by many at once', () => {
  beforeAll(async () => {
    vault = await openVaultIn(db.database, store);
  });

  it('makes one row of twenty first writes of the same id', async () => {
    const writes = Array.from({ length: 20 }, (_, n) => put(resourceOf({ text: `w${n}` })));
    const results = (await Promise.all(writes)).map(([result]) => result?.version ?? 0);
    expect(results.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(new Set(await versions()).size).toBe(20);
  });

  it('makes one version of twenty times the same', async () => {
    const writes = Array.from({ length: 20 }, () => put(resourceOf({ id: 'same' })));
    const outcomes = (await Promise.all(writes)).map(([result]) => result?.outcome);
    expect(outcomes.filter((one) => one === 'stored')).toHaveLength(1);
    expect(outcomes.filter((one) => one === 'unchanged')).toHaveLength(19);
  });

  it('lets one of twenty replace the version they all name', async () => {
    await put(resourceOf({ id: 'cas' }));
    const tries = Array.from({ length: 20 }, (_, n) =>
      db.database.transaction((tx) =>
        store.put(tx, vault, resourceOf({ id: 'cas', text: `c${n}` }), { ifVersion: 1 }),
      ),
    );
    const settled = await Promise.allSettled(tries);
    expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    const kinds = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.kind] : []));
    expect(new Set(kinds)).toEqual(new Set(['precondition']));
  });

  it('does not lock up when batches come in opposite order', async () => {
    const batch = (n: number) =>
      Array.from({ length: 40 }, (_, m) => resourceOf({ id: `b${m}`, text: `n${n}` }));
    const runs = Array.from({ length: 10 }, (_, n) =>
      put(...(n % 2 ? batch(n) : batch(n).toReversed())),
    );
    const settled = await Promise.allSettled(runs);
    expect(settled.filter((one) => one.status === 'rejected')).toEqual([]);
    expect(await versions('b7')).toHaveLength(10);
  });

  it('does not lock up when several writes of one transaction cross those of another', async () => {
    const ids = ['x', 'y', 'z'];
    const runs = Array.from({ length: 12 }, (_, n) =>
      db.database.transaction(async (tx) => {
        for (const id of n % 2 ? ids : ids.toReversed()) {
          const fresh = resourceOf({ id: `${id}-${n}` });
          await store.putMany(tx, vault, [fresh, resourceOf({ id, text: `t${n}` })]);
        }
      }),
    );
    const settled = await Promise.allSettled(runs);
    expect(settled.filter((one) => one.status === 'rejected')).toEqual([]);
    expect(await versions('y')).toHaveLength(12);
  });
});

/**
 * D3: ids are namespaced by custodian; a PUT onto an id in another vault is as for an id never
 * used.
 */
describe('place', () => {
  let other: string;
  const where = { type: 'Observation', id: 'shared' };

  beforeAll(async () => {
    vault = await openVaultIn(db.database, store);
    other = await openVaultIn(db.database, store);
  });

  it('leads from a bare id to the vault of the first custodian who used it', async () => {
    expect(await store.place(db.database, where)).toBeUndefined();
    await put(resourceOf({ id: 'shared', custodian: PRACTICE }));
    const practice = { vault, custodian: PRACTICE };
    expect(await store.place(db.database, where)).toEqual(practice);
    expect(await store.place(db.database, { ...where, custodian: PRACTICE })).toEqual(practice);
    expect(await store.place(db.database, { ...where, custodian: HOSPITAL })).toBeUndefined();
    expect(await store.place(db.database, { ...where, type: 'Condition' })).toBeUndefined();
  });

  it('answers a second custodian in another vault as for an id never used', async () => {
    const [result] = await putIn(db.database, store, other, resourceOf({ id: 'shared' }));
    expect(result).toMatchObject({ version: 1, created: true, outcome: 'stored' });
    const hospital = { vault: other, custodian: HOSPITAL };
    expect(await store.place(db.database, { ...where, custodian: HOSPITAL })).toEqual(hospital);
    expect((await store.place(db.database, where))?.custodian).toBe(PRACTICE);
  });

  it('follows a custodian who moves an id to another vault', async () => {
    const write = resourceOf({ id: 'shared', custodian: PRACTICE });
    const [result] = await putIn(db.database, store, other, write);
    expect(result).toMatchObject({ version: 1, created: true });
    const found = await store.place(db.database, { ...where, custodian: PRACTICE });
    expect(found?.vault).toBe(other);
  });

  it('keeps two custodians with one id apart within a vault', async () => {
    expect((await current('shared', PRACTICE))?.custodian).toBe(PRACTICE);
    expect(await current('shared', HOSPITAL)).toBeUndefined();
    const epoch = await store.epoch(db.database, other);
    const query = { vault: other, epoch, ids: [where] };
    expect((await store.candidates(db.database, query)).rows).toHaveLength(2);
  });
});
