/** New rows of many vaults in one statement: what cannot be added is left out, and said so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { openVaultIn, putIn, resourceOf, testStore, textOf, tokensOf } from './records.ts';

let db: TestDatabase;
let store: Store;
beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
});
afterAll(() => db.close());

const updated = new Date('2026-05-01T10:00:00.000Z');
const addition = (vault: string, text: string, at = updated) =>
  store.addition(db.database, { vault, updated: at }, resourceOf({ text, id: idIn(vault) }));
const idIn = (vault: string) => `o-${vault}`;

async function found(vault: string) {
  const epoch = await store.epoch(db.database, vault);
  return (await store.candidates(db.database, { vault, epoch })).rows;
}

describe('additions of many vaults', () => {
  it('stand each in its own, found by id and opened by its key', async () => {
    const vaults = await Promise.all([1, 2, 3].map(() => openVaultIn(db.database, store)));
    const later = new Date(updated.getTime() + 1);
    const all = await Promise.all(
      vaults.map((vault, nth) => addition(vault, `of ${nth}`, nth === 0 ? later : updated)),
    );
    const added = await db.database.transaction((tx) => store.addTogether(tx, all));
    expect(added).toEqual([true, true, true]);
    for (const [nth, vault] of vaults.entries()) {
      const [row, ...more] = await found(vault);
      expect(textOf(row)).toBe(`of ${nth}`);
      expect(row).toMatchObject({ version: 1, updated: nth === 0 ? later : updated });
      expect(more).toEqual([]);
    }
    const indexTokens = () => ({ tokens: tokensOf('2345-7'), months: ['2026-04'] });
    expect(await store.check(db.database, { indexTokens })).toMatchObject({ findings: [] });
  });

  it('leave out what is there already and what belongs to an erased vault', async () => {
    const [kept, taken, gone] = await Promise.all(
      [1, 2, 3].map(() => openVaultIn(db.database, store)),
    );
    if (!kept || !taken || !gone) throw new Error('no vaults');
    const all = [
      await addition(kept, 'new'),
      await addition(taken, 'second'),
      await addition(gone, 'x'),
    ];
    await putIn(db.database, store, taken, resourceOf({ text: 'first', id: idIn(taken) }));
    await db.database.transaction((tx) => testStore().erase(tx, gone));
    const added = await db.database.transaction((tx) => store.addTogether(tx, all));
    expect(added).toEqual([true, false, false]);
    expect((await found(taken)).map(textOf)).toEqual(['first']);
    expect(await found(gone)).toEqual([]);
    await expect(addition(gone, 'again')).rejects.toMatchObject({ kind: 'not-found' });
  });
});
