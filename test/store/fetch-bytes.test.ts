/**
 * A question that was asked before gets its rows from memory while its record stands as it did, and
 * else without their bytes: what is at hand serves, what may not be looked into is not fetched at
 * all, and whatever changed in between is asked for anew.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database, Tx } from '../../src/platform/database.ts';
import type { Candidates, Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { openVaultIn, putIn, resourceOf, testStore, textOf, tombstoneOf } from './records.ts';

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
      if (/^store_(?!vault_keys)/.test(name)) statements.push(name.replace(/_\d+$/, ''));
      return (db.database.query as (...all: unknown[]) => Promise<never>)(asked, ...more);
    }) as Database['query'],
  };
});

const all = () => true;
const SAME_TOKENS = () => ({ tokens: ['code||2345-7'], months: [] });
const inOne = <T>(work: (tx: Tx) => Promise<T>) => db.database.transaction(work);
const write = (what: Parameters<typeof resourceOf>[0]) =>
  putIn(db.database, store, vault, resourceOf(what));
const remove = () => putIn(db.database, store, vault, tombstoneOf({ id: 'a' }));
async function addTogether(): Promise<void> {
  const where = { vault, updated: new Date() };
  const one = await store.addition(db.database, where, resourceOf({ id: 'together' }));
  expect(await inOne((tx) => store.addTogether(tx, [one]))).toEqual([true]);
}

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
    expect(statements).toEqual(['store_marks']);
    expect(again).toEqual(first);
    expect(again.rows.every((row, at) => row === first.rows[at])).toBe(true);
  });

  it('is one that nobody asked for another circle, in rows, in names and in places', async () => {
    await write({ id: 'a' });
    const epoch = await store.epoch(db.database, vault);
    const query = { vault, epoch, types: ['Observation'], tokens: [['code||2345-7']] };
    const name = { type: 'Observation', id: 'a' };
    const lookAs = async (circle: string) => {
      const seen = store.seenBy(circle);
      statements = [];
      const { rows, mark } = await seen.candidates(listening, query);
      await seen.named(listening, { vault, epoch, whole: [], facts: [name], asOf: mark });
      const found = seen.lastPlace(name);
      await seen.place(listening, name);
      return { asked: statements, row: rows[0], found };
    };
    const first = await lookAs('hospital');
    const other = await lookAs('practice');
    expect(other.asked).toEqual(first.asked);
    expect([first.found, other.found]).toEqual([undefined, undefined]);
    expect(other.row).not.toBe(first.row);
    const again = await lookAs('practice');
    expect(again.asked).toEqual(['store_marks', 'store_places']);
    expect([again.row === other.row, again.found]).toEqual([true, vault]);
    expect((await store.seenBy('practice').candidates(listening, query)).rows[0]).toBe(other.row);
  });

  it('asks for nothing but how the record stands, also where there is nothing or nobody', async () => {
    expect((await ask()).rows).toEqual([]);
    expect(statements).toEqual(['store_candidates']);
    expect((await ask()).rows).toEqual([]);
    expect(statements).toEqual(['store_marks']);
    const nobodys = { vault: randomUUID(), epoch: 0, types: ['Observation'] };
    const none = { rows: [], epochMoved: false, tooMany: false };
    expect(await store.candidates(listening, nobodys)).toEqual(none);
    statements = [];
    expect(await store.candidates(listening, nobodys)).toEqual(none);
    expect(statements).toEqual(['store_marks']);
  });

  it('asks for nothing at all of the mark that the same request read, and of another anew', async () => {
    await write({ id: 'a' });
    const { mark: before } = await ask();
    await ask();
    const epoch = await store.epoch(db.database, vault);
    const query = { vault, epoch, types: ['Observation'], tokens: [['code||2345-7']] };
    statements = [];
    const again = await store.candidates(listening, { ...query, asOf: before });
    expect([again.rows.length, again.mark, statements]).toEqual([1, before, []]);
    await write({ id: 'b' });
    // Still of the moment in which the request looked first.
    expect((await store.candidates(listening, { ...query, asOf: before })).rows).toHaveLength(1);
    const { mark: after } = await ask();
    expect((await store.candidates(listening, { ...query, asOf: before })).rows).toHaveLength(2);
    expect((await store.candidates(listening, { ...query, asOf: after })).rows).toHaveLength(2);
    await inOne((tx) => store.bumpEpoch(tx, vault));
    const moved = await store.candidates(listening, { ...query, epoch: epoch + 1, asOf: after });
    expect(moved.epochMoved).toBe(true);
  });

  it('is another question when anything in it is another', async () => {
    await putIn(db.database, store, vault, resourceOf({ id: 'a' }), resourceOf({ id: 'b' }));
    const epoch = await store.epoch(db.database, vault);
    const [custodian = ''] = (await ask()).rows.map((row) => row.custodian);
    const of = async (more: object) =>
      (await store.candidates(listening, { vault, epoch, ...more })).rows.length;
    for (const _again of [1, 2]) {
      expect(await of({})).toBe(2);
      expect(await of({ ids: [{ type: 'Observation', id: 'a' }] })).toBe(1);
      expect(await of({ types: ['Patient'] })).toBe(0);
      expect(await of({ tokens: [['code||nothing']] })).toBe(0);
      expect(await of({ months: [['1999-01']] })).toBe(0);
      expect(await of({ custodians: [custodian] })).toBe(2);
      expect(await of({ notCustodians: [custodian] })).toBe(0);
      expect(await of({ updatedFrom: new Date('2200-01-01') })).toBe(0);
      expect(await of({ after: '', limit: 1 })).toBe(1);
    }
  });

  it.each<[string, () => Promise<unknown>, number]>([
    ['a resource is added', () => write({ id: 'new' }), 2],
    ['one becomes another version', () => write({ id: 'a', text: 'new' }), 1],
    ['one is deleted', remove, 0],
    ['one is added together with those of others', addTogether, 2],
    ['the record gets a new key', () => inOne((tx) => store.rekey(tx, vault, SAME_TOKENS)), 1],
    ['the record is erased', () => inOne((tx) => store.erase(tx, vault)), 0],
  ])('comes to something else once %s, by whichever gateway', async (_what, happens, rows) => {
    await write({ id: 'a' });
    // Another gateway on the same database, which forgets nothing by what this one does.
    const here = store;
    const there = testStore();
    for (const one of [there, there]) {
      store = one;
      expect((await ask()).rows).toHaveLength(1);
    }
    expect(statements).toEqual(['store_marks']);
    store = here;
    await happens();
    store = there;
    expect((await ask()).rows).toHaveLength(rows);
  });

  it('holds while a write that comes to nothing is under way, and not after one that does', async () => {
    await write({ id: 'a' });
    await ask();
    const broken = inOne(async (tx) => {
      await store.put(tx, vault, resourceOf({ id: 'never' }));
      expect((await ask()).rows).toHaveLength(1);
      throw new Error('comes to nothing');
    });
    await expect(broken).rejects.toThrow('comes to nothing');
    expect((await ask()).rows).toHaveLength(1);
    expect(statements).toEqual(['store_marks']);
    await inOne(async (tx) => {
      await store.put(tx, vault, resourceOf({ id: 'b' }));
      expect((await ask()).rows).toHaveLength(1);
    });
    expect((await ask()).rows).toHaveLength(2);
  });

  it('fetches what is new or was changed, and nothing else', async () => {
    await putIn(db.database, store, vault, resourceOf({ id: 'a' }), resourceOf({ id: 'b' }));
    await ask();
    await putIn(db.database, store, vault, resourceOf({ id: 'b', text: 'changed' }));
    await putIn(db.database, store, vault, resourceOf({ id: 'c', text: 'new' }));
    expect(texts(await ask())).toEqual(['Glucose', 'changed', 'new']);
    expect(statements).toEqual(['store_marks', 'store_lying', 'store_bytes']);
    await ask();
    expect(statements).toEqual(['store_marks']);
  });

  it('never fetches the bytes of what may not be looked into, though it is decided about', async () => {
    const ids = ['hidden-1', 'hidden-2', 'seen'];
    await putIn(db.database, store, vault, ...ids.map((id) => resourceOf({ id })));
    const may = ({ id }: { id: string }) => id === 'seen';
    await ask(may);
    const { rows } = await ask(may);
    expect(statements).toEqual(['store_marks']);
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
    expect(statements).toEqual(['store_marks', 'store_lying', 'store_bytes', 'store_candidates']);
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
    expect(statements).toEqual(['store_marks', 'store_marks']);
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
