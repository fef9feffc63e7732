/**
 * `zorgsluis restore FOLDER [--accept-old]`: fills an empty, migrated database from a backup. A copy
 * that is older than the newest signed head is recognised: what was written after it is lost, and
 * only somebody who says so may go on with it. The ledger keeps that it happened.
 */
import { join } from 'node:path';
import { openLedger } from '../audit/index.ts';
import type { Command } from '../cli.ts';
import { openKeyring } from '../identity/index.ts';
import { systemClock } from '../platform/clock.ts';
import { Problem } from '../platform/problem.ts';
import { loadTables } from '../platform/table-dump.ts';
import { openForCommand, readKeyFile } from './command-database.ts';

/** Exit code 3: restored, but older than a signed head; the gateway will not start on it so. */
export const restoreCommand: Command = async ({ args, variables, out, err }) => {
  const folder = args.find((one) => !one.startsWith('--'));
  const owner = variables['DATABASE_OWNER_URL'];
  if (folder === undefined || owner === undefined) {
    err('restore FOLDER [--accept-old], with DATABASE_OWNER_URL of an empty, migrated database\n');
    return 1;
  }
  const manifest = await loadTables(owner, folder, (table, rows) => {
    if (process.stderr.isTTY) err(`${table}: ${rows} rows\n`);
  });
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  out(`Restored ${rows} rows, as they were on ${manifest.taken}.\n`);
  const { database, keyFile, dataDir, close } = openForCommand(variables);
  try {
    const keyring = openKeyring(readKeyFile(keyFile));
    const ledger = await openLedger({
      database,
      keyring,
      clock: systemClock,
      checkpointsDir: join(dataDir, 'checkpoints'),
      acceptRollback: args.includes('--accept-old'),
    });
    const { findings } = await ledger.verify();
    await ledger.close();
    out(`The ledger was verified: ${findings.length} findings.\n`);
    return findings.length === 0 ? 0 : 1;
  } catch (error) {
    const problem = Problem.from(error);
    if (problem.code !== 'ledger-rolled-back') throw error;
    err(
      `${problem.message}\nRun it again with --accept-old if this copy is the one to go on with.\n`,
    );
    return 3;
  } finally {
    await close();
  }
};
