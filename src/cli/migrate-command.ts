/** `zorgsluis migrate`: as the owner of the database, never as the gateway's own role. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../cli.ts';
import { migrate, readMigrations, setAppPassword } from '../platform/migrate.ts';

export const migrateCommand: Command = async ({ variables, out, err }) => {
  const ownerUrl = variables['DATABASE_OWNER_URL'] ?? variables['DATABASE_URL'];
  if (!ownerUrl) {
    err('DATABASE_OWNER_URL (or DATABASE_URL of the owner) is required.\n');
    return 1;
  }
  const applied = await migrate(ownerUrl, readMigrations(join(import.meta.dirname, '..')));
  const passwordFile = variables['DATABASE_APP_PASSWORD_FILE'];
  if (passwordFile) await setAppPassword(ownerUrl, readFileSync(passwordFile, 'utf8').trim());
  out(applied.length > 0 ? `Applied migrations ${applied.join(', ')}.\n` : 'Nothing to do.\n');
  return 0;
};
