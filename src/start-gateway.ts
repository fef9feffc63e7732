/** The production start: real keys, a database of one's own, no stand-ins. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildHouse } from './app.ts';
import { readConfig } from './config.ts';
import { changedKeyFile, type Keyring, type KeyringFile, openKeyring } from './identity/index.ts';
import { systemClock } from './platform/clock.ts';
import { openDatabase } from './platform/database.ts';
import type { Variables } from './platform/env.ts';
import { createLog } from './platform/log.ts';
import { checkMigrations, readMigrations } from './platform/migrate.ts';

export interface Running {
  stop(): Promise<void>;
}

/** @throws Error with a sentence for the operator when the gateway may not start like this. */
export async function startGateway(variables: Variables): Promise<Running> {
  const config = readConfig(variables, { demo: false });
  const keyring = openKeyFile(config.keyFile ?? '');
  if (keyring.demo) throw new Error('KEY_FILE holds demo keys: make keys of your own first.');
  if (!config.database) throw new Error('DATABASE_URL is required.');
  const database = openDatabase(config.database);
  await checkMigrations(database, readMigrations(import.meta.dirname));
  const log = createLog({ level: config.logLevel });
  const house = await buildHouse({
    config,
    keyring,
    database,
    clock: systemClock,
    log,
    checkpointsDir: join(config.dataDir, 'checkpoints'),
    isReady: () => true,
  });
  await house.listen();
  return { stop: () => house.close() };
}

function openKeyFile(path: string): Keyring {
  try {
    return openKeyring(JSON.parse(readFileSync(path, 'utf8')) as KeyringFile, changedKeyFile(path));
  } catch {
    // The text of a parse error would quote the file, and the file is a secret.
    throw new Error('KEY_FILE could not be read as a key file.');
  }
}
