/** Rows that are looked into without their documents, and fetched whole to be given away. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ResourceWrite, Store, StoredResource } from '../../src/store/index.ts';
import { throughPages } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { HOSPITAL, openVaultIn, putIn, resourceOf, testStore, tombstoneOf } from './records.ts';

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

/** An Observation with a document in it. @param text shorter ones stay where they are */
function withDocument(id: string, text: string, more: Partial<ResourceWrite> = {}): ResourceWrite {
  const plain = resourceOf({ id });
  const resource = JSON.parse(plain.bytes.toString());
  const attachment = { contentType: 'application/pdf', data: text };
  const bytes = Buffer.from(JSON.stringify({ ...resource, attachment, note: [{ text: 'end' }] }));
  return { ...plain, bytes, ...more };
}
const base64 = (bytes: number) => randomBytes(bytes).toString('base64');
const dataIn = ({ bytes }: Pick<StoredResource, 'bytes'>) =>
  JSON.parse(bytes.toString()).attachment?.data;
const put = (...writes: ResourceWrite[]) => putIn(db.database, store, vault, ...writes);

async function find(more: object = {}): Promise<readonly StoredResource[]> {
  const epoch = await store.epoch(db.database, vault);
  const query = { vault, epoch, types: ['Observation'], cut: true, ...more };
  const { rows } = await store.candidates(db.database, query);
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
const whole = async (rows: readonly StoredResource[], moved = 0) => {
  const epoch = (await store.epoch(db.database, vault)) + moved;
  return store.whole(db.database, { vault, epoch, rows });
};

describe('a row that is looked into without its document', () => {
  it.each([
    ['that hardly packs', base64(100_000)],
    ['that packs to nearly nothing', Buffer.alloc(100_000, 'a').toString('base64')],
    ['of many megabytes', base64(3_000_000)],
  ])('has all but its text, and says how much it is: %s', async (_how, text) => {
    await put(withDocument('a', text));
    for (const _time of [1, 2, 3]) {
      const [row] = await find();
      expect(row && JSON.parse(row.bytes.toString())).toMatchObject({
        id: 'a',
        attachment: { contentType: 'application/pdf', data: '' },
        note: [{ text: 'end' }],
      });
      expect(row?.wholeBytes).toBeGreaterThan(text.length);
      expect(row?.wholeBytes).toBeLessThan(text.length + 1_000);
    }
  });

  it('is whole where it is small, or holds much that is no document', async () => {
    const words = 'Ziet er goed uit. '.repeat(10_000);
    const small = base64(20_000);
    await put(withDocument('a', small), withDocument('b', words), resourceOf({ id: 'c' }));
    for (const _time of [1, 2]) {
      const rows = await find();
      expect(rows.map(dataIn)).toEqual([small, words, undefined]);
      expect(rows.map(({ wholeBytes }) => wholeBytes)).toEqual([undefined, undefined, undefined]);
    }
  });

  it('is whole for whoever asks for it whole, before and after', async () => {
    const text = base64(100_000);
    await put(withDocument('a', text));
    for (const cut of [true, false, true, false]) {
      const [row] = await find({ cut });
      const data = row && dataIn(row);
      // Where the whole one is at hand it serves as well.
      expect(cut && row?.wholeBytes !== undefined ? data === '' : data === text).toBe(true);
      if (!cut) expect(row?.wholeBytes).toBeUndefined();
    }
  });

  it('has both its forms cut', async () => {
    const text = base64(100_000);
    const { bytes } = withDocument('a', text);
    await put({ ...withDocument('a', text), native: 'STU3', r4: bytes });
    const [row] = await find();
    expect(row && [dataIn(row), dataIn({ bytes: row.r4 ?? Buffer.from('{}') })]).toEqual(['', '']);
    const [found] = (await whole(row ? [row] : [])) as StoredResource[];
    expect(found && dataIn({ bytes: found.r4 ?? Buffer.from('{}') }) === text).toBe(true);
  });

  it('is not fetched where nobody may look into it', async () => {
    await put(withDocument('a', base64(200_000)));
    const [row] = await find({ mayOpen: () => false });
    expect(row?.facts.id).toBe('a');
    expect(() => row?.bytes).toThrow('not fetched');
  });

  it('comes the same in pages, among older versions, and inside a transaction', async () => {
    const texts = [base64(100_000), base64(100_000)];
    for (const text of texts) await put(withDocument('a', text));
    await put(resourceOf({ id: 'b' }));
    const paged: StoredResource[] = [];
    const epoch = await store.epoch(db.database, vault);
    await throughPages(store, db.database, { vault, epoch }, (rows) => {
      paged.push(...rows);
    });
    expect(paged.map((row) => dataIn(row)).toSorted()).toEqual(['', undefined]);
    const versions = await find({ olderToo: true, deletedToo: true });
    expect(versions.map((row) => [row.id, row.version, dataIn(row)])).toEqual([
      ['a', 2, ''],
      ['a', 1, ''],
      ['b', 1, undefined],
    ]);
    await db.database.transaction(async (tx) => {
      const query = { vault, epoch, types: ['Observation'], cut: true };
      const { rows } = await store.candidates(tx, query);
      expect(rows.map(dataIn).toSorted()).toEqual(['', undefined]);
    });
  });
});

describe('what is given away of it', () => {
  it('is the very version, also when that was replaced or deleted meanwhile', async () => {
    const [first, second] = [base64(1_500_000), base64(100_000)];
    await put(withDocument('a', first));
    const [before] = await find();
    await put(withDocument('a', second));
    const [after] = await find();
    await put(tombstoneOf({ id: 'a' }));
    const rows = [after, before, after].flatMap((row) => row ?? []);
    const found = (await whole(rows)) as StoredResource[];
    expect(found.map((row) => [row.version, row.wholeBytes])).toEqual([
      [2, undefined],
      [1, undefined],
      [2, undefined],
    ]);
    expect(found.map((row) => [first, second].indexOf(dataIn(row)))).toEqual([1, 0, 1]);
  });

  it('is nothing of a record that was written since, where that is asked', async () => {
    await put(withDocument('a', base64(100_000)), resourceOf({ id: 'b' }));
    const epoch = await store.epoch(db.database, vault);
    const query = { vault, epoch, types: ['Observation'], cut: true };
    const { rows, mark } = await store.candidates(db.database, query);
    const asked = { vault, epoch, rows: rows.filter(({ wholeBytes }) => wholeBytes !== undefined) };
    const asOf = mark ?? { epoch: 0, keyNumber: 0, changes: 0 };
    expect(await store.whole(db.database, { ...asked, asOf })).toHaveLength(1);
    await put(withDocument('a', base64(100_000), { facts: { ...resourceOf().facts, id: 'a' } }));
    expect(await store.whole(db.database, { ...asked, asOf })).toBe('moved');
    expect(await store.whole(db.database, asked)).toHaveLength(1);
  });

  it('is nothing once the epoch is another, or such a version is not there', async () => {
    await put(withDocument('a', base64(100_000)));
    const rows = await find();
    expect(await whole(rows, 1)).toBe('moved');
    const [row] = rows;
    expect(await whole(row ? [{ ...row, version: 7 }] : [])).toBe('moved');
    expect(await whole(row ? [{ ...row, custodian: HOSPITAL.replace('1a01', '1a09') }] : [])).toBe(
      'moved',
    );
  });

  it('opens with the new key after a record got one', async () => {
    const text = base64(100_000);
    await put(withDocument('a', text));
    const rows = await find();
    const other = testStore();
    await db.database.transaction((tx) =>
      other.rekey(tx, vault, () => ({ tokens: [], months: [] })),
    );
    const found = (await whole(rows)) as StoredResource[];
    expect(found.map((row) => dataIn(row) === text)).toEqual([true]);
  });
});
