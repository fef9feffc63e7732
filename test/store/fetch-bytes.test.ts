/**
 * A question that was asked before gets its rows without their bytes: what is at hand serves, what
 * may not be looked into is not fetched at all, and whatever changed in between is asked for anew.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/platform/database.ts';
import type { Candidates, Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { openVaultIn, putIn, resourceOf, testStore, textOf } from './records.ts';

let db: TestDatabase;
let store: Store;
let vault: string;
let statements: string[];
/** The database, which says what it is asked. */
let listening: Database;
/** What happens between the statement that finds rows and the one that fetches bytes. */
let between: (() => Promise<unknown>) | undefined;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  store = testStore();
  vault = await openVaultIn(db.database, store);
  statements = [];
  between = undefined;
  listening = {
    ...db.database,
    query: (async (asked: { name?: string | undefined }, ...more: unknown[]) => {
      const { name = '' } = asked;
      if (name === 'store_bytes') await between?.();
      if (name.startsWith('store_')) statements.push(name.replace(/_\d+$/, ''));
      return (db.database.query as (...all: unknown[]) => Promise<never>)(asked, ...more);
    }) as Database['query'],
  };
});

const all = () => true;

async function ask(mayOpen?: (facts: { id: string }) => boolean): Promise<Candidates> {
  const epoch = await store.epoch(db.database, vault);
  statements = [];
  const query = { vault, epoch, types: ['Observation'], tokens: [['code||2345-7']] };
  return store.candidates(listening, {
    ...query,
    mayOpen: (facts) => (mayOpen ?? all)({ id: facts.id ?? '' }),
  });
}
const texts = ({ rows }: Candidates) => rows.map(textOf).toSorted();

describe('a question that was asked before', () => {
  it('gets the rows that are at hand by one statement, without their bytes', async () => {
    await putIn(db.database, store, vault, resourceOf({ id: 'a', text: 'x' }), resourceOf());
    const first = await ask();
    expect(texts(first)).toEqual(['Glucose', 'x']);
    expect(statements).toEqual(['store_candidates']);
    const again = await ask();
    expect(statements).toEqual(['store_lying']);
    expect(again).toEqual(first);
    expect(again.rows.every((row, at) => row === first.rows[at])).toBe(true);
  });

  it('fetches what is new or was changed, and nothing else', async () => {
    await putIn(db.database, store, vault, resourceOf({ id: 'a' }), resourceOf({ id: 'b' }));
    await ask();
    await putIn(db.database, store, vault, resourceOf({ id: 'b', text: 'changed' }));
    await putIn(db.database, store, vault, resourceOf({ id: 'c', text: 'new' }));
    expect(texts(await ask())).toEqual(['Glucose', 'changed', 'new']);
    expect(statements).toEqual(['store_lying', 'store_bytes']);
    await ask();
    expect(statements).toEqual(['store_lying']);
  });

  it('never fetches the bytes of what may not be looked into, though it is decided about', async () => {
    const ids = ['hidden-1', 'hidden-2', 'seen'];
    await putIn(db.database, store, vault, ...ids.map((id) => resourceOf({ id })));
    const may = ({ id }: { id: string }) => id === 'seen';
    await ask(may);
    const { rows } = await ask(may);
    expect(statements).toEqual(['store_lying']);
    expect(rows.map(({ facts }) => facts.id).toSorted()).toEqual(ids);
    const hidden = rows.filter(({ id }) => id !== 'seen');
    for (const row of hidden) expect(() => row.bytes).toThrow('not fetched');
    expect(rows.filter(({ id }) => id === 'seen').map(textOf)).toEqual(['Glucose']);
  });

  it('opens what one may see and another may not, each as it may', async () => {
    await putIn(db.database, store, vault, resourceOf({ id: 'a' }), resourceOf({ id: 'b' }));
    await ask(() => false);
    expect(texts(await ask())).toEqual(['Glucose', 'Glucose']);
    const { rows } = await ask(() => false);
    for (const row of rows) expect(() => row.bytes).toThrow('not fetched');
  });

  it('is asked anew when something was written between its two statements', async () => {
    await putIn(db.database, store, vault, resourceOf({ id: 'a' }));
    await ask();
    await putIn(db.database, store, vault, resourceOf({ id: 'a', text: 'second' }));
    between = () => putIn(db.database, store, vault, resourceOf({ id: 'a', text: 'third' }));
    expect(texts(await ask())).toEqual(['third']);
    expect(statements).toEqual(['store_lying', 'store_bytes', 'store_candidates']);
  });

  it('hears of a choice that was made between its two statements', async () => {
    await putIn(db.database, store, vault, resourceOf({ id: 'a' }));
    await ask();
    await putIn(db.database, store, vault, resourceOf({ id: 'a', text: 'second' }));
    between = () => db.database.query('update vault set epoch = epoch + 1 where id = $1', [vault]);
    expect(await ask()).toEqual({ rows: [], epochMoved: true, tooMany: false });
  });

  it('finds nothing of a record that was erased between its two statements', async () => {
    await putIn(db.database, store, vault, resourceOf({ id: 'a' }));
    await ask();
    await putIn(db.database, store, vault, resourceOf({ id: 'a', text: 'second' }));
    between = () => db.database.transaction((tx) => store.erase(tx, vault));
    const { rows } = await ask();
    expect(rows).toEqual([]);
  });

  it('is a walk through the record as well, part by part, but for one that only passes by', async () => {
    const ids = ['a', 'b', 'hidden'];
    await putIn(db.database, store, vault, ...ids.map((id) => resourceOf({ id })));
    const mayOpen = ({ id }: { id?: string }) => id !== 'hidden';
    const walk = async (isPassing = false) => {
      const epoch = await store.epoch(db.database, vault);
      statements = [];
      const query = { vault, epoch, limit: 2, mayOpen, isPassing };
      const first = await store.scan(listening, query);
      const after = first.rows.at(-1)?.position ?? '';
      const second = await store.scan(listening, { ...query, after });
      return [...first.rows, ...second.rows].map(({ row }) => row);
    };
    const rows = await walk();
    expect(statements).toEqual(['store_scan', 'store_scan']);
    const again = await walk();
    expect(statements).toEqual(['store_scan_lying', 'store_scan_lying']);
    expect(again.map(({ facts }) => facts)).toEqual(rows.map(({ facts }) => facts));
    const seen = again.filter(({ id }) => id !== 'hidden');
    expect(seen.map(textOf)).toEqual(['Glucose', 'Glucose']);
    for (const row of again.filter(({ id }) => id === 'hidden')) {
      expect(() => row.bytes).toThrow('not fetched');
    }
    between = () => putIn(db.database, store, vault, resourceOf({ id: 'a', text: 'late' }));
    await putIn(db.database, store, vault, resourceOf({ id: 'a', text: 'new' }));
    expect((await walk()).filter(({ id }) => id === 'a').map(textOf)).toEqual(['late']);
    await walk(true);
    expect(statements).toEqual(['store_scan', 'store_scan']);
  });
});
