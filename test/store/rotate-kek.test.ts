import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKeyring, openKeyring, withNewKek } from '../../src/identity/index.ts';
import { createGatewaySeal } from '../../src/store/gateway-seal.ts';
import { createStore } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { HOSPITAL, openVaultIn, putIn, resourceOf, steppingClock, textOf } from './records.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const message = {
  sender: 'lab',
  custodian: HOSPITAL,
  channel: 'http',
  mediaType: 'text/plain',
  bytes: Buffer.from('MSH|'),
};

describe('rotation of the key-encryption key', () => {
  it('wraps every key again, after which the old key may go', async () => {
    const clock = steppingClock();
    const oldFile = newKeyring({ demo: true, name: 'test/audit' });
    const before = createStore({ keyring: openKeyring(oldFile), clock });
    const vault = await openVaultIn(db.database, before);
    const erased = await openVaultIn(db.database, before);
    await putIn(db.database, before, vault, resourceOf());
    const evidence = { vault: erased, purpose: 'choices', evidence: true };
    const choice = await before.sealFor(db.database, evidence, '1', Buffer.from('nee'));
    await db.database.transaction((tx) => before.erase(tx, erased));
    const bound = await before.keepOriginal(db.database, message);
    const unbound = await before.keepOriginal(db.database, message);
    await db.database.transaction((tx) => before.bindOriginal(tx, bound.id, vault));
    const receipt = before.sealForGateway('receipt', 'r1', Buffer.from('ok'));

    const bothFile = withNewKek(oldFile);
    const during = createStore({ keyring: openKeyring(bothFile), clock });
    const seen: { done: number; total: number }[] = [];
    expect(await during.rotateKek(db.database, (at) => seen.push(at))).toBe(3);
    expect(seen.at(-1)).toEqual({ done: 3, total: 3 });
    expect(await during.rotateKek(db.database)).toBe(0);
    const seals = createGatewaySeal(openKeyring(bothFile));
    const fresh = seals.reseal('receipt', 'r1', receipt);
    expect(fresh && seals.reseal('receipt', 'r1', fresh)).toBeUndefined();

    const current = bothFile.kek.current;
    const onlyNew = { current, keys: { [current]: bothFile.kek.keys[current] ?? '' } };
    const after = createStore({ keyring: openKeyring({ ...bothFile, kek: onlyNew }), clock });
    const { rows } = await after.candidates(db.database, { vault, epoch: 1 });
    expect(textOf(rows[0])).toBe('Glucose');
    expect((await after.unsealFor(db.database, evidence, '1', choice)).toString()).toBe('nee');
    for (const { id } of [bound, unbound]) {
      expect((await after.openOriginal(db.database, id)).bytes.toString()).toBe('MSH|');
    }
    expect(after.unsealForGateway('receipt', 'r1', fresh ?? receipt).toString()).toBe('ok');
    expect(() => after.unsealForGateway('receipt', 'r1', receipt)).toThrow('key is missing');
  });
});
