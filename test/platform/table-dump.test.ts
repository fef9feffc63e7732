/** Backup and restore: the same rows, and the ledger knows a restored old copy. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayActivity, openLedger } from '../../src/audit/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { dumpTables, loadTables } from '../../src/platform/table-dump.ts';
import { createStore } from '../../src/store/index.ts';
import {
  HOSPITAL,
  keyring,
  openVaultIn,
  putIn,
  resourceOf,
  textOf,
  tokensOf,
} from '../store/records.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let source: TestDatabase;
let folder: string;
let vault: string;
let original: string;
const checkpointsDir = mkdtempSync(join(tmpdir(), 'zorgsluis-checkpoints-'));
const store = createStore({ keyring, clock: systemClock });
const ledgerOf = (db: TestDatabase, more = {}) =>
  openLedger({ database: db.database, keyring, clock: systemClock, checkpointsDir, ...more });

beforeAll(async () => {
  source = await testDatabase();
  vault = await openVaultIn(source.database, store);
  await putIn(source.database, store, vault, resourceOf({ text: 'eerst' }));
  await putIn(source.database, store, vault, resourceOf());
  const big = Buffer.alloc(3_000_000, 'letter ');
  const message = { sender: 'lab', custodian: HOSPITAL, channel: 'http', mediaType: 'text/plain' };
  original = (await store.keepOriginal(source.database, { ...message, bytes: big })).id;
  const ledger = await ledgerOf(source);
  await ledger.record([gatewayActivity('start'), gatewayActivity('stop')]);
  folder = mkdtempSync(join(tmpdir(), 'zorgsluis-backup-'));
  await dumpTables(source.ownerUrl, folder, async () => ({ note: 'x' }));
  // Life goes on after the backup.
  await ledger.record([gatewayActivity('start')]);
  await ledger.close();
});
afterAll(() => source.close());

describe('a backup', () => {
  it('takes large documents along a few at a time, and restores them', async () => {
    const [from, to] = [await testDatabase(), await testDatabase()];
    const place = mkdtempSync(join(tmpdir(), 'zorgsluis-backup-large-'));
    try {
      const record = await openVaultIn(from.database, store);
      const texts = Array.from({ length: 7 }, () => randomBytes(2_300_000).toString('base64'));
      for (const [nth, text] of texts.entries()) {
        await putIn(from.database, store, record, resourceOf({ id: `small-${nth}` }));
        await putIn(from.database, store, record, resourceOf({ id: `large-${nth}`, text }));
      }
      await dumpTables(from.ownerUrl, place, async () => ({}));
      await loadTables(to.ownerUrl, place);
      const { rows } = await store.candidates(to.database, { vault: record, epoch: 1 });
      const found = rows.filter(({ id }) => id.startsWith('large')).map(textOf);
      expect(found.toSorted()).toEqual(texts.toSorted());
      expect(rows).toHaveLength(14);
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  }, 120_000);

  it('restores into an empty database, byte for byte', async () => {
    const copy = await testDatabase();
    try {
      const manifest = await loadTables(copy.ownerUrl, folder);
      expect(manifest.about).toEqual({ note: 'x' });
      const { rows } = await store.candidates(copy.database, { vault, epoch: 1 });
      expect(rows.map(textOf)).toEqual(['Glucose']);
      expect((await store.openOriginal(copy.database, original)).bytes.length).toBe(3_000_000);
      const indexTokens = () => ({ tokens: tokensOf('2345-7'), months: ['2026-04'] });
      expect((await store.check(copy.database, { indexTokens })).findings).toEqual([]);
      await putIn(copy.database, store, vault, resourceOf({ id: 'after' }));
    } finally {
      await copy.close();
    }
  });

  it('that is older than a signed head is recognised, and goes on only when somebody says so', async () => {
    const copy = await testDatabase();
    try {
      await loadTables(copy.ownerUrl, folder);
      await expect(ledgerOf(copy)).rejects.toMatchObject({ code: 'ledger-rolled-back' });
      const accepted = await ledgerOf(copy, { acceptRollback: true });
      const { findings } = await accepted.verify();
      expect(findings).toEqual([]);
      await accepted.record([gatewayActivity('start')]);
      await accepted.close();
      const again = await ledgerOf(copy);
      await again.close();
    } finally {
      await copy.close();
    }
  });

  it('is refused by a database that is not empty or not of the same schema', async () => {
    await expect(loadTables(source.ownerUrl, folder)).rejects.toThrow(/not empty/);
    const path = join(folder, 'manifest.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/"sha256": "[0-9a-f]{6}/, '"sha256": "000000'));
    const copy = await testDatabase();
    try {
      await expect(loadTables(copy.ownerUrl, folder)).rejects.toThrow(/schema/);
    } finally {
      writeFileSync(path, text);
      await copy.close();
    }
  });

  it('whose file was changed is refused as a whole', async () => {
    const path = join(folder, 'vault.ndjson.gz');
    const bytes = readFileSync(path);
    writeFileSync(path, gzipSync(gunzipSync(bytes).toString().replace('"open"', '"erased"')));
    const copy = await testDatabase();
    try {
      await expect(loadTables(copy.ownerUrl, folder)).rejects.toThrow();
      const { rows } = await copy.database.query('select from vault');
      expect(rows).toEqual([]);
    } finally {
      writeFileSync(path, bytes);
      await copy.close();
    }
  });

  it('shows nothing of a person', () => {
    for (const table of ['resource', 'original', 'original_chunk', 'vault_lookup']) {
      const text = gunzipSync(readFileSync(join(folder, `${table}.ndjson.gz`))).toString();
      expect(text).not.toMatch(/Glucose|letter|900000000/);
    }
  });
});
