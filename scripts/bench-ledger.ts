/**
 * What the ledger does at size: `npm run bench:ledger [-- --entries 1000000] [--copies N]
 * [--verify] [--export] [--rounds N] [--keep DIR] [--json FILE]`.
 *
 * Entries of two years are written by the real way in; then the auditors' questions are asked and
 * timed, what was planted is looked for, and on request everything is recomputed and an export is
 * checked by the offline verifier. With --copies the rows are multiplied in the database before the
 * questions are asked, which is quick and leaves nothing to prove. The PostgreSQL is
 * TEST_DATABASE_URL or an embedded one; with --keep it stays in that folder and is used again.
 */
import { spawnSync } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { type Ledger, openLedger } from '../src/audit/index.ts';
import { databaseConfig } from '../src/config.ts';
import { newKeyring, openKeyring } from '../src/identity/index.ts';
import { openDatabase } from '../src/platform/database.ts';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts';
import { Env } from '../src/platform/env.ts';
import { migrate, readMigrations } from '../src/platform/migrate.ts';
import { askQuestions, missedFacts } from './bench-ledger/ask-questions.ts';
import { fillLedger, multiplyLedger, statisticsOf } from './bench-ledger/fill-ledger.ts';

const SMOKE_ENTRIES = 20_000;

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    copies: { type: 'string', default: '0' },
    smoke: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '20' },
    verify: { type: 'boolean', default: false },
    export: { type: 'boolean', default: false },
    keep: { type: 'string' },
    json: { type: 'string' },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'zorgsluis-ledger-'));
  const given = process.env['TEST_DATABASE_URL'];
  const isKept = values.keep !== undefined;
  const server =
    given === undefined
      ? await startEmbeddedPostgres({ dataDir: folder, disposable: !isKept })
      : undefined;
  try {
    return await measure(given ?? server?.ownerUrl ?? '', folder);
  } finally {
    await server?.stop();
    if (!isKept) rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(url: string, folder: string): Promise<number> {
  await migrate(url, readMigrations(join(import.meta.dirname, '../src')));
  const database = openDatabase(databaseConfig(new Env({}), url));
  const entries = values.smoke ? SMOKE_ENTRIES : Number(values.entries);
  const parts = { database, keyring: keyringOf(folder), checkpointsDir: join(folder, 'notes') };
  try {
    const ledger = await openFilled(parts, entries);
    const found: Record<string, unknown> = { entries: (await ledger.head()).size };
    const wrong: string[] = [];
    if (values.verify || values.smoke) wrong.push(...(await verified(ledger, found)));
    if (values.export || values.smoke) wrong.push(...(await exported(ledger, folder, found)));
    const copies = Number(values.copies);
    if (copies > 0) await multiplyLedger(url, copies);
    else await statisticsOf(url);
    wrong.push(...(await questions(ledger, found, 1 + copies)));
    await ledger.close();
    if (values.json) writeFileSync(values.json, `${JSON.stringify(found, null, 2)}\n`);
    for (const text of wrong) console.log(`WRONG: ${text}`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await database.close();
  }
}

/** The keys stay with the database that they seal. */
function keyringOf(folder: string) {
  const file = join(folder, 'bench-keys.json');
  if (!existsSync(file)) {
    writeFileSync(file, JSON.stringify(newKeyring({ demo: true, name: 'bench.example/audit' })));
  }
  return openKeyring(JSON.parse(readFileSync(file, 'utf8')));
}

async function openFilled(parts: Parameters<typeof fillLedger>[0], entries: number) {
  const filled = await fillLedger(parts, entries, (text) => console.log(text));
  await filled.close();
  return openLedger({ ...parts, clock: () => new Date() });
}

async function questions(
  ledger: Ledger,
  found: Record<string, unknown>,
  times: number,
): Promise<string[]> {
  const asked = await askQuestions(ledger, Number(values.rounds));
  for (const { id, p50Ms, p95Ms, lines } of asked) {
    console.log(`${id}: p50 ${p50Ms.toFixed(0)} ms, p95 ${p95Ms.toFixed(0)} ms, ${lines} lines`);
  }
  found['questions'] = asked;
  return missedFacts(ledger, times);
}

async function verified(ledger: Ledger, found: Record<string, unknown>): Promise<string[]> {
  const started = performance.now();
  const { ok, checked, findings } = await ledger.verify();
  const seconds = (performance.now() - started) / 1000;
  console.log(`verify in the database: ${checked} entries in ${seconds.toFixed(1)} s`);
  found['verifySeconds'] = seconds;
  return ok ? [] : [`verify: ${JSON.stringify(findings[0])}`];
}

/** The offline verifier is timed by itself, as on the machine of an auditor. */
async function exported(
  ledger: Ledger,
  folder: string,
  found: Record<string, unknown>,
): Promise<string[]> {
  const file = join(folder, 'export.ndjson');
  const lines = ledger.exportNdjson(
    {},
    { organisation: () => undefined, gateway: { name: 'Zorgsluis', host: 'bench.example' } },
  );
  const started = performance.now();
  await pipeline(Readable.from(lines), createWriteStream(file));
  found['exportSeconds'] = (performance.now() - started) / 1000;
  const checked = performance.now();
  const script = join(import.meta.dirname, 'verify-ledger.mjs');
  const run = spawnSync(process.execPath, [script, file], { encoding: 'utf8' });
  found['offlineSeconds'] = (performance.now() - checked) / 1000;
  console.log(
    `export ${Number(found['exportSeconds']).toFixed(1)} s, offline verifier ` +
      `${Number(found['offlineSeconds']).toFixed(1)} s\n${run.stdout.trim()}`,
  );
  rmSync(file);
  return run.status === 0 ? [] : ['the offline verifier found something'];
}
