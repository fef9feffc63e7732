import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORIGINAL_LIMITS, type Store } from '../../src/store/index.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { HOSPITAL, openVaultIn, testStore } from './records.ts';

let db: TestDatabase;
let store: Store;
beforeAll(async () => {
  db = await testDatabase();
  store = testStore();
});
afterAll(() => db.close());

const message = (bytes: Buffer | AsyncIterable<Buffer>) => ({
  sender: 'lab',
  custodian: HOSPITAL,
  channel: 'mllp',
  mediaType: 'x-application/hl7-v2+er7',
  charset: 'iso-8859-1',
  bytes,
});
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** D4: each original has its own key; D6: it is kept before it is parsed. */
describe('an original', () => {
  const MIB = ORIGINAL_LIMITS.chunkBytesMax;
  it.each([0, 1, 700, MIB - 1, MIB, MIB + 1, 3 * MIB + 5])(
    'of %i bytes comes back as it came, whole or streamed',
    async (size) => {
      const bytes = randomBytes(size);
      const kept = await store.keepOriginal(db.database, message(bytes));
      const streamed = await store.keepOriginal(db.database, message(inPieces(bytes, 65_537)));
      for (const { id, sha256 } of [kept, streamed]) {
        expect(sha256).toBe(digest(bytes));
        const opened = await store.openOriginal(db.database, id);
        expect(opened.bytes.equals(bytes)).toBe(true);
        const { bytes: _bytes, ...about } = message(bytes);
        expect(opened).toMatchObject({ ...about, id, sha256, size });
        expect(opened.received).toBeInstanceOf(Date);
        expect(opened.vault).toBeUndefined();
      }
    },
  );

  it('is refused beyond the limit, and what was begun is swept up', async () => {
    async function* endless() {
      for (;;) yield Buffer.alloc(1024 * 1024 * 8);
    }
    const keeping = store.keepOriginal(db.database, message(endless()));
    await expect(keeping).rejects.toMatchObject({ kind: 'too-large' });
    const { rows } = await db.database.query<{ id: string }>(
      'select id from original where chunks = 0',
    );
    expect(rows).toHaveLength(1);
    const [row] = rows;
    await expect(store.openOriginal(db.database, row?.id ?? '')).rejects.toMatchObject({
      kind: 'not-found',
    });
    expect(await store.sweepOriginals(db.database)).toBe(0);
    await db.database.query(`update original set received = '2026-04-01' where chunks = 0`);
    expect(await store.sweepOriginals(db.database)).toBe(1);
    const left = await db.database.query(
      'select from original_chunk where not exists (select from original where id = original)',
    );
    expect(left.rowCount).toBe(0);
  });

  it('belongs to one vault from the moment it is bound', async () => {
    const vault = await openVaultIn(db.database, store);
    const other = await openVaultIn(db.database, store);
    const { id } = await store.keepOriginal(db.database, message(Buffer.from('MSH|^~\\&|')));
    const bind = (to: string) => db.database.transaction((tx) => store.bindOriginal(tx, id, to));
    await bind(vault);
    await bind(vault);
    await expect(bind(other)).rejects.toMatchObject({ kind: 'conflict' });
    expect(await store.openOriginal(db.database, id)).toMatchObject({
      vault,
      bytes: Buffer.from('MSH|^~\\&|'),
    });
    await db.database.query('update original set vault = $2 where id = $1', [id, other]);
    await expect(store.openOriginal(db.database, id)).rejects.toMatchObject({ code: 'seal' });
  });

  it('opens only with all its pieces in their order', async () => {
    const { id } = await store.keepOriginal(db.database, message(randomBytes(2 * MIB)));
    const drain = async () => {
      for await (const _ of store.originalChunks(db.database, id));
    };
    await drain();
    await db.database.query(`delete from original_chunk where original = $1 and number = 1`, [id]);
    await expect(drain()).rejects.toMatchObject({ code: 'original-part' });
    await db.database.query(
      `insert into original_chunk select original, 1, sealed from original_chunk where original = $1`,
      [id],
    );
    await expect(drain()).rejects.toMatchObject({ code: 'seal' });
    await db.database.query('update original set chunks = 1 where id = $1', [id]);
    await expect(store.openOriginal(db.database, id)).rejects.toMatchObject({ code: 'seal' });
  });

  it('is gone when it is dropped', async () => {
    const { id } = await store.keepOriginal(db.database, message(Buffer.from('x')));
    await store.dropOriginals(db.database, [id]);
    await expect(store.aboutOriginal(db.database, id)).rejects.toMatchObject({ kind: 'not-found' });
  });
});
