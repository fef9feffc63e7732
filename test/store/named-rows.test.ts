/** Rows by name for many requests at once: each under its own vault's epoch, none out of date. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NamedQuery, Store } from '../../src/store/index.ts';
import { createNamedRows } from '../../src/store/named-rows.ts';
import { createOpenedRows } from '../../src/store/opened-rows.ts';
import { placeKeys } from '../../src/store/place.ts';
import { createVaultKeys } from '../../src/store/vault-keys.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import {
  HOSPITAL,
  keyring,
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
beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
});
afterAll(() => db.close());

async function ask(vault: string, query: Partial<NamedQuery>) {
  const epoch = await store.epoch(db.database, vault);
  const answer = await store.named(db.database, { vault, epoch, whole: [], facts: [], ...query });
  if (answer === 'moved') throw new Error('the epoch moved');
  return answer;
}

const o1 = { type: 'Observation', id: 'o1' };

describe('rows by name', () => {
  it('come whole, of every custodian or of one, and of others only the facts', async () => {
    const vault = await openVaultIn(db.database, store);
    const kept = [
      resourceOf({ text: 'of the hospital' }),
      resourceOf({ text: 'of the practice', custodian: PRACTICE }),
      resourceOf({ id: 'o2', labels: ['R'] }),
    ];
    await putIn(db.database, store, vault, ...kept);
    const both = await ask(vault, {
      whole: [o1],
      facts: [
        { ...o1, id: 'o2' },
        { ...o1, id: 'x' },
      ],
    });
    expect(both.rows.map(textOf).toSorted()).toEqual(['of the hospital', 'of the practice']);
    expect(both.facts.map((found) => found.map(({ labels }) => labels))).toEqual([[['R']], []]);
    const one = await ask(vault, { whole: [{ ...o1, custodian: HOSPITAL }] });
    expect(one.rows.map(textOf)).toEqual(['of the hospital']);
  });

  it('of many vaults in one statement, each its own', async () => {
    const vaults = await Promise.all(
      Array.from({ length: 12 }, async (_, nth) => {
        const vault = await openVaultIn(db.database, store);
        await putIn(db.database, store, vault, resourceOf({ text: `of ${nth}` }));
        return vault;
      }),
    );
    const answers = await Promise.all(vaults.map((vault) => ask(vault, { whole: [o1] })));
    expect(answers.map(({ rows }) => textOf(rows[0]))).toEqual(vaults.map((_, nth) => `of ${nth}`));
  });

  it('are not fetched when the epoch of that vault moved, whatever the others do', async () => {
    const [still, moved] = [
      await openVaultIn(db.database, store),
      await openVaultIn(db.database, store),
    ] as const;
    for (const vault of [still, moved]) await putIn(db.database, store, vault, resourceOf());
    await db.database.transaction((tx) => store.bumpEpoch(tx, moved));
    const query = { epoch: 1, whole: [o1], facts: [] };
    const answers = await Promise.all(
      [still, moved].map((vault) => store.named(db.database, { ...query, vault })),
    );
    expect(answers[0]).toMatchObject({ rows: [{ id: 'o1' }] });
    expect(answers[1]).toBe('moved');
  });

  it('have the facts of now: a known row that was written again is another row', async () => {
    const vault = await openVaultIn(db.database, store);
    const labels = async () =>
      (await ask(vault, { facts: [o1] })).facts[0]?.map((one) => one.labels);
    await putIn(db.database, store, vault, resourceOf({ labels: ['N'] }));
    expect(await labels()).toEqual([['N']]);
    expect(await labels()).toEqual([['N']]);
    await putIn(db.database, store, vault, resourceOf({ labels: ['R', 'PSY'] }));
    expect(await labels()).toEqual([['R', 'PSY']]);
    await putIn(db.database, store, vault, tombstoneOf());
    expect(await labels()).toEqual([]);
    expect((await ask(vault, { whole: [o1] })).rows).toMatchObject([{ deleted: true }]);
  });

  it('where they were found before are not fetched when their id leads elsewhere', async () => {
    const [first, second] = [
      await openVaultIn(db.database, store),
      await openVaultIn(db.database, store),
    ] as const;
    const where = { type: 'Observation', id: 'wanders' };
    await putIn(db.database, store, first, resourceOf({ id: 'wanders' }));
    expect(store.lastPlace(where)).toBeUndefined();
    expect((await store.place(db.database, where))?.vault).toBe(first);
    expect(store.lastPlace(where)).toBe(first);
    const query = { epoch: 1, whole: [where], facts: [], asFound: true };
    const asFound = () => store.named(db.database, { ...query, vault: first });
    expect(await asFound()).toMatchObject({ rows: [{ id: 'wanders' }] });
    // The same custodian uses the id for somebody else: from now on it leads there.
    await putIn(db.database, testStore(), second, resourceOf({ id: 'wanders' }));
    expect(await asFound()).toBe('moved');
    expect((await store.place(db.database, where))?.vault).toBe(second);
  });

  it('of the moment of a search are remembered, and of no other moment', async () => {
    const vault = await openVaultIn(db.database, store);
    const names = [o1, { ...o1, id: 'x' }, { ...o1, id: 'o2' }];
    await putIn(db.database, store, vault, resourceOf(), resourceOf({ id: 'o2', labels: ['R'] }));
    const searched = async () => {
      const epoch = await store.epoch(db.database, vault);
      return (await store.candidates(db.database, { vault, epoch })).mark;
    };
    const labelsOf = async (asOf: NamedQuery['asOf']) =>
      (await ask(vault, { facts: names, asOf })).facts.map((all) => all.map((one) => one.labels));
    const before = await searched();
    expect(await labelsOf(before)).toEqual([[['N']], [], [['R']]]);
    // Nothing of it is asked of the database any more.
    await db.database.query('update resource set type = $2 where vault = $1', [vault, 'Basic']);
    expect(await labelsOf(before)).toEqual([[['N']], [], [['R']]]);
    expect((await ask(vault, { facts: names })).facts).toEqual([[], [], []]);
    await db.database.query('update resource set type = $2 where vault = $1', [
      vault,
      'Observation',
    ]);
    await putIn(db.database, store, vault, resourceOf({ labels: ['V'] }), resourceOf({ id: 'x' }));
    const after = await searched();
    expect(after).not.toEqual(before);
    expect(await labelsOf(after)).toEqual([[['V']], [['N']], [['R']]]);
    expect((await ask(vault, { facts: names.toReversed(), asOf: after })).facts.length).toBe(3);
    expect(await labelsOf(after)).toEqual([[['V']], [['N']], [['R']]]);
  });

  it('of nobody take the same way and hold nothing', async () => {
    const vault = '00000000-0000-4000-8000-000000000000';
    const answer = await store.named(db.database, { vault, epoch: 0, whole: [o1], facts: [o1] });
    expect(answer).toEqual({ rows: [], facts: [[]] });
  });

  it('end with the vault, on every instance', async () => {
    const other = testStore();
    const vault = await openVaultIn(db.database, store);
    await putIn(db.database, store, vault, resourceOf());
    await ask(vault, { whole: [o1], facts: [o1] });
    await db.database.transaction((tx) => other.erase(tx, vault));
    expect(await ask(vault, { whole: [o1], facts: [o1] })).toEqual({ rows: [], facts: [[]] });
  });
});

describe('a large row by its name', () => {
  const large = { type: 'Binary', id: 'large' };
  const kept = async () => {
    const vault = await openVaultIn(db.database, store);
    const data = randomBytes(1_500_000).toString('base64');
    const bytes = Buffer.from(JSON.stringify({ resourceType: 'Binary', id: 'large', data }));
    await putIn(db.database, store, vault, { ...resourceOf(large), bytes });
    return { vault, bytes };
  };

  it('is given from what is at hand also where its facts are no longer remembered', async () => {
    const { vault, bytes } = await kept();
    const opened = createOpenedRows();
    const named = createNamedRows(createVaultKeys(keyring), placeKeys(keyring));
    const epoch = await store.epoch(db.database, vault);
    const query = { vault, epoch, whole: [large], facts: [large] };
    await named.ask(db.database, query, opened);
    // As after an export of so many rows that theirs took the place.
    const answer = await named.ask(db.database, query, { ...opened, known: () => undefined });
    expect(answer).toMatchObject({ rows: [{ bytes }], facts: [[{ id: 'large' }]] });
  });

  it('that is withheld is given without its content, which is not fetched', async () => {
    const { vault, bytes } = await kept();
    const closed = await ask(vault, { whole: [large], mayOpen: () => false });
    expect(closed.rows).toMatchObject([{ id: 'large', facts: { labels: ['N'] } }]);
    expect(() => closed.rows[0]?.bytes).toThrow('not fetched');
    const open = await ask(vault, { whole: [large], mayOpen: () => true });
    expect(open.rows).toMatchObject([{ bytes }]);
  });
});
