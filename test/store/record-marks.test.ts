/** What is remembered of a record ends by its mark, so every write of a row has to change that. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/index.ts';
import { createMarks, isSameMark, oneMark } from '../../src/store/record-marks.ts';
import { asOwner } from '../audit/ledgers.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { openVaultIn, putIn, resourceOf, testStore } from './records.ts';

let db: TestDatabase;
let store: Store;
const marks = createMarks();
beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
});
afterAll(() => db.close());

const SRC = join(import.meta.dirname, '../../src');

/** Beside these the same transaction changes the epoch or the key of the record. */
const WITH_ANOTHER_MARK = [
  ...['store_merge_add', 'store_merge_drop', 'store_rekey_rows', 'store_drop_resources'],
];
/** Before these the same transaction counted: they write on what `store_add_or_fetch` locked. */
const COUNTED_BEFORE = ['store_replace', 'store_add_older', 'store_confirm'];

describe('the mark of a record', () => {
  it('is another after each write, and the same while nothing is written', async () => {
    const vault = await openVaultIn(db.database, store);
    const seen = [await marks(db.database, vault)];
    const wrote = async (...writes: Parameters<typeof resourceOf>) => {
      await putIn(db.database, store, vault, resourceOf(...writes));
      seen.push(await marks(db.database, vault));
    };
    await wrote({ text: 'first', sourceTime: '2026-02-01T10:00:00Z' });
    await wrote({ text: 'second', sourceTime: '2026-03-01T10:00:00Z' });
    await wrote({ text: 'older', sourceTime: '2026-01-01T10:00:00Z' });
    await wrote({ text: 'second', sourceTime: '2026-04-01T10:00:00Z' });
    await db.database.transaction((tx) => store.bumpEpoch(tx, vault));
    seen.push(await marks(db.database, vault));
    for (const [at, one] of seen.entries()) {
      for (const other of seen.slice(at + 1)) expect(isSameMark(one, other)).toBe(false);
    }
    expect(await marks(db.database, vault)).toEqual(seen.at(-1));
  });

  it('is asked for many records at once, each its own', async () => {
    const vaults = await Promise.all(
      Array.from({ length: 9 }, () => openVaultIn(db.database, store)),
    );
    for (const [at, vault] of vaults.entries()) {
      const ids = Array.from({ length: at }, (_, nth) => `o${nth}`);
      for (const id of ids) await putIn(db.database, store, vault, resourceOf({ id }));
    }
    const found = await Promise.all(vaults.map((vault) => marks(db.database, vault)));
    expect(found[0]?.changes).toBe(0);
    expect(new Set(found.map(({ changes }) => changes)).size).toBe(vaults.length);
  });

  it('is another also where the count of writes is set back by another hand', async () => {
    const vault = await openVaultIn(db.database, store);
    await putIn(db.database, store, vault, resourceOf({ text: 'first' }));
    const remembered = await marks(db.database, vault);
    await putIn(db.database, store, vault, resourceOf({ text: 'second' }));
    await asOwner(db.ownerUrl, 'update vault_change set changes = changes - 1');
    expect(isSameMark(await marks(db.database, vault), remembered)).toBe(false);
  });

  it('of several moments is none', () => {
    const mark = { epoch: 1, keyNumber: 1, changes: 4 };
    expect(oneMark([mark, { ...mark }])).toEqual(mark);
    expect(oneMark([])).toBeUndefined();
    expect(oneMark([mark, undefined])).toBeUndefined();
    for (const other of [{ epoch: 2 }, { keyNumber: 2 }, { changes: 5 }]) {
      expect(oneMark([mark, { ...mark, ...other }])).toBeUndefined();
    }
  });

  it('is changed by every statement of the program that writes rows of a record', () => {
    const writing = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => {
        const source = readFileSync(join(SRC, path), 'utf8');
        return [...source.matchAll(/statement\(\s*'([a-z0-9_]+)',\s*(?:`([^`]*)`|'([^']*)')/g)];
      })
      .map(([, name = '', long, short]) => ({ name, text: long ?? short ?? '' }))
      .filter(({ text }) => /\b(insert into|update|delete from) resource\b/.test(text));
    const silent = writing.filter(({ text }) => !text.includes('insert into vault_change'));
    expect(silent.map(({ name }) => name).toSorted()).toEqual(
      [...WITH_ANOTHER_MARK, ...COUNTED_BEFORE].toSorted(),
    );
    expect(writing.length).toBe(silent.length + 2);
  });
});
