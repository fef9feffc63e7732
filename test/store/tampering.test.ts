import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import {
  HOSPITAL,
  openVaultIn,
  PRACTICE,
  putIn,
  resourceOf,
  testStore,
  tokensOf,
} from './records.ts';

let db: TestDatabase;
let owner: pg.Client;
let store: Store;
let vault: string;
let stranger: string;

beforeAll(async () => {
  db = await testDatabase();
  owner = new pg.Client({ connectionString: db.ownerUrl });
  await owner.connect();
  store = testStore();
});
beforeEach(async () => {
  vault = await openVaultIn(db.database, store);
  stranger = await openVaultIn(db.database, store);
  await putIn(db.database, store, vault, resourceOf({ text: 'oud' }));
  await putIn(db.database, store, vault, resourceOf(), resourceOf({ id: 'o2', code: '9' }));
  await putIn(db.database, store, stranger, resourceOf({ text: 'van een ander' }));
});
afterAll(async () => {
  await owner.end();
  await db.close();
});

/** Numbers of a test person: of the vault itself and of a stranger. */
const NUMBER = { system: 'urn:test:bsn', value: '999990019' };

const readAll = async (of = vault) =>
  store.candidates(db.database, { vault: of, epoch: await store.epoch(db.database, of) });

const check = () =>
  store.check(db.database, {
    indexTokens: (row) => {
      const code = row.facts.codes[0]?.split('|')[1] ?? '';
      return { tokens: tokensOf(code), months: [row.facts.date?.slice(0, 7) ?? ''] };
    },
  });

/** What an administrator of the database may try: every row is bound to where and what it is. */
describe('a row that was changed behind our back', () => {
  const change: Record<string, () => Promise<unknown>> = {
    'sealed bytes': () =>
      owner.query(
        `update resource set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
          where vault = $1`,
        [vault],
      ),
    'sealed bytes of another row of the vault': () =>
      owner.query(
        `update resource a set sealed = b.sealed from resource b
          where a.vault = $1 and b.vault = $1 and a.place <> b.place`,
        [vault],
      ),
    'sealed bytes of another vault': () =>
      owner.query(
        `update resource a set sealed = b.sealed from resource b
          where a.vault = $1 and b.vault = $2 and a.place = b.place`,
        [vault, stranger],
      ),
    'an older version put back': () =>
      owner.query(
        `update resource a set sealed = b.sealed from resource_history b
          where a.vault = $1 and b.vault = $1 and a.place = b.place`,
        [vault],
      ),
    version: () => owner.query('update resource set version = 7 where vault = $1', [vault]),
    custodian: () =>
      owner.query('update resource set custodian = $2 where vault = $1', [vault, PRACTICE]),
    'the whole row moved to another vault': () =>
      owner.query(
        `insert into resource select $2, type, place, $3, version, versions, updated, deleted,
                tokens, sealed from resource where vault = $1 limit 1`,
        [vault, stranger, PRACTICE],
      ),
    type: () => owner.query(`update resource set type = 'Condition' where vault = $1`, [vault]),
    'time of storing': () =>
      owner.query(`update resource set updated = updated - interval '1 day' where vault = $1`, [
        vault,
      ]),
    'a tombstone revived': async () => {
      const { bytes: _bytes, ...write } = resourceOf({ id: 'dead' });
      await putIn(db.database, store, vault, {
        ...write,
        bytes: Buffer.alloc(0),
        deleted: true,
      });
      await owner.query('update resource set deleted = false where vault = $1', [vault]);
    },
  };

  it.each(Object.keys(change))('does not open: %s', async (name) => {
    await change[name]?.();
    const of = name.includes('moved') ? stranger : vault;
    await expect(readAll(of)).rejects.toMatchObject({ kind: 'fault', code: 'seal' });
    const { findings } = await check();
    const faults = findings.filter((one) => one.vault === of).map((one) => one.fault);
    expect(faults).toContain('seal');
    await owner.query('delete from resource where vault in ($1, $2)', [vault, stranger]);
    await owner.query('delete from resource_history where vault in ($1, $2)', [vault, stranger]);
    await owner.query('delete from resource_place where vault in ($1, $2)', [vault, stranger]);
  });

  it('does not open either when a key was put in the place of another', async () => {
    await owner.query(
      'update vault a set data_key = b.data_key from vault b where a.id = $1 and b.id = $2',
      [vault, stranger],
    );
    store = testStore();
    await expect(readAll()).rejects.toMatchObject({ kind: 'fault', code: 'seal' });
    await owner.query('delete from vault where id = $1', [vault]);
    await owner.query('delete from vault_lookup where vault = $1', [vault]);
    await owner.query('delete from resource where vault = $1', [vault]);
    await owner.query('delete from resource_history where vault = $1', [vault]);
    await owner.query('delete from resource_place where vault = $1', [vault]);
  });
});

describe('db:check', () => {
  it('finds nothing in a store that nobody touched, and counts it', async () => {
    const seen: number[] = [];
    const report = await store.check(db.database, {
      indexTokens: (row) => ({
        tokens: tokensOf(row.facts.codes[0]?.split('|')[1] ?? ''),
        months: [row.facts.date?.slice(0, 7) ?? ''],
      }),
      progress: ({ vaults }) => seen.push(vaults),
    });
    expect(report.findings).toEqual([]);
    expect(report.vaults).toBe(seen.at(-1));
    expect(report.resources).toBeGreaterThanOrEqual(3);
    expect(report.olderVersions).toBeGreaterThanOrEqual(1);
  });

  const faults = async () =>
    (await check()).findings.filter((one) => one.vault === vault).map((one) => one.fault);

  it('finds search tokens that are not those of the content', async () => {
    await owner.query('update resource set tokens = tokens[2:] where vault = $1', [vault]);
    expect(await faults()).toEqual(['tokens', 'tokens']);
  });

  it('finds a version that is gone', async () => {
    await owner.query('delete from resource_history where vault = $1', [vault]);
    expect(await faults()).toEqual(['versions']);
  });

  it('finds a current version that is gone', async () => {
    await owner.query(`delete from resource where vault = $1 and versions = 2`, [vault]);
    expect(await faults()).toEqual(['versions']);
  });

  it('finds a resource that was taken out, and a place that leads elsewhere', async () => {
    const moved = { vault, place: expect.any(String), fault: 'place' };
    await owner.query('delete from resource where vault = $1 and versions = 1', [vault]);
    expect(await faults()).toEqual(['place']);
    await owner.query('update resource_place set vault = $2 where vault = $1', [vault, stranger]);
    const { findings } = await check();
    expect(findings.filter((one) => one.vault === stranger)).toEqual([
      { ...moved, vault: stranger },
    ]);
  });

  it('finds an id that no longer leads to its vault', async () => {
    const place = { type: 'Observation', id: 'o2', custodian: HOSPITAL };
    expect((await store.place(db.database, place))?.vault).toBe(vault);
    await owner.query(
      `delete from resource_place where place in
              (select place from resource where vault = $1 and versions = 1)`,
      [vault],
    );
    expect(await faults()).toEqual(['place']);
  });

  /** The record tells the number that leads to it. */
  const lookups = async () => {
    const { findings } = await store.check(db.database, {
      indexTokens: (row) => ({
        tokens: tokensOf(row.facts.codes[0]?.split('|')[1] ?? ''),
        months: [row.facts.date?.slice(0, 7) ?? ''],
      }),
      numbersOf: (row) => (row.id === personId ? [{ ...NUMBER, value: personId }] : []),
    });
    return findings.filter((one) => one.fault === 'lookup').map((one) => one.vault);
  };
  let personId = '';

  describe('a row from a number to a record', () => {
    beforeEach(async () => {
      await owner.query('delete from vault_lookup');
      personId = `p-${vault.slice(0, 8)}`;
      await putIn(db.database, store, vault, resourceOf({ id: personId, type: 'Patient' }));
      await db.database.transaction((tx) =>
        store.linkIdentifier(tx, vault, { ...NUMBER, value: personId }),
      );
    });

    it.each([
      ['that was taken out', 'delete from vault_lookup where vault = $1', 1],
      ['that leads to somebody else', 'update vault_lookup set vault = $2 where vault = $1', 2],
      [
        'that was put in',
        `insert into vault_lookup (hash, vault, bound)
         select gen_random_uuid(), $1, bound from vault_lookup where vault = $1 limit 1`,
        1,
      ],
      [
        'that was put in as one of before',
        'insert into vault_lookup (hash, vault) values (gen_random_uuid(), $1)',
        1,
      ],
      [
        'that leads nowhere',
        `insert into vault_lookup (hash, vault) select gen_random_uuid(), gen_random_uuid()
          where $1::uuid is not null`,
        1,
      ],
    ])('%s is found', async (_what, sql, least) => {
      expect(await lookups()).toEqual([]);
      await owner.query(sql, sql.includes('$2') ? [vault, stranger] : [vault]);
      expect((await lookups()).length).toBeGreaterThanOrEqual(least);
      await owner.query('delete from vault_lookup');
    });

    it('of before the binding is bound once', async () => {
      await owner.query('update vault_lookup set bound = null');
      expect((await lookups()).length).toBeGreaterThan(0);
      const bound = await db.database.transaction((tx) => store.bindLookups(tx));
      expect(bound).toBe(1);
      expect(await lookups()).toEqual([]);
    });
  });
});
