/** `zorgsluis audit verify` beside the signed heads that lie outside the database. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLedger } from '../../src/audit/index.ts';
import { auditCommand } from '../../src/cli/audit-command.ts';
import { newKeyring, openKeyring } from '../../src/identity/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { searchEvent } from '../audit/ledgers.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

let db: TestDatabase;
let folder: string;
beforeEach(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'zorgsluis-audit-'));
});
afterEach(async () => {
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

it('finds that the signed heads outside the database are gone, or others', async () => {
  const file = newKeyring({ demo: true, name: 'test.example/audit' });
  const keyFile = join(folder, 'keys.json');
  writeFileSync(keyFile, JSON.stringify(file));
  const ledger = await openLedger({
    database: db.database,
    keyring: openKeyring(file),
    clock: systemClock,
    checkpointsDir: join(folder, 'checkpoints'),
  });
  await ledger.record([searchEvent(), searchEvent()]);
  await ledger.close();
  const said: string[] = [];
  const verify = () =>
    auditCommand({
      args: ['verify'],
      variables: { DATABASE_URL: db.url, KEY_FILE: keyFile, DATA_DIR: folder },
      out: (text) => said.push(text),
      err: () => undefined,
    });
  expect(await verify(), said.join('')).toBe(0);
  const latest = join(folder, 'checkpoints', 'latest');
  const kept = readFileSync(latest, 'utf8');
  writeFileSync(latest, kept.replace(/^(.*\n.*\n)./, '$1_'));
  expect(await verify()).toBe(1);
  expect(said.splice(0).join('')).toMatch(/A checkpoint file outside .* changed[\s\S]*NOT intact/);
  writeFileSync(latest, kept);
  expect(await verify()).toBe(0);
  rmSync(join(folder, 'checkpoints'), { recursive: true });
  expect(await verify()).toBe(1);
  expect(said.join('')).toContain('"kind":"checkpoint"');
});
