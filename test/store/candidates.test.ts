import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sql } from '../../src/platform/database.ts';
import {
  authorToken,
  type CandidateQuery,
  categoryToken,
  FETCH_LIMITS,
  labelToken,
  type Store,
} from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import {
  HOSPITAL,
  openVaultIn,
  PRACTICE,
  putIn,
  resourceOf,
  testStore,
  tombstoneOf,
} from './records.ts';

let db: TestDatabase;
let store: Store;
let vault: string;

async function fetch(query: Partial<CandidateQuery> = {}) {
  const epoch = await store.epoch(db.database, vault);
  return store.candidates(db.database, { vault, epoch, ...query });
}

const ids = async (query: Partial<CandidateQuery>) =>
  (await fetch(query)).rows.map((row) => row.id).toSorted();

beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
  vault = await openVaultIn(db.database, store);
  await putIn(
    db.database,
    store,
    vault,
    resourceOf({ id: 'a', code: '1', months: ['2026-03'] }),
    resourceOf({ id: 'b', code: '2', months: ['2026-04', '2026-05'], custodian: PRACTICE }),
    resourceOf({ id: 'c', code: '2', months: ['2026-06'], labels: ['R', 'PSY'] }),
    resourceOf({ id: 'd', type: 'Condition', code: '1' }),
    resourceOf({ id: 'e', code: '1' }),
  );
  await putIn(db.database, store, vault, tombstoneOf({ id: 'e' }));
});
afterAll(() => db.close());

/** D3: SQL narrows, code decides. */
describe('candidates', () => {
  it('narrow by nothing to the whole vault, without what was deleted', async () => {
    expect(await ids({})).toEqual(['a', 'b', 'c', 'd']);
    expect(await ids({ deletedToo: true })).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('narrow by type, custodian and id', async () => {
    expect(await ids({ types: ['Condition', 'Patient'] })).toEqual(['d']);
    expect(await ids({ types: [] })).toEqual([]);
    expect(await ids({ custodians: [PRACTICE] })).toEqual(['b']);
    expect(await ids({ notCustodians: [PRACTICE] })).toEqual(['a', 'c', 'd']);
    expect(await ids({ notCustodians: [] })).toEqual(['a', 'b', 'c', 'd']);
    const b = { type: 'Observation', id: 'b' };
    expect(await ids({ ids: [b, { type: 'Observation', id: 'd' }] })).toEqual(['b']);
    expect(await ids({ ids: [{ ...b, custodian: HOSPITAL }] })).toEqual([]);
    expect(
      await ids({
        ids: [
          { ...b, custodian: PRACTICE },
          { ...b, id: 'a' },
        ],
      }),
    ).toEqual(['a', 'b']);
  });

  it('narrow by tokens: any of a group, and all groups', async () => {
    expect(await ids({ tokens: [['code||2', 'code||9']] })).toEqual(['b', 'c']);
    expect(await ids({ tokens: [['code||1', 'code||2'], ['status||final']] })).toHaveLength(4);
    expect(await ids({ tokens: [['code||1'], ['code||2']] })).toEqual([]);
    expect(await ids({ tokens: [[]] })).toEqual([]);
  });

  it('narrow by month, label, category and author, whose hashes are keyed alike', async () => {
    expect(await ids({ months: [['2026-05', '2026-06']] })).toEqual(['b', 'c']);
    expect(await ids({ months: [['2026-04'], ['2026-05']] })).toEqual(['b']);
    expect(await ids({ tokens: [[labelToken('PSY')]] })).toEqual(['c']);
    expect(
      await ids({ tokens: [[categoryToken('none')], [authorToken('Practitioner/p1')]] }),
    ).toEqual(['a', 'b', 'c', 'd']);
  });

  it('stay right with more groups than SQL looks at: the rest is decided later', async () => {
    const groups = Array.from({ length: FETCH_LIMITS.tokenGroupsMax + 3 }, () => ['code||2']);
    expect(await ids({ tokens: groups })).toEqual(['b', 'c']);
  });

  it('narrow by the time of storing', async () => {
    const [first] = (await fetch({ ids: [{ type: 'Observation', id: 'e' }], deletedToo: true }))
      .rows;
    expect(first).toBeDefined();
    const updatedFrom = first?.updated ?? new Date(0);
    expect(await ids({ updatedFrom, deletedToo: true })).toEqual(['e']);
  });

  it('say so when there are more than the limit, and open none', async () => {
    expect(await fetch({ limit: 3 })).toEqual({ rows: [], epochMoved: false, tooMany: true });
    expect((await fetch({ limit: 4 })).rows).toHaveLength(4);
  });

  it('come in pages when asked for so, each row once', async () => {
    const all = (await fetch({})).rows.map(({ type, id }) => `${type}/${id}`);
    const paged: string[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await fetch({ limit: 3, after });
      expect(page.rows.length).toBeLessThanOrEqual(3);
      paged.push(...page.rows.map(({ type, id }) => `${type}/${id}`));
      after = page.next;
    }
    expect(paged.toSorted()).toEqual(all.toSorted());
    expect(await fetch({ types: ['Nothing'], after: '' })).toEqual({
      rows: [],
      epochMoved: false,
      tooMany: false,
    });
  });

  it('are none for a vault that nobody has', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    const query = { vault: nobody, epoch: 0, tokens: [['code||1']] };
    const none = { rows: [], epochMoved: false, tooMany: false };
    expect(await store.candidates(db.database, query)).toEqual(none);
    expect(await store.epoch(db.database, nobody)).toBe(0);
  });
});

/** D6: the fetch returns nothing if the consent epoch moved. */
describe('the consent epoch', () => {
  it('stops a fetch that was decided before it moved', async () => {
    const epoch = await store.epoch(db.database, vault);
    const moved = await db.database.transaction((tx) => store.bumpEpoch(tx, vault));
    expect(moved).toBe(epoch + 1);
    const query = { vault, epoch };
    const nothing = { rows: [], epochMoved: true, tooMany: false };
    expect(await store.candidates(db.database, query)).toEqual(nothing);
    expect(await store.candidates(db.database, { ...query, types: ['Patient'] })).toEqual(nothing);
    expect((await store.candidates(db.database, { vault, epoch: moved })).rows).toHaveLength(4);
  });

  it('stops it in the database itself: no sealed row leaves it', async () => {
    const found: Record<string, unknown>[] = [];
    const watched = <S extends Sql>(sql: S): S =>
      Object.create(sql, {
        query: {
          async value(asked: Parameters<Sql['query']>[0]) {
            const answer = await sql.query<Record<string, unknown>>(asked);
            found.push(...answer.rows.filter((row) => 'sealed' in row));
            return answer;
          },
        },
      });
    const epoch = await store.epoch(db.database, vault);
    // Seen before under this epoch: then it is asked which rows there are, without their bytes.
    expect((await store.candidates(watched(db.database), { vault, epoch })).rows).toHaveLength(4);
    await db.database.transaction((tx) => store.bumpEpoch(tx, vault));
    for (const more of [
      {},
      { types: ['Patient'] },
      { after: '' },
      { deletedToo: true, olderToo: true },
    ]) {
      found.length = 0;
      const query = { vault, epoch, ...more };
      expect((await store.candidates(watched(db.database), query)).epochMoved).toBe(true);
      await db.database.transaction((tx) => store.candidates(watched(tx), query));
      expect(found.length).toBeGreaterThan(0);
      expect(found.filter((row) => row['type'] !== null || row['sealed'] !== null)).toEqual([]);
    }
  });

  it('moves only with the transaction that moves it', async () => {
    const epoch = await store.epoch(db.database, vault);
    await db.database.transaction(async (tx) => {
      await store.bumpEpoch(tx, vault);
      expect((await store.candidates(db.database, { vault, epoch })).epochMoved).toBe(false);
      expect((await store.candidates(tx, { vault, epoch })).epochMoved).toBe(true);
    });
    expect((await store.candidates(db.database, { vault, epoch })).epochMoved).toBe(true);
  });
});

describe('older versions', () => {
  it('come with the current ones when asked, under the same epoch', async () => {
    const asked = { ids: [{ type: 'Observation', id: 'e' }], deletedToo: true, olderToo: true };
    expect((await fetch(asked)).rows.map((row) => row.version)).toEqual([2, 1]);
    expect((await fetch({ ...asked, epoch: 1 })).epochMoved).toBe(true);
    await expect(fetch({ olderToo: true, tokens: [['code||1']] })).rejects.toThrow('no tokens');
  });
});
