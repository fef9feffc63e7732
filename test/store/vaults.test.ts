import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, type Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { HOSPITAL, keyring, putIn, resourceOf, steppingClock, testStore } from './records.ts';

let db: TestDatabase;
let store: Store;

beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
});
afterAll(() => db.close());

const person = { system: 'urn:test:person', value: '900123' };
const open = (...identifiers: (typeof person)[]) =>
  db.database.transaction((tx) => store.openVault(tx, identifiers));

describe('a vault', () => {
  it('is found by any identifier it was opened with or linked to later', async () => {
    expect(await store.findVault(db.database, person)).toBeUndefined();
    const vault = await open(person);
    const local = { system: 'urn:test:hospital', value: 'A1' };
    await db.database.transaction((tx) => store.linkIdentifier(tx, vault, local));
    await db.database.transaction((tx) => store.linkIdentifier(tx, vault, local));
    expect(await store.findVault(db.database, person)).toBe(vault);
    expect(await store.findVault(db.database, local)).toBe(vault);
    const mixed = { system: 'urn:test:hospital', value: person.value };
    expect(await store.findVault(db.database, mixed)).toBeUndefined();
    expect(await store.epoch(db.database, vault)).toBe(1);
  });

  it('does not take an identifier of another', async () => {
    await expect(open(person)).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('is one when two transactions open it for one person at once', async () => {
    const both = { system: 'urn:test:person', value: '900124' };
    const settled = await Promise.allSettled([open(both), open(both), open(both)]);
    expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });
});

/** AVG article 17; D4: erasure is the end of a key. */
describe('erasure', () => {
  it('makes record, history, originals, ids and look-up unreadable and keeps the evidence', async () => {
    const erased = { system: 'urn:test:person', value: '900200' };
    const vault = await open(erased);
    await putIn(db.database, store, vault, resourceOf({ id: 'x' }));
    await putIn(db.database, store, vault, resourceOf({ id: 'x', text: 'nieuw' }));
    const original = await store.keepOriginal(db.database, {
      sender: 'lab',
      custodian: HOSPITAL,
      channel: 'http',
      mediaType: 'text/plain',
      bytes: Buffer.from('MSH|'),
    });
    await db.database.transaction((tx) => store.bindOriginal(tx, original.id, vault));
    const record = { vault, purpose: 'notes' };
    const evidence = { vault, purpose: 'choices', evidence: true };
    const notes = await store.sealFor(db.database, record, 'n1', Buffer.from('notitie'));
    const choice = await store.sealFor(db.database, evidence, 'c1', Buffer.from('keuze'));
    const elsewhere = testStore();
    const epoch = await elsewhere.epoch(db.database, vault);
    expect((await elsewhere.candidates(db.database, { vault, epoch })).rows).toHaveLength(1);

    const ended = await db.database.transaction((tx) => store.erase(tx, vault));

    expect(ended).toEqual({ resources: 1, olderVersions: 1, originals: 1 });
    expect(await store.findVault(db.database, erased)).toBeUndefined();
    expect(await store.place(db.database, { type: 'Observation', id: 'x' })).toBeUndefined();
    const gone = { kind: 'not-found' };
    await expect(store.openOriginal(db.database, original.id)).rejects.toMatchObject(gone);
    await expect(store.unsealFor(db.database, record, 'n1', notes)).rejects.toMatchObject(gone);
    expect((await store.unsealFor(db.database, evidence, 'c1', choice)).toString()).toBe('keuze');
    await expect(db.database.transaction((tx) => store.erase(tx, vault))).rejects.toMatchObject(
      gone,
    );
    // Another instance that still has the key in its cache gets nothing and writes nothing.
    expect((await elsewhere.candidates(db.database, { vault, epoch })).epochMoved).toBe(true);
    await expect(putIn(db.database, elsewhere, vault, resourceOf())).rejects.toMatchObject(gone);
    const { rows } = await db.database.query('select * from vault where id = $1', [vault]);
    expect(rows[0]).toMatchObject({ state: 'erased', data_key: null });
    const { findings } = await store.check(db.database, { indexTokens: never });
    expect(findings).toEqual([]);
  });

  it('waits for a write that runs, and takes what it wrote with it', async () => {
    const vault = await open({ system: 'urn:test:person', value: '900201' });
    let erasing: Promise<unknown> = Promise.resolve();
    await db.database.transaction(async (tx) => {
      await store.put(tx, vault, resourceOf({ id: 'y' }));
      erasing = db.database.transaction((other) => store.erase(other, vault));
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(await erasing).toMatchObject({ resources: 1 });
    const left = await db.database.query('select from resource where vault = $1', [vault]);
    expect(left.rowCount).toBe(0);
  });

  it('lets the person come back with a new vault that knows nothing of the old one', async () => {
    const back = { system: 'urn:test:person', value: '900200' };
    const vault = await open(back);
    const [result] = await putIn(db.database, store, vault, resourceOf({ id: 'x' }));
    expect(result).toMatchObject({ version: 1, created: true });
    expect((await store.place(db.database, { type: 'Observation', id: 'x' }))?.vault).toBe(vault);
  });
});

describe('sealing for other rooms', () => {
  it('opens only for the same vault, purpose and id', async () => {
    const vault = await open({ system: 'urn:test:person', value: '900300' });
    const other = await open({ system: 'urn:test:person', value: '900301' });
    const scope = { vault, purpose: 'choices', evidence: true };
    const sealed = await store.sealFor(db.database, scope, '1', Buffer.from('ja'));
    expect((await store.unsealFor(db.database, scope, '1', sealed)).toString()).toBe('ja');
    const wrong = [
      [{ ...scope, vault: other }, '1'],
      [{ ...scope, purpose: 'receipts' }, '1'],
      [{ vault, purpose: 'choices' }, '1'],
      [scope, '2'],
    ] as const;
    for (const [as, id] of wrong) {
      const opening = store.unsealFor(db.database, as, id, sealed);
      await expect(opening).rejects.toMatchObject({ code: 'seal' });
    }
    const loop = await store.sealer(db.database, scope);
    expect(loop.unseal('1', sealed).toString()).toBe('ja');
  });

  it('opens for the gateway only with the same purpose and id', () => {
    const sealed = store.sealForGateway('receipt', 'r1', Buffer.from('ontvangen'));
    expect(store.unsealForGateway('receipt', 'r1', sealed).toString()).toBe('ontvangen');
    expect(() => store.unsealForGateway('receipt', 'r2', sealed)).toThrow('could not be opened');
    expect(() => store.unsealForGateway('login', 'r1', sealed)).toThrow('could not be opened');
    expect(() => store.unsealForGateway('receipt', 'r1', Buffer.alloc(0))).toThrow('not be opened');
    const second = createStore({ keyring, clock: steppingClock() });
    expect(second.unsealForGateway('receipt', 'r1', sealed).toString()).toBe('ontvangen');
  });
});

function never(): never {
  throw new Error('there is nothing to index');
}
