/**
 * The gateway that is killed: a child process whose database and keys live on. Prints {"url",
 * "token"} when it listens; it never stops by itself.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildHouse } from '../../src/app.ts';
import { databaseConfig, readConfig } from '../../src/config.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { type KeyringFile, newKeyring, openKeyring } from '../../src/identity/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { Env } from '../../src/platform/env.ts';
import { createLog } from '../../src/platform/log.ts';
import { migrate, readMigrations } from '../../src/platform/migrate.ts';
import { SENDER } from './crash-plan.ts';

const dataDir = process.env['DATA_DIR'] ?? '';
const keyFile = process.env['KEY_FILE'] ?? '';
const databaseUrl = process.env['DATABASE_URL'] ?? '';
const variables = {
  PORT: '0',
  TLS_PORT: 'off',
  MLLP_PORT: 'off',
  MLLP_TLS_PORT: 'off',
  DATA_DIR: dataDir,
  DATABASE_URL: databaseUrl,
  PUBLIC_URL: 'http://127.0.0.1',
  REQUESTS_PER_MINUTE_MAX: '10000000',
};

if (!existsSync(keyFile)) {
  const keys = newKeyring({ demo: true, name: 'crash.example/audit' });
  writeFileSync(keyFile, JSON.stringify(keys), { mode: 0o600 });
}
await migrate(databaseUrl, readMigrations(join(import.meta.dirname, '../../src')));
const house = await buildHouse({
  config: readConfig(variables, { demo: true }),
  keyring: openKeyring(JSON.parse(readFileSync(keyFile, 'utf8')) as KeyringFile),
  database: openDatabase(databaseConfig(new Env(variables), databaseUrl)),
  clock: systemClock,
  log: createLog({ level: 'error' }),
  checkpointsDir: join(dataDir, 'checkpoints'),
  isReady: () => true,
});
const { rooms } = house;
const hospital = organisation('kennemerzoom');
await rooms.organisations.put(rooms.database, hospital);
await rooms.clients.put(rooms.database, {
  id: SENDER,
  kind: 'sender',
  name: 'crash',
  organisationId: hospital.id,
  status: 'active',
  keys: [],
  certificates: [],
  mllp: [],
  scopes: ['system/intake', 'system/*.read'],
  services: [],
  redirectUris: [],
});
const { token } = await rooms.tokens.issue(rooms.database, {
  kind: 'sender',
  client: SENDER,
  organisation: hospital.id,
  scope: 'system/intake system/*.read',
});
await house.listen();
const address = house.app.server.address();
const port = typeof address === 'object' ? address?.port : undefined;
process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port ?? 0}`, token })}\n`);
