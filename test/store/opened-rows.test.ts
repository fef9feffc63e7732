/** Rows that were opened before serve again only as they lie: changed by whomever, they do not. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../../src/store/index.ts';
import { REMEMBERED_LIMITS } from '../../src/store/remembered-answers.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { openVaultIn, putIn, resourceOf, testStore, textOf } from './records.ts';

let db: TestDatabase;
let store: Store;
let vault: string;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  store = testStore();
  vault = await openVaultIn(db.database, store);
});

async function find(
  sql: Parameters<Store['candidates']>[0] = db.database,
  types = ['Observation'],
) {
  const epoch = await store.epoch(sql, vault);
  return (await store.candidates(sql, { vault, epoch, types })).rows;
}
async function read(sql: Parameters<Store['named']>[0] = db.database) {
  const epoch = await store.epoch(sql, vault);
  const whole = [{ type: 'Observation', id: 'o1' }];
  const answer = await store.named(sql, { vault, epoch, whole, facts: [] });
  return answer === 'moved' ? [] : answer.rows;
}
const swapSealed = () =>
  db.database.query(
    `update resource set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) where vault = $1`,
    [vault],
  );

describe('a row that was opened before', () => {
  it('is the same one at the next search and read', async () => {
    await putIn(db.database, store, vault, resourceOf({ text: 'first' }));
    const [first] = await find();
    expect(textOf(first)).toBe('first');
    expect((await find())[0]).toBe(first);
    expect((await read())[0]).toBe(first);
  });

  it('is another once it was written again, as is one whose labels alone changed', async () => {
    await putIn(db.database, store, vault, resourceOf({ text: 'first' }));
    await find();
    await putIn(db.database, store, vault, resourceOf({ text: 'second' }));
    expect((await find()).map(textOf)).toEqual(['second']);
    await putIn(db.database, store, vault, resourceOf({ text: 'second', labels: ['R'] }));
    expect((await find())[0]?.facts.labels).toEqual(['R']);
    expect((await read())[0]?.facts.labels).toEqual(['R']);
  });

  it('does not hide that somebody changed what lies in the database', async () => {
    await putIn(db.database, store, vault, resourceOf());
    await find();
    await swapSealed();
    const isFault = { code: 'seal' };
    await expect(read().then(([row]) => row?.bytes.length)).rejects.toMatchObject(isFault);
    // Past the program, so nothing counted it: the same search may have an answer of before, which
    // is what was written, for half a minute.
    const now = performance.now();
    const later = vi.spyOn(performance, 'now');
    later.mockImplementation(() => now + REMEMBERED_LIMITS.ageMsMax + 1_000);
    await expect(find().then(([row]) => row?.bytes.length)).rejects.toMatchObject(isFault);
    later.mockRestore();
  });

  it('does not serve after the record was erased, nor under a new key', async () => {
    await putIn(db.database, store, vault, resourceOf({ text: 'kept' }));
    const [before] = await find();
    await db.database.transaction((tx) =>
      store.rekey(tx, vault, () => ({ tokens: [], months: [] })),
    );
    const [after] = await find();
    expect(after).not.toBe(before);
    expect(textOf(after)).toBe('kept');
    await db.database.transaction((tx) => store.erase(tx, vault));
    expect(await find()).toEqual([]);
  });

  it('is not what a transaction sees of its own, which may still come to nothing', async () => {
    await putIn(db.database, store, vault, resourceOf({ text: 'first' }));
    await find();
    const broken = db.database.transaction(async (tx) => {
      await store.put(tx, vault, resourceOf({ text: 'never' }));
      const [found] = await find(tx);
      const [named] = await read(tx);
      expect([found, named].map(textOf)).toEqual(['never', 'never']);
      expect(named).not.toBe((await read(tx))[0]);
      throw new Error('comes to nothing');
    });
    await expect(broken).rejects.toThrow('comes to nothing');
    expect((await find()).map(textOf)).toEqual(['first']);
    await putIn(db.database, store, vault, resourceOf({ text: 'second' }));
    expect((await find()).map(textOf)).toEqual(['second']);
  });

  it('opens only when somebody looks into it, where its facts are known', async () => {
    const [seen, other] = [randomUUID(), randomUUID()];
    await putIn(db.database, store, vault, resourceOf({ id: seen }), resourceOf({ id: other }));
    const epoch = await store.epoch(db.database, vault);
    // An export of all of a record keeps the facts and nothing else.
    await store.scan(db.database, { vault, epoch, limit: 10, isPassing: true });
    const rows = await find();
    expect(rows.map(({ id }) => id).toSorted()).toEqual([seen, other].toSorted());
    expect(rows.every(({ kept }) => kept === undefined)).toBe(true);
    expect(rows.map((row) => textOf(row))).toHaveLength(2);
    expect(rows.every(({ kept }) => kept !== undefined)).toBe(true);
    expect(await find()).toEqual(expect.arrayContaining([...rows]));
  });

  it('takes no room any more once it was let go of, whatever is still found out about it', async () => {
    await putIn(db.database, store, vault, resourceOf());
    const [before] = await find();
    await db.database.transaction((tx) =>
      store.rekey(tx, vault, () => ({ tokens: [], months: [] })),
    );
    before?.kept?.grow(1_000_000_000);
    const [after] = await find();
    expect(after).not.toBe(before);
    await putIn(db.database, store, vault, resourceOf({ id: 'o2' }));
    await find();
    expect(await find()).toContain(after);
  });
});
