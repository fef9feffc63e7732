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

it('checks an export against a key that was kept, also one of somebody else', async () => {
  const keyrings = ['ours', 'theirs'].map((name) => {
    const file = newKeyring({ demo: true, name: 'test.example/audit' });
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(file));
    return { path, keyring: openKeyring(file) };
  });
  const [ours, theirs] = keyrings;
  if (!ours || !theirs) throw new Error('no keyrings');
  const { database, url } = db;
  const ledger = await openLedger({ database, keyring: ours.keyring, clock: systemClock });
  await ledger.record([searchEvent()]);
  await ledger.close();
  const run = async (keyFile: string, ...args: string[]) => {
    const said: string[] = [];
    const out = (text: string) => void said.push(text);
    const variables = { DATABASE_URL: url, KEY_FILE: keyFile, DATA_DIR: folder };
    const code = await auditCommand({ args, variables, out, err: out });
    return { code, text: said.join('') };
  };
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const exported = file('export.ndjson', (await run(ours.path, 'export')).text);
  const [own, other] = await Promise.all(
    keyrings.map(async ({ path }, at) => file(`key-${at}`, (await run(path, 'key')).text)),
  );
  const check = (...more: string[]) => run(ours.path, 'verify', '--export', exported, ...more);
  expect((await check()).text).toContain('give --key');
  expect(await check('--key', own ?? '')).toMatchObject({
    code: 0,
    text: expect.not.stringContaining('give --key'),
  });
  expect((await check('--key', other ?? '')).code).not.toBe(0);
});
