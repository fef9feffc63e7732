import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { HOSPITAL, PRACTICE, putIn, resourceOf, testStore, textOf, tokensOf } from './records.ts';

let db: TestDatabase;
let store: Store;
beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
});
afterAll(() => db.close());

const indexTokens = () => ({ tokens: tokensOf('2345-7'), months: ['2026-04'] });
let numbers = 700_000_000;

async function person() {
  const identifier = { system: 'urn:test:merge', value: String(numbers++) };
  const vault = await db.database.transaction((tx) => store.openVault(tx, [identifier]));
  return { vault, identifier };
}

const merge = (vault: string, merged: string) =>
  db.database.transaction((tx) => store.merge(tx, { vault, merged, indexTokens }));
const unmerge = (vault: string, merged: string) =>
  db.database.transaction((tx) => store.unmerge(tx, { vault, merged, indexTokens }));

async function idsIn(vault: string): Promise<string[]> {
  const epoch = await store.epoch(db.database, vault);
  const tokens = [['code||2345-7']];
  const { rows } = await store.candidates(db.database, { vault, epoch, tokens });
  return rows.map((row) => row.id).toSorted();
}

async function original(vault: string): Promise<string> {
  const message = { sender: 'lab', custodian: HOSPITAL, channel: 'http', mediaType: 'text/plain' };
  const { id } = await store.keepOriginal(db.database, { ...message, bytes: Buffer.from('MSH|') });
  await db.database.transaction((tx) => store.bindOriginal(tx, id, vault));
  return id;
}

describe('two records of one person', () => {
  it('become one, found by either number, with every version and original', async () => {
    const [stays, goes] = [await person(), await person()];
    await putIn(db.database, store, stays.vault, resourceOf({ id: 's1' }));
    await putIn(db.database, store, goes.vault, resourceOf({ id: 'g1', text: 'eerst' }));
    await putIn(db.database, store, goes.vault, resourceOf({ id: 'g1' }));
    const kept = await original(goes.vault);
    const epochs = [await store.epoch(db.database, stays.vault)];

    const made = await merge(stays.vault, goes.vault);
    expect(made).toMatchObject({ resources: 1, originals: 1 });

    expect(await idsIn(stays.vault)).toEqual(['g1', 's1']);
    expect(await idsIn(goes.vault)).toEqual([]);
    expect(await store.findVault(db.database, goes.identifier)).toBe(stays.vault);
    const place = await store.place(db.database, { type: 'Observation', id: 'g1' });
    expect(place?.vault).toBe(stays.vault);
    const where = { vault: stays.vault, type: 'Observation', id: 'g1', custodian: HOSPITAL };
    expect((await store.history(db.database, where)).map(textOf)).toEqual(['Glucose', 'eerst']);
    expect((await store.openOriginal(db.database, kept)).vault).toBe(stays.vault);
    expect(await store.epoch(db.database, stays.vault)).toBeGreaterThan(epochs[0] ?? 0);
    await expect(putIn(db.database, store, goes.vault, resourceOf())).rejects.toMatchObject({
      kind: 'not-found',
    });
    expect((await store.check(db.database, { indexTokens })).findings).toEqual([]);
  });

  it('are taken apart again; what came in between stays where it came in', async () => {
    const [stays, goes] = [await person(), await person()];
    await putIn(db.database, store, stays.vault, resourceOf({ id: 'u1' }));
    await putIn(db.database, store, goes.vault, resourceOf({ id: 'u2' }));
    const kept = await original(goes.vault);
    await merge(stays.vault, goes.vault);
    await putIn(db.database, store, stays.vault, resourceOf({ id: 'u2', text: 'later' }));
    await putIn(db.database, store, stays.vault, resourceOf({ id: 'u3', custodian: PRACTICE }));

    const apart = await unmerge(stays.vault, goes.vault);
    expect(apart).toMatchObject({ resources: 1, originals: 1 });
    expect(apart.mergedAt).toBeInstanceOf(Date);
    expect(await idsIn(stays.vault)).toEqual(['u1', 'u3']);
    expect(await idsIn(goes.vault)).toEqual(['u2']);
    expect(await store.findVault(db.database, goes.identifier)).toBe(goes.vault);
    expect(await store.findVault(db.database, stays.identifier)).toBe(stays.vault);
    expect((await store.openOriginal(db.database, kept)).vault).toBe(goes.vault);
    await putIn(db.database, store, goes.vault, resourceOf({ id: 'u4' }));
    expect((await store.check(db.database, { indexTokens })).findings).toEqual([]);
    await expect(unmerge(stays.vault, goes.vault)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('can be merged again after that, and erased as one', async () => {
    const [stays, goes] = [await person(), await person()];
    await putIn(db.database, store, goes.vault, resourceOf({ id: 'e1' }));
    await merge(stays.vault, goes.vault);
    await unmerge(stays.vault, goes.vault);
    await merge(stays.vault, goes.vault);
    const erased = await db.database.transaction((tx) => store.erase(tx, stays.vault));
    expect(erased.resources).toBe(1);
    expect(await store.findVault(db.database, goes.identifier)).toBeUndefined();
    expect(await store.place(db.database, { type: 'Observation', id: 'e1' })).toBeUndefined();
  });

  it('stay two when both hold the same id of one custodian, or are one already', async () => {
    const [stays, goes] = [await person(), await person()];
    await putIn(db.database, store, stays.vault, resourceOf({ id: 'same' }));
    await putIn(
      db.database,
      store,
      goes.vault,
      resourceOf({ id: 'same' }),
      resourceOf({ id: 'x' }),
    );
    await expect(merge(stays.vault, goes.vault)).rejects.toMatchObject({ code: 'merge-collision' });
    expect(await idsIn(goes.vault)).toEqual(['same', 'x']);
    await expect(merge(stays.vault, stays.vault)).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('are merged once when asked twice at the same time', async () => {
    const [stays, goes] = [await person(), await person()];
    await putIn(db.database, store, goes.vault, resourceOf({ id: 'twice' }));
    const both = await Promise.allSettled([
      merge(stays.vault, goes.vault),
      merge(goes.vault, stays.vault),
    ]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const found = [...(await idsIn(stays.vault)), ...(await idsIn(goes.vault))];
    expect(found).toEqual(['twice']);
  });
});
