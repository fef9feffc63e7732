import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tx } from '../../src/platform/database.ts';
import { createStore, type Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import {
  HOSPITAL,
  keyring,
  openVaultIn,
  putIn,
  resourceOf,
  steppingClock,
  testStore,
  textOf,
  tokensOf,
  tombstoneOf,
} from './records.ts';

let db: TestDatabase;
let store: Store;
beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
});
afterAll(() => db.close());

const indexTokens = () => ({ tokens: tokensOf('2345-7'), months: ['2026-04'] });
const rekey = (vault: string) =>
  db.database.transaction((tx) => store.rekey(tx, vault, indexTokens));
/** Tells of the rows of each answer. */
function listeningTo(tx: Tx, tell: (rows: readonly { sealed?: Buffer }[]) => void): Tx {
  const query = (async (...asked: Parameters<Tx['query']>) => {
    const answer = await (tx.query as (...all: unknown[]) => Promise<{ rows: object[] }>)(...asked);
    tell(answer.rows);
    return answer;
  }) as unknown as Tx['query'];
  return Object.assign(Object.create(tx), { query }) as Tx;
}
const query = (vault: string) => ({ vault, epoch: 1, tokens: [['code||2345-7']] });

/** D4: a record gets a new key; what it says, and every version of it, stays. */
describe('a new key for a record', () => {
  it('leaves content, versions, times, search and originals as they were', async () => {
    const vault = await openVaultIn(db.database, store);
    await putIn(db.database, store, vault, resourceOf({ id: 'a' }), resourceOf({ id: 'b' }));
    await putIn(db.database, store, vault, resourceOf({ id: 'a', text: 'nieuw' }));
    await putIn(db.database, store, vault, tombstoneOf({ id: 'b' }));
    const message = {
      sender: 'lab',
      custodian: HOSPITAL,
      channel: 'http',
      mediaType: 'text/plain',
    };
    const original = await store.keepOriginal(db.database, {
      ...message,
      bytes: Buffer.from('MSH|'),
    });
    await db.database.transaction((tx) => store.bindOriginal(tx, original.id, vault));
    const evidence = { vault, purpose: 'choices', evidence: true };
    const choice = await store.sealFor(db.database, evidence, '1', Buffer.from('nee'));
    const whole = { vault, type: 'Observation', id: 'a', custodian: HOSPITAL };
    const before = await store.history(db.database, whole);
    const sealed = await sealedIn(vault);

    expect(await rekey(vault)).toEqual({ resources: 2, olderVersions: 2, originals: 1 });

    expect(await store.history(db.database, whole)).toEqual(before);
    const found = await store.candidates(db.database, query(vault));
    expect(found.rows.map(textOf)).toEqual(['nieuw']);
    expect((await store.openOriginal(db.database, original.id)).bytes.toString()).toBe('MSH|');
    expect((await store.unsealFor(db.database, evidence, '1', choice)).toString()).toBe('nee');
    expect((await sealedIn(vault)).filter((one) => sealed.includes(one))).toEqual([]);
    expect((await store.check(db.database, { indexTokens })).findings).toEqual([]);
  });

  it('comes to large documents and their versions, a few at a time', async () => {
    const vault = await openVaultIn(db.database, store);
    const large = (id: string) =>
      resourceOf({ id, text: randomBytes(4_500_000).toString('base64') });
    const ids = ['p', 'q', 'r', 's', 't'];
    for (const id of [...ids, 'p', 'q', 'r']) {
      await putIn(db.database, store, vault, large(id));
    }
    const digests = async () => {
      const made: [string, string][] = [];
      for (const id of ids) {
        const where = { vault, type: 'Observation', id, custodian: HOSPITAL };
        for (const { version, bytes } of await store.history(db.database, where)) {
          made.push([`${id} ${version}`, createHash('sha256').update(bytes).digest('hex')]);
        }
      }
      return made;
    };
    const before = await digests();
    expect(before).toHaveLength(8);
    const asked: number[] = [];
    const largest = (rows: readonly { sealed?: Buffer }[]) =>
      asked.push(rows.reduce((sum, { sealed }) => sum + (sealed?.length ?? 0), 0));
    const done = await db.database.transaction((tx) =>
      store.rekey(listeningTo(tx, largest), vault, indexTokens),
    );
    expect(done).toMatchObject({ resources: 5, olderVersions: 3 });
    expect(Math.max(...asked)).toBeLessThan(22_000_000);
    expect(await digests()).toEqual(before);
    expect((await store.check(db.database, { indexTokens })).findings).toEqual([]);
  }, 120_000);

  it('is noticed by another gateway that still holds the old one', async () => {
    const vault = await openVaultIn(db.database, store);
    const other = createStore({ keyring, clock: steppingClock() });
    await putIn(db.database, other, vault, resourceOf({ id: 'c' }));
    const message = {
      sender: 'lab',
      custodian: HOSPITAL,
      channel: 'http',
      mediaType: 'text/plain',
    };
    const original = await other.keepOriginal(db.database, { ...message, bytes: Buffer.from('X') });
    await db.database.transaction((tx) => other.bindOriginal(tx, original.id, vault));
    await rekey(vault);
    expect((await other.candidates(db.database, query(vault))).rows).toHaveLength(1);
    const { rows } = await other.scan(db.database, { vault, epoch: 1, limit: 10 });
    expect(rows).toHaveLength(1);
    expect((await other.openOriginal(db.database, original.id)).bytes.toString()).toBe('X');
    await putIn(db.database, other, vault, resourceOf({ id: 'd' }));
  });

  it('loses nothing that is written at the same time', async () => {
    const vault = await openVaultIn(db.database, store);
    const writes = Array.from({ length: 8 }, async (_none, at) => {
      for (let attempt = 0; attempt < 100; attempt += 1) {
        try {
          await putIn(db.database, store, vault, resourceOf({ id: `w${at}` }));
          return;
        } catch (error) {
          // A write that met the change of the key is told to come again.
          if ((error as { kind?: string }).kind !== 'busy') throw error;
          await sleep(20);
        }
      }
      throw new Error('never written');
    });
    await Promise.all([...writes, rekey(vault), rekey(vault)]);
    const { rows } = await store.candidates(db.database, query(vault));
    expect(rows).toHaveLength(8);
    expect((await store.check(db.database, { indexTokens })).findings).toEqual([]);
  });

  it('is not for nobody', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    await expect(rekey(nobody)).rejects.toMatchObject({ kind: 'not-found' });
  });
});

async function sealedIn(vault: string): Promise<string[]> {
  const { rows } = await db.database.query<{ sealed: Buffer; tokens: string }>(
    `select sealed, '' as tokens from resource where vault = $1
     union all select sealed, '' from resource_history where vault = $1`,
    [vault],
  );
  return rows.map(({ sealed }) => sealed.toString('hex'));
}
