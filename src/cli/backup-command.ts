/**
 * `zorgsluis backup FOLDER`: all tables of one moment, sealed as they are, with the signed head of
 * the ledger at that moment. The key file is not in it, and belongs elsewhere.
 */
import type { Command } from '../cli.ts';
import { dumpTables } from '../platform/table-dump.ts';
import { databaseUrlOf } from './command-database.ts';

/** The head says how far the ledger was: a restored copy is compared with later ones. */
export const backupCommand: Command = async ({ args, variables, out, err }) => {
  const [folder] = args;
  if (folder === undefined) {
    err('backup FOLDER\n');
    return 1;
  }
  const manifest = await dumpTables(
    variables['DATABASE_OWNER_URL'] ?? databaseUrlOf(variables),
    folder,
    async (client) => {
      const { rows } = await client.query<{ note: string }>('select note from ledger_head');
      return rows[0] ? { checkpoint: rows[0].note } : {};
    },
    (table, rows) => {
      if (process.stderr.isTTY) err(`${table}: ${rows} rows\n`);
    },
  );
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  out(`Wrote ${rows} rows of ${manifest.tables.length} tables to ${folder}. `);
  out('Keep the key file where the backup is not.\n');
  return 0;
};
